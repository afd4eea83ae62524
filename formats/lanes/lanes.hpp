// Lane kernels: the rounded operations of one format on arrays, in a machine container, for one instruction
// set. They give the same bits as arithmetic.hpp (tests/formats/lanes), only faster. Kernel files are
// compiled once per instruction set and chosen at run time; each states the inequality that makes it exact.
//
// Containers hold a member of the format as: i16, i32, i64 the integer S of a uniform format (value S *
// 2^quantum); f32, f64 the number itself (exactly: the container's precision and range contain the format's).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

enum class Container : std::uint8_t { i16, i32, i64, f32, f64 };
std::string_view name(Container container);
std::size_t size_of(Container container);

/// Instruction sets this binary was compiled for, slowest first; `supported` asks the processor.
enum class Isa : std::uint8_t { scalar, sse4, avx2, avx512 };
std::string_view name(Isa isa);
bool supported(Isa isa);
Isa best_isa();

/// Kernels of one format. All arrays have `count` lanes of the container; `out` may be one of the inputs.
/// Where an operation would throw Trap, trapped[lane] is set to 1 (when `trapped` is not null) and the lane's
/// result is unspecified. Reductions are sequential, in the stated order; other orders are composed from add
/// by the caller.
class LaneKernels {
 public:
  struct Context;  ///< constants of the format, derived once
  using Unary = void (*)(const Context&, const void* a, void* out, std::size_t count, std::uint8_t* trapped);
  using Binary = void (*)(const Context&, const void* a, const void* b, void* out, std::size_t count,
                          std::uint8_t* trapped);
  /// out = sum over terms, terms[j] an array of lanes
  using Sum = void (*)(const Context&, const void* const* terms, std::size_t terms_count, void* out,
                       std::size_t count, std::uint8_t* trapped);
  /// out = dot(x, y), both arrays of lanes
  using Dot = void (*)(const Context&, const void* const* x, const void* const* y, std::size_t terms_count,
                       void* out, std::size_t count, std::uint8_t* trapped);
  /// out = dot(w, x) with constant weights w[j] (container elements): rnd(rnd(w_1 x_1) + ...); `fused` rounds
  /// w*x+s once
  using Weighted = void (*)(const Context&, const void* weights, const void* const* x,
                            std::size_t terms_count, void* out, std::size_t count, std::uint8_t* trapped);

  Binary add = nullptr, sub = nullptr, mul = nullptr, div = nullptr, max = nullptr;
  Sum sum = nullptr, max_of = nullptr;
  Dot dot = nullptr, fused_dot = nullptr;
  Weighted weighted = nullptr, fused_weighted = nullptr;
  /// round an array of f64 (exact values, for f64-sized formats) into the format; null where not offered
  Unary round_f64 = nullptr;

  /// Correctly rounded function over lanes (tables to 16 bits, double + Ziv test + reference beyond).
  void apply(Function function, const void* a, void* out, std::size_t count, std::uint8_t* trapped) const;

  /// One member to and from the container.
  void store(const Value& value, void* element) const;
  Value load(const void* element) const;

  const Format& format() const;
  Container container() const;
  Isa isa() const;
  const Context& context() const { return *context_; }

  /// Kernels for this format, or null when the format has none in that container or the machine lacks the
  /// instruction set (then use the reference). Every kernel pointer of the result is set, except round_f64
  /// for i64.
  static std::unique_ptr<LaneKernels> make(const Format& format, Container container, Isa isa);
  /// The containers that hold the format exactly and have kernels, best first; empty for formats beyond
  /// lanes: wider than 64 bits, and stochastic rounding, whose bits depend on the place.
  static std::vector<Container> containers(const Format& format);

 private:
  LaneKernels() = default;
  std::shared_ptr<const Context> context_;
};

}  // namespace roundoff::formats
