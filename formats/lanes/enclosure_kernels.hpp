// Enclosures of functions in double, on vectors: the first step of Ziv's method (Ziv 1991). If both ends of
// an enclosure round to the same member of a format, that member is the correctly rounded value, since
// rounding is monotone, in every mode; otherwise the definition is asked. Nothing else is trusted to the
// arithmetic below, so that its results are those of the definition on every instruction set.
//
// exp: x = k ln 2 + r, |r| <= 0.35, and e^x = 2^k e^r. With u = 2^-53:
//   k: x / ln 2 rounded to an integer, |k| <= 1011 for |x| <= 700; off by less than 2^-40 from the nearest
//   one. r: x - k h - k l, ln 2 = h + l + d with h of 32 bits, so that k h is exact; |l| < 2^-32, |d| <
//   2^-86. Both
//     subtractions have results below 1/2, hence errors of at most u/2 each; k l has one below 2^-74, k d is
//     below 2^-75. Together r is off by less than 1.1 u: so is e^r, relatively.
//   e^r: Taylor's series to r^13; the rest is below r^14/14! 1.03 < 2^-57, and e^r > 0.70. Horner's rule with
//   14
//     rounded coefficients makes an error of at most 29 u times the sum of |r|^i / i! = e^0.35 < 1.42:
//     relative to e^r, below 59 u. (Fused or not.)
//   Scaling by 2^k is exact. In all, the relative error is below 61 u < 2^-47.
// sigmoid: 1 / (1 + e^-x): that of e^-x, at most, and two roundings: below 63 u < 2^-47.
// silu: x times that: below 64 u = 2^-47.
// gelu_tanh: x sigmoid(w), w = x (a + b x^2), a = 2 sqrt(2/pi) and b = 0.044715 a rounded. b x^2 is off by less than
//   3 u, relatively, its sum with a > 0 by 4 u, w by 6 u: e^-w by 61 u + 6 u |w|, the result by 64 u + 6 u |w| at most.
//   (Where x^2 underflows, a alone is w / x to more bits than these.)
// sqrt, reciprocal: one rounding; rsqrt: two. (sqrt(0) = 0 is exact.)
// The ends are y - 2^-45 |y| and y + 2^-45 |y|, whose own roundings are far below what is left, as |y| >
// 2^-1000: no statement is made about smaller results (but 0), nor about poles. For gelu_tanh it is 2^-45 + 2^-50 |w|
// in place of 2^-45. Where the value is exact (exp(0) = 1, sigmoid(0) = 1/2, silu(0) = 0) both ends are the value.
#pragma once

#include <cstddef>

#include "formats/lanes/lanes.hpp"

namespace roundoff::formats::lanes {

bool has_enclosure(Function function);

/// low[i] <= f(x[i]) <= high[i] for i < count. No statement about x[i] is low[i] = NaN, high[i] = 1: so for
/// infinite ones, and for |x[i]| > 690 (|w| of gelu_tanh) where e^x is asked for, except with `clamps`: then such an
/// x[i] is taken for +-690, which every format with numbers 2^-300 <= |v| <= 2^500 rounds to the same (or overflows
/// alike). Host rounding: to nearest.
void enclose(Isa isa, Function function, bool clamps, const double* x, double* low, double* high,
             std::size_t count);

}  // namespace roundoff::formats::lanes
