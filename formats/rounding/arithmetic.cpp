// + - * / fma and max, by definition: the exact result, rounded once. Small operands take the same road in
// 128-bit integers as large ones in big integers: both deliver the exact result (or a quotient with its
// sticky bit) to `round`.
#include "formats/rounding/arithmetic.hpp"

#include <algorithm>
#include <string>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/exact.hpp"
#include "formats/rounding/rounding.hpp"

namespace roundoff::formats {
namespace {

/// A finite magnitude in 128 bits: (-1)^negative * significand * 2^exponent; significand may be 0 and even.
struct Small {
  bool negative;
  u128 significand;
  std::int64_t exponent;
};

Small small(const Value& v) { return {v.negative, v.significand, v.exponent}; }

/// Bits that a quotient needs: two beyond the precision, 64 more where they are compared with random bits.
int quotient_bits(const Format& format) { return format.precision + (format.is_stochastic() ? 68 : 3); }

/// Runs `operation`; a Trap from it gets the operation and its operands in front.
template <typename Operation>
Rounded naming(const char* name, std::initializer_list<const Value*> operands, const Operation& operation) {
  try {
    return operation();
  } catch (const Trap& trap) {
    std::string text = name;
    for (const Value* operand : operands) text += " " + hex(*operand);
    throw Trap(text + ": " + trap.what());
  }
}

/// The rounded exact result, flagged invalid where a NaN arose from operands that were none.
Rounded settle(const Exact& exact, bool nan_operand, const char* why, const Format& format, Draw draw) {
  if (exact.kind != Kind::nan) return round(exact, format, draw);
  return round_nan(format, nan_operand ? "an operand is not a number" : why, nan_operand ? 0 : flag_invalid);
}

/// x + y for finite x, y, not both zero; neither has more than 120 bits.
Rounded add_small(Small x, Small y, const Format& format, Draw draw) {
  if (x.significand == 0 || y.significand == 0) {
    const Small& only = x.significand == 0 ? y : x;
    return round_small(only.negative, only.significand, only.exponent, false, format, draw);
  }
  if (x.exponent < y.exponent) std::swap(x, y);
  const std::int64_t shift = x.exponent - y.exponent;
  if (bit_width(x.significand) + shift <= 126 && bit_width(y.significand) <= 126) {
    const u128 aligned = x.significand << shift;
    if (x.negative == y.negative) {
      return round_small(x.negative, aligned + y.significand, y.exponent, false, format, draw);
    }
    if (aligned == y.significand) return round_zero(format.rounding == Rounding::rdn, format);
    const bool first = aligned > y.significand;
    const u128 difference = first ? aligned - y.significand : y.significand - aligned;
    return round_small(first ? x.negative : y.negative, difference, y.exponent, false, format, draw);
  }
  auto exact = [](const Small& s) {
    Exact e;
    e.negative = s.negative;
    e.significand = to_integer(s.significand);
    e.exponent = s.exponent;
    return e;
  };
  return round(sum(exact(x), exact(y), format.rounding == Rounding::rdn), format, draw);
}

/// For operands that are taken already.
Format without_daz(Format format) {
  format.takes_zero = false;
  return format;
}

}  // namespace

Rounded add(const Value& a, const Value& b, const Format& format, Draw draw) {
  if (format.takes_zero) return add(taken(a, format), taken(b, format), without_daz(format), draw);
  return naming("add", {&a, &b}, [&] {
    if (a.is_finite() && b.is_finite() && !(a.is_zero() && b.is_zero())) {
      return add_small(small(a), small(b), format, draw);
    }
    return settle(sum(Exact::of(a), Exact::of(b), format.rounding == Rounding::rdn), a.is_nan() || b.is_nan(),
                  "inf - inf", format, draw);
  });
}

Rounded sub(const Value& a, const Value& b, const Format& format, Draw draw) {
  if (format.takes_zero) return sub(taken(a, format), taken(b, format), without_daz(format), draw);
  return naming("sub", {&a, &b}, [&] {
    const Value c = negated(b);
    if (a.is_finite() && b.is_finite() && !(a.is_zero() && b.is_zero())) {
      return add_small(small(a), small(c), format, draw);
    }
    return settle(sum(Exact::of(a), Exact::of(c), format.rounding == Rounding::rdn), a.is_nan() || b.is_nan(),
                  "inf - inf", format, draw);
  });
}

Rounded mul(const Value& a, const Value& b, const Format& format, Draw draw) {
  if (format.takes_zero) return mul(taken(a, format), taken(b, format), without_daz(format), draw);
  return naming("mul", {&a, &b}, [&] {
    if (a.is_finite() && b.is_finite() && bit_width(a.significand) + bit_width(b.significand) <= 128) {
      const bool negative = a.negative != b.negative;
      if (a.is_zero() || b.is_zero()) return round_zero(negative, format);
      return round_small(negative, a.significand * b.significand, std::int64_t{a.exponent} + b.exponent,
                         false, format, draw);
    }
    return settle(product(Exact::of(a), Exact::of(b)), a.is_nan() || b.is_nan(), "0 * inf", format, draw);
  });
}

Rounded fma(const Value& a, const Value& b, const Value& c, const Format& format, Draw draw) {
  if (format.takes_zero)
    return fma(taken(a, format), taken(b, format), taken(c, format), without_daz(format), draw);
  return naming("fma", {&a, &b, &c}, [&] {
    const bool finite = a.is_finite() && b.is_finite() && c.is_finite();
    const bool zero = a.is_zero() || b.is_zero();
    if (finite && !(zero && c.is_zero()) && bit_width(a.significand) + bit_width(b.significand) <= 128) {
      const Small xy = {a.negative != b.negative, a.significand * b.significand,
                        zero ? 0 : std::int64_t{a.exponent} + b.exponent};
      return add_small(xy, small(c), format, draw);
    }
    const Exact exact =
        sum(product(Exact::of(a), Exact::of(b)), Exact::of(c), format.rounding == Rounding::rdn);
    return settle(exact, a.is_nan() || b.is_nan() || c.is_nan(), "0 * inf or inf - inf", format, draw);
  });
}

Rounded div(const Value& a, const Value& b, const Format& format, Draw draw) {
  if (format.takes_zero) return div(taken(a, format), taken(b, format), without_daz(format), draw);
  return naming("div", {&a, &b}, [&]() -> Rounded {
    const bool negative = a.negative != b.negative;
    if (a.is_nan() || b.is_nan()) return round_nan(format, "an operand is not a number", 0);
    if (a.is_infinite()) {
      if (b.is_infinite()) return round_nan(format, "inf / inf", flag_invalid);
      if (b.is_zero() && format.poles_are_nan()) return pole(negative, format);
      return round_infinity(negative, format);
    }
    if (b.is_zero()) {
      if (a.is_zero()) return round_nan(format, "0 / 0", flag_invalid);
      return pole(negative, format);
    }
    if (a.is_zero() || b.is_infinite()) return round_zero(negative, format);
    const int width = bit_width(a.significand);
    const int shift = std::max(0, quotient_bits(format) + bit_width(b.significand) - width);
    if (width + shift <= 127 && format.overflow != Overflow::wrap) {
      const u128 numerator = a.significand << shift;
      const u128 quotient = numerator / b.significand;
      const bool sticky = quotient * b.significand != numerator;
      return round_small(negative, quotient, std::int64_t{a.exponent} - shift - b.exponent, sticky, format,
                         draw);
    }
    Exact exact = quotient(to_integer(a.significand), to_integer(b.significand),
                           std::int64_t{a.exponent} - b.exponent, format);
    exact.negative = negative;
    return round(exact, format, draw);
  });
}

Value maximum(const Value& a, const Value& b) {
  if (a.is_nan() || b.is_nan()) throw Trap("max " + hex(a) + " " + hex(b) + ": a NaN reached a maximum");
  return compare(a, b) < 0 ? b : a;
}

}  // namespace roundoff::formats
