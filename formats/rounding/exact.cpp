// Exact sums and products of dyadic numbers of any size.
#include "formats/rounding/exact.hpp"

#include <algorithm>
#include <cassert>

#include "formats/rounding/rounding.hpp"

namespace roundoff::formats {

Integer to_integer(u128 x) {
  return (Integer(static_cast<std::uint64_t>(x >> 64)) << 64) | Integer(static_cast<std::uint64_t>(x));
}

Exact Exact::of(const Value& value) {
  Exact exact;
  exact.negative = value.negative;
  exact.kind = value.kind == Kind::zero ? Kind::finite : value.kind;
  exact.significand = to_integer(value.significand);
  exact.exponent = value.exponent;
  return exact;
}

Exact product(const Exact& a, const Exact& b) {
  assert(!a.sticky && !b.sticky);
  Exact result;
  result.negative = a.negative != b.negative;
  if (a.kind == Kind::nan || b.kind == Kind::nan) {
    result.kind = Kind::nan;
  } else if (a.kind == Kind::infinity || b.kind == Kind::infinity) {
    const bool zero =
        (a.kind == Kind::finite && a.significand == 0) || (b.kind == Kind::finite && b.significand == 0);
    result.kind = zero ? Kind::nan : Kind::infinity;
  } else {
    result.significand = a.significand * b.significand;
    result.exponent = a.exponent + b.exponent;
  }
  return result;
}

Exact sum(const Exact& a, const Exact& b, bool down) {
  assert(!a.sticky && !b.sticky);
  Exact result;
  if (a.kind == Kind::nan || b.kind == Kind::nan) {
    result.kind = Kind::nan;
    return result;
  }
  if (a.kind == Kind::infinity || b.kind == Kind::infinity) {
    if (a.kind == b.kind && a.negative != b.negative)
      result.kind = Kind::nan;
    else
      result = a.kind == Kind::infinity ? a : b;
    return result;
  }
  if (a.significand == 0 && b.significand == 0) {
    result.negative = a.negative == b.negative ? a.negative : down;
    return result;
  }
  if (a.significand == 0) return b;
  if (b.significand == 0) return a;
  result.exponent = std::min(a.exponent, b.exponent);
  Integer x = a.significand << static_cast<unsigned>(a.exponent - result.exponent);
  Integer y = b.significand << static_cast<unsigned>(b.exponent - result.exponent);
  if (a.negative) x = -x;
  if (b.negative) y = -y;
  x += y;
  result.negative = x == 0 ? down : x < 0;
  result.significand = abs(x);
  if (x == 0) result.exponent = 0;
  return result;
}

Exact quotient(const Integer& numerator, const Integer& denominator, std::int64_t exponent,
               const Format& format) {
  assert(numerator > 0 && denominator > 0);
  const auto ratio = static_cast<std::int64_t>(msb(numerator)) - static_cast<std::int64_t>(msb(denominator));
  const std::int64_t leading = ratio + exponent;  // of the quotient, or one more
  // Enough bits for any rounding decision; under wrap, down to the fraction.
  std::int64_t bits = format.precision + 70;
  if (format.overflow == Overflow::wrap) bits = std::max(bits, leading - format.quantum + 70);
  const std::int64_t shift = bits - ratio;
  Integer whole, remainder;
  if (shift >= 0)
    divide_qr(Integer(numerator << static_cast<unsigned>(shift)), denominator, whole, remainder);
  else
    divide_qr(numerator, Integer(denominator << static_cast<unsigned>(-shift)), whole, remainder);
  Exact exact;
  exact.significand = whole;
  exact.exponent = exponent - shift;
  exact.sticky = remainder != 0;
  return exact;
}

Rounded round_fraction(const Integer& numerator, const Integer& denominator, const Format& format,
                       Draw draw) {
  if (numerator == 0) return round(Exact{}, format, draw);
  Exact exact = quotient(abs(numerator), denominator, 0, format);
  exact.negative = numerator < 0;
  return round(exact, format, draw);
}

}  // namespace roundoff::formats
