#include "formats/functions/real.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "formats/notation/digits.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats {

/// numerator / denominator * 2^exponent with its sign in the numerator, an enclosure in its place, or a special.
struct Real::Inside {
  Kind kind = Kind::finite;
  bool negative = false;  ///< of an infinity
  Integer numerator = 0, denominator = 1;
  std::int64_t exponent = 0;
  std::optional<Enclosure> enclosure;

  bool is_rational() const { return kind == Kind::finite && !enclosure; }
  bool is_zero() const { return is_rational() && numerator == 0; }
};

namespace {

constexpr int enclosure_bits = 256;
constexpr int shown_digits = 32;             // of an enclosure's ends
constexpr std::int64_t most_written = 4096;  // powers of two that are written out

Real::Inside special(Kind kind, bool negative) {
  Real::Inside inside;
  inside.kind = kind;
  inside.negative = negative;
  return inside;
}

/// A bound of an enclosure, rounded down or up to `digits` digits.
std::string bound(const Value& value, int digits, bool up) {
  if (!value.is_finite()) return hex(value);
  if (value.is_zero()) return "0";
  const Integer numerator = to_integer(value.significand);
  const std::int64_t tens = digits - 1 - leading_ten(numerator, 1, value.exponent);
  const Scaled scaled = scaled_by_ten(numerator, 1, value.exponent, tens);
  const Integer whole = !scaled.exact && up != value.negative ? Integer(scaled.whole + 1) : scaled.whole;
  return (value.negative ? "-" : "") + styled(whole.str(), -tens);
}

bool less_in_sign(const Real::Inside& x) { return x.kind == Kind::infinity ? x.negative : x.numerator < 0; }

}  // namespace

Real Real::make(Inside inside) { return Real(std::make_shared<const Inside>(std::move(inside))); }

Real Real::of(const Value& value) {
  if (!value.is_finite()) return make(special(value.kind, value.negative));
  Inside inside;
  inside.numerator = to_integer(value.significand);
  if (value.negative) inside.numerator = -inside.numerator;
  inside.exponent = value.exponent;
  return make(std::move(inside));
}

Real Real::of(const Enclosure& enclosure) {
  if (enclosure.indefinite()) return make(special(Kind::nan, false));
  Inside inside;
  inside.enclosure = enclosure;
  return make(std::move(inside));
}

Real Real::read(std::string_view text) {
  Written written = read_written(text);
  if (written.kind == Kind::infinity || written.kind == Kind::nan)
    return make(special(written.kind, written.negative));
  Inside inside;
  inside.numerator = written.negative ? Integer(-written.numerator) : written.numerator;
  inside.denominator = std::move(written.denominator);
  inside.exponent = written.exponent;
  return make(std::move(inside));
}

bool Real::is_number() const { return inside_->kind == Kind::finite; }

std::string Real::text() const {
  if (inside_->kind == Kind::nan) return "nan";
  if (inside_->kind == Kind::infinity) return inside_->negative ? "-inf" : "inf";
  if (inside_->enclosure) {
    return "[" + bound(inside_->enclosure->low(), shown_digits, false) + ", " +
           bound(inside_->enclosure->high(), shown_digits, true) + "]";
  }
  if (inside_->numerator == 0) return "0";
  const Integer magnitude = abs(inside_->numerator);
  const Integer common = gcd(magnitude, inside_->denominator);
  Integer above = magnitude / common, below = inside_->denominator / common;
  const auto twos_above = lsb(above), twos_below = lsb(below);
  above >>= twos_above;
  below >>= twos_below;
  const std::int64_t exponent =
      inside_->exponent + static_cast<std::int64_t>(twos_above) - static_cast<std::int64_t>(twos_below);
  std::string power;
  if (std::abs(exponent) > most_written)
    power = "*2^" + std::to_string(exponent);
  else
    (exponent >= 0 ? above : below) <<= static_cast<unsigned>(std::abs(exponent));
  return (inside_->numerator < 0 ? "-" : "") + above.str() + (below == 1 ? "" : "/" + below.str()) + power;
}

std::string Real::decimal(int digits) const {
  if (!is_number() || inside_->is_zero()) return text();
  if (inside_->enclosure) {
    const std::string low = bound(inside_->enclosure->low(), digits, false),
                      high = bound(inside_->enclosure->high(), digits, false);
    return (low == high ? low : inside_->enclosure->decimal()) + "...";
  }
  const Integer magnitude = abs(inside_->numerator);
  const std::int64_t tens =
      digits - 1 - leading_ten(magnitude, inside_->denominator, inside_->exponent);
  const Scaled scaled = scaled_by_ten(magnitude, inside_->denominator, inside_->exponent, tens);
  return (inside_->numerator < 0 ? "-" : "") + styled(scaled.whole.str(), -tens) + (scaled.exact ? "" : "...");
}

Real operator+(const Real& a, const Real& b) {
  const Real::Inside &x = *a.inside_, &y = *b.inside_;
  if (x.kind == Kind::nan || y.kind == Kind::nan ||
      (x.kind == Kind::infinity && y.kind == Kind::infinity && x.negative != y.negative))
    return Real::make(special(Kind::nan, false));
  if (x.kind == Kind::infinity) return a;
  if (y.kind == Kind::infinity || x.is_zero()) return b;
  if (y.is_zero()) return a;
  Real::Inside sum;
  sum.exponent = std::min(x.exponent, y.exponent);
  sum.numerator = (x.numerator << static_cast<unsigned>(x.exponent - sum.exponent)) * y.denominator +
                  (y.numerator << static_cast<unsigned>(y.exponent - sum.exponent)) * x.denominator;
  sum.denominator = x.denominator * y.denominator;
  return Real::make(std::move(sum));
}

Real operator-(const Real& a, const Real& b) { return a + Real::of(Value::integer(-1)) * b; }

Real operator*(const Real& a, const Real& b) {
  const Real::Inside &x = *a.inside_, &y = *b.inside_;
  const bool negative = less_in_sign(x) != less_in_sign(y);
  if (x.kind == Kind::nan || y.kind == Kind::nan || (x.kind == Kind::infinity && y.is_zero()) ||
      (y.kind == Kind::infinity && x.is_zero()))
    return Real::make(special(Kind::nan, false));
  if (x.kind == Kind::infinity || y.kind == Kind::infinity)
    return Real::make(special(Kind::infinity, negative));
  Real::Inside product;
  product.numerator = x.numerator * y.numerator;
  product.denominator = x.denominator * y.denominator;
  product.exponent = x.exponent + y.exponent;
  return Real::make(std::move(product));
}

Real operator/(const Real& a, const Real& b) {
  const Real::Inside &x = *a.inside_, &y = *b.inside_;
  const bool negative = less_in_sign(x) != less_in_sign(y);
  if (x.kind == Kind::nan || y.kind == Kind::nan || (x.is_zero() && y.is_zero()) ||
      (x.kind == Kind::infinity && y.kind == Kind::infinity))
    return Real::make(special(Kind::nan, false));
  if (x.kind == Kind::infinity || y.is_zero()) return Real::make(special(Kind::infinity, negative));
  if (y.kind == Kind::infinity || x.is_zero()) return Real::of(Value::zero());
  Real::Inside quotient;
  quotient.numerator = x.numerator * y.denominator;
  quotient.denominator = x.denominator * abs(y.numerator);
  if (y.numerator < 0) quotient.numerator = -quotient.numerator;
  quotient.exponent = x.exponent - y.exponent;
  return Real::make(std::move(quotient));
}

double Real::distance(const Value& value, const Value& unit) const {
  if (inside_->enclosure) {
    const auto enclosed = [](const Value& x) { return Enclosure(x, enclosure_bits); };
    return std::strtod(((enclosed(value) - *inside_->enclosure) / enclosed(unit)).decimal().c_str(), nullptr);
  }
  return std::strtod(((of(value) - *this) / of(unit)).decimal(17).c_str(), nullptr);
}

Real real_of(Function function, const Value& x) {
  static const Format widest = parse_format("float(19,113)");
  const Rounded rounded = apply(function, x, widest);
  if ((rounded.flags & flag_inexact) == 0) return Real::of(rounded.value);
  if (function == Function::reciprocal) return Real::of(Value::integer(1)) / Real::of(x);
  return Real::of(apply(function, Enclosure(x, enclosure_bits)));
}

Format towards(Format format, Rounding rounding) {
  format.rounding = rounding;
  format.overflow = Overflow::sat;
  format.flushes = false;
  return format;
}

std::optional<Value> neighbour(const Rounded& rounded, const Format& format, bool above) {
  if (rounded.value.is_nan()) return std::nullopt;
  const Value& end = above ? format.highest : format.lowest;
  const bool beyond = (rounded.flags & flag_overflow) != 0 && rounded.value == end;
  if (!beyond) return rounded.value;
  if (format.holds_infinity() && (above || format.lowest.negative)) return Value::infinity(!above);
  return std::nullopt;
}

std::string exact_decimal(const Value& value) {
  if (!value.is_finite()) return hex(value);
  if (value.is_zero()) return value.negative ? "-0" : "0";
  Integer digits = to_integer(value.significand);
  std::int64_t tens = 0;
  if (value.exponent >= 0) {
    digits <<= static_cast<unsigned>(value.exponent);
  } else {
    digits *= pow(Integer(5), static_cast<unsigned>(-value.exponent));
    tens = value.exponent;
  }
  return (value.negative ? "-" : "") + styled(digits.str(), tens);
}

std::string plain_decimal(const Value& value, const Format& format) {
  constexpr std::size_t most = 20;
  std::string exact = exact_decimal(value);
  return exact.size() <= most ? exact : shortest_decimal(value, format);
}

std::string shortest_decimal(const Value& value, const Format& format) {
  if (!value.is_finite()) return hex(value);
  if (value.is_zero()) return value.negative ? "-0" : "0";
  Format reading = format;
  if (format.is_stochastic()) reading.rounding = Rounding::rne;
  const auto reads_back = [&](const Integer& digits, std::int64_t tens) {
    Integer numerator = value.negative ? Integer(-digits) : digits, denominator = 1;
    const Integer power = pow(Integer(10), static_cast<unsigned>(std::abs(tens)));
    (tens >= 0 ? numerator : denominator) *= power;
    try {
      const Rounded read = round_fraction(numerator, denominator, reading);
      return read.value == value && (read.flags & flag_overflow) == 0;
    } catch (const Trap&) {
      return false;
    }
  };
  const Integer numerator = to_integer(value.significand);
  const std::int64_t leading = leading_ten(numerator, 1, value.exponent);
  for (int count = 1;; ++count) {
    const std::int64_t tens = count - 1 - leading;
    const Scaled scaled = scaled_by_ten(numerator, 1, value.exponent, tens);
    const Scaled finer = scaled_by_ten(numerator, 1, value.exponent, tens + 1);
    const Integer down = scaled.whole, up = scaled.whole + 1;
    const bool up_first = finer.whole - 10 * down >= 5 && !scaled.exact;
    for (const Integer& digits : {up_first ? up : down, up_first ? down : up})
      if (reads_back(digits, -tens)) return (value.negative ? "-" : "") + styled(digits.str(), -tens);
    if (scaled.exact) return exact_decimal(value);
  }
}

}  // namespace roundoff::formats
