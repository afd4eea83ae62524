// Exact intermediate results: what an operation delivers before it is rounded once. Kept apart from value.hpp
// since big integers are slow to compile: only formats/ and tests include this.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

using Integer =
    boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>, boost::multiprecision::et_off>;

/// The exact real (-1)^negative * (significand + sticky * t) * 2^exponent with some unknown 0 < t < 1. Where
/// sticky is set, significand has at least 2 bits more than the target's precision (so that no rounding
/// decision depends on t), and at least 64 more than that for stochastic rounding. The number zero has
/// significand 0 and no sticky bit; its sign is `negative`. Infinity and NaN are kinds of their own.
struct Exact {
  bool negative = false;
  Kind kind = Kind::finite;
  bool sticky = false;
  Integer significand = 0;
  std::int64_t exponent = 0;

  static Exact of(const Value& value);
};

/// The bits of an unsigned 128-bit integer.
Integer to_integer(u128 x);

/// The exact product and sum. An exact zero sum of non-zero or differently signed terms is -0 when `down`
/// (the rule of rdn), else +0. NaN and infinities as in IEEE 754 (inf - inf and 0 * inf give NaN).
Exact product(const Exact& a, const Exact& b);
Exact sum(const Exact& a, const Exact& b, bool down);

/// numerator / denominator * 2^exponent (both positive) with enough bits, and a sticky one, for `round` to
/// any format like `format`.
Exact quotient(const Integer& numerator, const Integer& denominator, std::int64_t exponent,
               const Format& format);
/// The exact rational numerator/denominator, denominator > 0, rounded once.
Rounded round_fraction(const Integer& numerator, const Integer& denominator, const Format& format,
                       Draw draw = {});

}  // namespace roundoff::formats
