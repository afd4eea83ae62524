#include "formats/notation/facts.hpp"

#include "formats/functions/real.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats {
namespace {

Integer two_to(int n) { return Integer(1) << static_cast<unsigned>(n); }

/// The numbers above 0 of a grid without end, up to `highest`.
Integer positive_numbers(const Format& format) {
  const Value& top = format.highest;
  const auto steps = [&](const Value& value, int quantum) {
    return Integer(to_integer(value.significand) << static_cast<unsigned>(value.exponent - quantum));
  };
  if (format.is_uniform()) return steps(top, format.quantum);
  // Codes of magnitudes are in order: 2^(p-1) a binade.
  const int p = format.precision, field = leading_exponent(top) - (format.quantum + p - 1);
  if (field < 0) return steps(top, format.quantum);
  return two_to(p - 1) * field + steps(top, format.quantum + field);
}

Integer numbers(const Format& format) {
  switch (format.layout) {
    case Layout::posit:
      return two_to(format.bits) - 1;
    case Layout::list:
      return static_cast<unsigned>(format.list->members.size());
    case Layout::twos:
      return two_to(format.bits);
    default:
      break;
  }
  if (!format.has_zero)  // powers of two
    return leading_exponent(format.highest) - leading_exponent(format.lowest) + 1;
  return positive_numbers(format) * (format.lowest.negative ? 2 : 1) + 1;
}

std::string range(u128 first, u128 last, const Format& format) {
  if (first > last) return "";
  return first == last ? code_text(first, format) : code_text(first, format) + ".." + code_text(last, format);
}

std::string nan_codes(const Format& format) {
  if (!format.has_nan || format.bits > 120) return "";
  if (format.encoding == Encoding::ieee) {
    const u128 sign = u128{1} << (format.bits - 1);
    if (format.precision == 1) return "";
    const u128 infinity = *encode(Value::infinity(), format);
    return range(infinity + 1, sign - 1, format) + " " + range(sign + infinity + 1, 2 * sign - 1, format);
  }
  const std::optional<u128> code = encode(Value::nan(), format);
  if (!code) return "";
  std::string text = code_text(*code, format);
  if (format.encoding == Encoding::all_ones) text += " " + code_text(*code | u128{1} << (format.bits - 1), format);
  return text;
}

}  // namespace

FormatFacts facts_of(const Format& format) {
  FormatFacts facts;
  const int p = format.precision;
  const bool has_exponents = !format.is_uniform() && format.is_grid();
  if (has_exponents) {
    facts.min_normal = Value::scaled(false, 1, format.quantum + p - 1);
    facts.exponent_min = format.quantum + p - 1;
    facts.exponent_max = leading_exponent(format.highest);
    if (p > 1 && format.has_zero) facts.max_subnormal = Value::scaled(false, (u128{1} << (p - 1)) - 1, format.quantum);
    if (format.layout == Layout::floating) facts.bias = format.bias();
  }
  facts.smallest = Value::scaled(false, 1, format.quantum);
  if (format.layout == Layout::list) {
    for (const Value& member : format.list->members)
      if (!member.is_zero() && !member.negative) {
        facts.smallest = member;
        break;
      }
  }
  const Value one = Value::integer(1);
  const Format up = towards(format, Rounding::rup);
  if (round(one, up).value == one && compare(format.highest, one) > 0) {
    static const Format wide = parse_format("float(19,113)");
    facts.epsilon = sub(round(Value::scaled(false, (u128{1} << 118) + 1, -118), up).value, one, wide).value;
  }
  facts.numbers = numbers(format).str();
  if (format.encoding != Encoding::none) facts.codes = two_to(format.bits).str();
  facts.infinities = format.has_infinity ? (format.lowest.negative ? 2 : 1) : 0;
  facts.nan_codes = nan_codes(format);
  return facts;
}

}  // namespace roundoff::formats
