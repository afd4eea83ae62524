// The definition of every rounded operation: the exact real result, rounded once (semantics.md, sections 1 to
// 3). Slow and plain on purpose: whatever is faster is tested against this on bits.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "formats/format.hpp"

namespace roundoff::formats {

struct Exact;  // formats/rounding/exact.hpp

/// What a rounding signalled; a set of bits.
enum Flag : std::uint8_t {
  flag_inexact = 1,
  flag_overflow = 2,
  flag_underflow = 4,
  flag_invalid = 8,
  flag_divzero = 16,
  flag_saturated = 32,
};
using Flags = std::uint8_t;

struct Rounded {
  Value value;
  Flags flags = 0;
};

/// Where an operation stands, for stochastic rounding: its random bits are a function of (format.seed, place,
/// index) and of nothing else.
struct Draw {
  std::uint64_t place = 0;
  std::uint64_t index = 0;
};

/// The one definition of rounding. Throws Trap where the format has no result.
Rounded round(const Exact& exact, const Format& format, Draw draw = {});
/// A member of any format (or a literal) into `format`.
Rounded round(const Value& value, const Format& format, Draw draw = {});

Rounded add(const Value& a, const Value& b, const Format& format, Draw draw = {});
Rounded sub(const Value& a, const Value& b, const Format& format, Draw draw = {});
Rounded mul(const Value& a, const Value& b, const Format& format, Draw draw = {});
Rounded div(const Value& a, const Value& b, const Format& format, Draw draw = {});
/// a*b + c, rounded once.
Rounded fma(const Value& a, const Value& b, const Value& c, const Format& format, Draw draw = {});

/// Functions of one argument, correctly rounded.
enum class Function : std::uint8_t {
  sqrt,
  rsqrt,
  reciprocal,
  exp,
  log,
  erf,
  tanh,
  gelu,
  gelu_tanh,
  silu,
  sigmoid,
  relu,
  identity,
  sin,
  cos,
  step  ///< 1 where x >= 0 (-0 too), else 0
};
Rounded apply(Function function, const Value& x, const Format& format, Draw draw = {});
std::string_view name(Function function);
/// UsageError with a "did you mean" for an unknown name.
Function parse_function(std::string_view name);

/// The larger of two, -0 = +0 (the first one wins a tie). Throws Trap for NaN.
Value maximum(const Value& a, const Value& b);

/// The order of a sum (semantics.md, section 3).
struct SumOrder {
  enum Kind : std::uint8_t { sequential, tree, exact, wide, blocked } kind = sequential;
  int block = 0;       ///< of blocked(b): sequential sums of b terms each, then the sequential sum of those
  Format wide_format;  ///< of wide(G)
  friend bool operator==(const SumOrder&, const SumOrder&) = default;
};
/// `sequential`, `tree`, `exact`, `wide:FORMAT`, `blocked:B`.
SumOrder parse_order(std::string_view text);
std::string notation(const SumOrder& order);

/// How a dot product is formed. `fused`: s = rnd(s + x_j*y_j), sequential order only; `exact_dot`: one
/// rounding at the end.
enum class DotMode : std::uint8_t { rounded, fused, exact_dot };

Rounded sum(std::span<const Value> terms, const SumOrder& order, const Format& format,
            std::uint64_t place = 0);
Rounded dot(std::span<const Value> x, std::span<const Value> y, const SumOrder& order, DotMode mode,
            const Format& format, std::uint64_t place = 0);

enum class Softmax : std::uint8_t { stable, plain };
std::vector<Value> softmax(std::span<const Value> scores, Softmax kind, const SumOrder& order,
                           const Format& format, std::uint64_t place = 0);

}  // namespace roundoff::formats
