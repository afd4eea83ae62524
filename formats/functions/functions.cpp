// Functions of one argument: what each gives at 0, inf and outside its domain, and the exact road or the
// transcendental one to `round` for the rest. Values at specials follow IEEE 754-2019, 9.2, and limits where
// it is silent (gelu(-inf) = -0).
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "formats/error.hpp"
#include "formats/functions/transcendental.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "formats/rounding/exact.hpp"
#include "formats/rounding/rounding.hpp"

namespace roundoff::formats {
namespace {

constexpr std::array<std::string_view, 16> names = {
    "sqrt",      "rsqrt", "reciprocal", "exp",  "log",      "erf", "tanh", "gelu",
    "gelu_tanh", "silu",  "sigmoid",    "relu", "identity", "sin", "cos",  "step"};

/// Bits of a truncated value that decide its rounding to `format`.
int deciding_bits(const Format& format) { return format.precision + (format.is_stochastic() ? 70 : 6); }

/// floor(sqrt(x)) with the remainder as sticky bit, of the positive x = significand * 2^exponent or of 1/x.
Exact square_root(const Value& x, bool inverse, int bits) {
  Integer s = to_integer(x.significand);
  std::int64_t e = x.exponent;
  Exact exact;
  if (inverse) {  // 1/(s 2^e) = (2^shift / s) 2^(-e-shift); floor(sqrt(floor(y))) = floor(sqrt(y))
    std::int64_t shift = 2 * std::int64_t{bits} + bit_width(x.significand) + 1;
    if ((e + shift) % 2 != 0) ++shift;
    const Integer one = Integer(1) << static_cast<unsigned>(shift);
    exact.significand = boost::multiprecision::sqrt(Integer(one / s));
    exact.exponent = -(e + shift) / 2;
    exact.sticky = exact.significand * exact.significand * s != one;
    return exact;
  }
  std::int64_t shift = std::max<std::int64_t>(0, 2 * std::int64_t{bits} - bit_width(x.significand));
  if ((e - shift) % 2 != 0) ++shift;
  s <<= static_cast<unsigned>(shift);
  exact.significand = boost::multiprecision::sqrt(s);
  exact.exponent = (e - shift) / 2;
  exact.sticky = exact.significand * exact.significand != s;
  return exact;
}

/// Transcendental values seen lately by this thread: models ask for the same few arguments again and again.
/// A slot holds the exact question, so that the answer's bits cannot depend on it.
const Exact& remembered(Function function, const Value& x, int bits) {
  struct Slot {
    Function function = Function::identity;
    int bits = 0;
    Value x;
    Exact exact;
  };
  thread_local std::vector<Slot> slots(1024);
  Slot& slot = slots[(hash_value(x) + static_cast<std::size_t>(function)) % slots.size()];
  if (slot.function != function || slot.bits != bits || slot.x != x) {
    slot = {function, bits, x, transcendental(function, x, bits)};
  }
  return slot.exact;
}

/// Bits that decide the rounding of a value below 2^leading; under wrap, down to the fraction, since high
/// bits fall away.
int deciding_bits(const Format& format, int leading) {
  const int bits = deciding_bits(format);
  return format.overflow == Overflow::wrap ? std::max(bits, leading - format.quantum + 80) : bits;
}

Rounded transcendental_rounded(Function function, const Value& x, const Format& format, Draw draw) {
  const int leading = leading_exponent(x);
  int size = leading;  // all but exp stay below 2 |x| or 2
  if (function == Function::exp && format.overflow == Overflow::wrap) {
    constexpr int limit = 14;
    if (!x.negative && leading >= limit) {
      throw Trap("e^x beyond x = 2^" + std::to_string(limit) + " is not wrapped around, in " +
                 notation(format));
    }
    size = x.negative || leading < 0 ? 2 : 3 << leading;  // log2 e^x < 1.5 * 2^(leading+1)
  }
  return round(remembered(function, x, deciding_bits(format, size)), format, draw);
}

/// What a function gives at +-0 and +-inf, and outside its domain.
Rounded special(Function function, const Value& x, const Format& format, Draw draw) {
  const bool negative = x.negative;
  const Value one = Value::integer(1), signed_one = Value::integer(negative ? -1 : 1);
  const bool zero = x.is_zero();
  auto invalid = [&](const char* why) { return round_nan(format, why, flag_invalid); };
  switch (function) {
    case Function::sqrt:
      if (!zero && negative) return invalid("the square root of a negative number");
      return zero ? round_zero(negative, format) : round_infinity(false, format);
    case Function::rsqrt:
      if (!zero && negative) return invalid("the square root of a negative number");
      return zero ? pole(negative, format) : round_zero(false, format);
    case Function::reciprocal:
      return zero ? pole(negative, format) : round_zero(negative, format);
    case Function::exp:
      if (zero) return round(one, format, draw);
      return negative ? round_zero(false, format) : round_infinity(false, format);
    case Function::log:
      if (zero && format.encoding == Encoding::p3109) {  // -inf as an operand would be, not a pole's NaN
        Rounded result = round_infinity(true, format);
        result.flags |= flag_divzero;
        return result;
      }
      if (zero) return pole(true, format);
      return negative ? invalid("the logarithm of a negative number") : round_infinity(false, format);
    case Function::erf:
    case Function::tanh:
      return zero ? round_zero(negative, format) : round(signed_one, format, draw);
    case Function::sigmoid:
      if (zero) return round(Value::scaled(false, 1, -1), format, draw);
      return negative ? round_zero(false, format) : round(one, format, draw);
    case Function::gelu:
    case Function::gelu_tanh:
    case Function::silu:
      return zero || negative ? round_zero(negative, format) : round_infinity(false, format);
    case Function::sin:
      return zero ? round_zero(negative, format) : invalid("the sine of infinity");
    case Function::cos:
      return zero ? round(one, format, draw) : invalid("the cosine of infinity");
    case Function::relu:
      return zero || negative ? round_zero(false, format) : round_infinity(false, format);
    case Function::step:
      return zero || !negative ? round(one, format, draw) : round_zero(false, format);
    case Function::identity:
      return zero ? round_zero(negative, format) : round_infinity(negative, format);
  }
  return {};
}

Rounded evaluate(Function function, const Value& x, const Format& format, Draw draw) {
  if (function == Function::identity) return round(x, format, draw);
  if (x.is_nan()) return round_nan(format, "the operand is not a number", 0);
  if (!x.is_finite() || x.is_zero()) return special(function, x, format, draw);
  switch (function) {
    case Function::relu:
      return x.negative ? round_zero(false, format) : round(x, format, draw);
    case Function::step:
      return x.negative ? round_zero(false, format) : round(Value::integer(1), format, draw);
    case Function::reciprocal:
      return div(Value::integer(1), x, format, draw);
    case Function::sqrt:
    case Function::rsqrt:
      if (x.negative) return round_nan(format, "the square root of a negative number", flag_invalid);
      return round(
          square_root(x, function == Function::rsqrt, deciding_bits(format, std::abs(leading_exponent(x)))),
          format, draw);
    case Function::log:
      if (x.negative) return round_nan(format, "the logarithm of a negative number", flag_invalid);
      if (x == Value::integer(1)) return round_zero(false, format);
      break;
    default:
      break;
  }
  return transcendental_rounded(function, x, format, draw);
}

}  // namespace

Rounded apply(Function function, const Value& x, const Format& format, Draw draw) {
  try {
    return evaluate(function, taken(x, format), format, draw);
  } catch (const Trap& trap) {
    throw Trap(std::string(name(function)) + " " + hex(x) + ": " + trap.what());
  }
}

std::string_view name(Function function) { return names[static_cast<std::size_t>(function)]; }

Function parse_function(std::string_view text) {
  const auto* found = std::find(names.begin(), names.end(), text);
  if (found == names.end())
    throw UsageError("unknown function '" + std::string(text) + "'" + did_you_mean(text, names));
  return static_cast<Function>(found - names.begin());
}

}  // namespace roundoff::formats
