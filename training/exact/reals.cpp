// The derivatives, s being the logistic function:
//
//   gelu       Phi(x) + x phi(x),          Phi(x) = (1 + erf(x / sqrt 2)) / 2, phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
//   gelu_tanh  s(y) + x s(y) (1 - s(y)) y',  y = 2 sqrt(2/pi) (x + 0.044715 x^3)
//   silu       s(x) + x s(x) (1 - s(x))
//
// Where an enclosure's ends are neighbours among numbers of 113 bits, the real is one of them or strictly between: no
// boundary of a rounding to a format of at most 100 bits is in between, so that the middle rounds as the real does. An end
// itself is the real where the enclosure is thin (a dyadic number). That a derivative at a dyadic x other than 0 is never
// dyadic is not proved, as for gelu_tanh itself (formats/functions/transcendental.cpp); if one were, the result would be off
// for directed roundings alone.
#include "training/exact/reals.hpp"

#include <algorithm>
#include <cstdlib>

#include "formats/error.hpp"

namespace roundoff::training {

namespace {

Enclosure whole(std::int64_t number, int bits) { return {Value::integer(number), bits}; }

Enclosure logistic(const Enclosure& y, int bits) {
  const Enclosure one = whole(1, bits);
  return one / (one + apply(Function::exp, whole(0, bits) - y));
}

/// The middle of two numbers of at most 113 bits that are next to each other.
Value middle(const Value& low, const Value& high) {
  const int unit = std::min(low.exponent, high.exponent);
  const u128 sum = (low.significand << (low.exponent - unit)) + (high.significand << (high.exponent - unit));
  return Value::scaled(low.negative, sum, unit - 1);
}

/// Numbers of 113 bits with nothing between them.
bool next_to_each_other(const Value& low, const Value& high) {
  if (low.is_zero() || high.is_zero() || low.negative != high.negative) return false;
  const Value& top = low.negative ? low : high;
  const Value& bottom = low.negative ? high : low;
  const int unit = leading_exponent(bottom) - 112;
  if (top.exponent < unit || bottom.exponent < unit || leading_exponent(top) > leading_exponent(bottom) + 1)
    return false;
  const auto units = [&](const Value& v) { return v.significand << (v.exponent - unit); };
  return units(top) - units(bottom) <= 1;
}

}  // namespace

Value rounded_real(const RealAt& real, const Format& format, Draw draw) {
  for (int bits = 160; bits <= 1 << 14; bits *= 2) {
    const Enclosure enclosed = real(bits);
    if (enclosed.indefinite()) continue;
    const Value low = enclosed.low(), high = enclosed.high();
    if (low == high) return round(low, format, draw).value;
    if (next_to_each_other(low, high)) return round(middle(low, high), format, draw).value;
  }
  throw std::logic_error("a real has no thin enclosure");
}

RealAt decimal_real(const std::string& text) {
  // The number as an integer times a power of ten, over another integer.
  const auto fail = [&]() -> void { throw UsageError("'" + text + "' is no number"); };
  std::string digits;
  int exponent = 0;
  bool negative = false, point = false;
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
  for (; i < text.size() && (text[i] == '.' || (text[i] >= '0' && text[i] <= '9')); ++i) {
    if (text[i] == '.') {
      if (point) fail();
      point = true;
    } else {
      digits += text[i];
      exponent -= point ? 1 : 0;
    }
  }
  if (digits.empty() || digits.size() > 18) fail();
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::size_t used = 0;
    int more = 0;
    try {
      more = std::stoi(text.substr(i + 1), &used);
    } catch (const std::exception&) {
      fail();
    }
    i += 1 + used;
    exponent += more;
  }
  if (i != text.size() || std::abs(exponent) > 400) fail();
  const std::int64_t number = std::stoll(digits) * (negative ? -1 : 1);
  return [number, exponent](int bits) {
    Enclosure power = whole(1, bits + 64);
    for (int k = 0; k < std::abs(exponent); ++k) power = power * whole(10, bits + 64);
    return exponent < 0 ? whole(number, bits + 64) / power : whole(number, bits + 64) * power;
  };
}

Value slope(Activation activation, const Value& x, const Format& format, Draw draw) {
  const auto constant = [&](int number) { return round(Value::integer(number), format, draw).value; };
  if (x.is_nan()) return round(x, format, draw).value;
  if (activation == Activation::identity) return constant(1);
  if (activation == Activation::relu) return constant(!x.is_zero() && !x.negative ? 1 : 0);
  if (x.is_infinite()) return constant(x.negative ? 0 : 1);
  if (x.is_zero()) return round(Value::scaled(false, 1, -1), format, draw).value;
  const int leading = leading_exponent(x);
  const auto beside = [&](int half_units, bool above) {  // of half_units / 2, above or below it
    const u128 number = static_cast<u128>(half_units) << 112;
    return round(Value::scaled(false, above ? number + 1 : number - 1, -113), format, draw).value;
  };
  // Near 0 the derivative is 1/2 + c x with 0 < c < 2; far out it is just above 1, or just below 0.
  if (leading < -116) return beside(1, !x.negative);
  if (!x.negative && leading >= (activation == Activation::silu ? 7 : 4))
    return beside(2, true);  // by less than 2^-170
  if (x.negative && leading >= 20) return round(Value::scaled(true, 1, -(1 << 20)), format, draw).value;
  // What cancels in 1 + erf(x / sqrt 2), which is above exp(-x^2) = 2^(-1.45 x^2).
  const int cancelled = activation == Activation::gelu && x.negative && leading >= 0 ? 6 << (2 * leading) : 0;
  return rounded_real(
      [&](int bits) {
        const int w = bits + 64 + cancelled;
        const Enclosure y(x, w), one = whole(1, w), half = one / whole(2, w);
        if (activation == Activation::silu) {
          const Enclosure s = logistic(y, w);
          return s + y * s * (one - s);
        }
        if (activation == Activation::gelu) {
          const Enclosure root = apply(Function::sqrt, whole(2, w));
          const Enclosure phi = apply(Function::exp, whole(0, w) - y * y * half) /
                                apply(Function::sqrt, whole(2, w) * Enclosure::pi(w));
          return half * (one + apply(Function::erf, y / root)) + y * phi;
        }
        const Enclosure c = apply(Function::sqrt, whole(8, w) / Enclosure::pi(w)),
                        cube = whole(8943, w) / whole(200000, w);
        const Enclosure s = logistic(c * (y + cube * y * y * y), w);
        return s + y * s * (one - s) * c * (one + whole(3, w) * cube * y * y);
      },
      format, draw);
}

}  // namespace roundoff::training
