// Sums, dot products and softmax with what they did on the way, for people who want to see it.
#pragma once

#include <vector>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

/// One addition of a sum: rnd(sum + term), or rnd(sum + term * factor) where it is fused.
struct Addition {
  Value sum, term;
  Value factor;
  bool fused = false;
  Rounded result;

  /// The term is not zero and changed nothing.
  bool absorbs() const {
    return result.value == sum && !term.is_zero() && !(fused && factor.is_zero()) && sum.is_finite();
  }
};

struct Reduction {
  Rounded result;
  std::vector<Rounded> products;    ///< of a dot that rounds them
  std::vector<Addition> additions;  ///< in the order in which they happened; none where the sum is exact
};

Reduction sum_in_steps(std::span<const Value> terms, const SumOrder& order, const Format& format,
                       std::uint64_t place = 0);
Reduction dot_in_steps(std::span<const Value> x, std::span<const Value> y, const SumOrder& order, DotMode mode,
                       const Format& format, std::uint64_t place = 0);

/// As softmax; the flags of a weight are those of its subtraction, exponential and division, and of the sum.
std::vector<Rounded> softmax_with_flags(std::span<const Value> scores, Softmax kind, const SumOrder& order,
                                        const Format& format, std::uint64_t place = 0);

}  // namespace roundoff::formats
