// Bit patterns: sign, exponent, significand from the most significant bit (semantics.md; commands.md,
// "Numbers in text").
#include <algorithm>
#include <optional>
#include <string>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/posit.hpp"

namespace roundoff::formats {
namespace {

constexpr u128 ones(int bits) { return bits >= 128 ? ~u128{0} : (u128{1} << bits) - 1; }

/// Bits of the trailing significand and of the exponent field.
int trailing_bits(const Format& format) { return format.precision - 1; }
/// P3109 without a sign has its NaN at the last code, and inf below it.
bool is_unsigned_p3109(const Format& format) {
  return format.encoding == Encoding::p3109 && !format.lowest.negative;
}
int field_bits(const Format& format) { return format.bits - 1 - trailing_bits(format); }

/// The code of a finite magnitude on a grid: codes are in the order of their values, and a binade holds
/// 2^trailing codes.
u128 grid_code(const Value& magnitude, const Format& format) {
  if (magnitude.is_zero()) return 0;
  const int t = trailing_bits(format);
  const int leading = leading_exponent(magnitude);
  const int field = leading - (format.quantum + t) + 1;  // 1 in the lowest normal binade
  if (field <= 0) return magnitude.significand << (magnitude.exponent - format.quantum);
  const u128 significand = magnitude.significand << (magnitude.exponent - (leading - t));
  return (u128{static_cast<unsigned>(field)} << t) | (significand & ones(t));
}

Value grid_magnitude(u128 code, const Format& format) {
  const int t = trailing_bits(format);
  const auto field = static_cast<int>(code >> t);
  if (field == 0) return Value::scaled(false, code, format.quantum);
  return Value::scaled(false, (code & ones(t)) | u128{1} << t, format.quantum + field - 1);
}

std::optional<u128> encode_float(const Value& value, const Format& format) {
  if (is_unsigned_p3109(format)) {
    if (value.is_nan()) return ones(format.bits);
    return value.is_infinite() ? ones(format.bits) - 1 : grid_code(value, format);
  }
  const u128 sign = u128{1} << (format.bits - 1);
  const int t = trailing_bits(format);
  const u128 all_ones_field = ones(field_bits(format)) << t;
  if (value.is_nan()) {
    switch (format.encoding) {
      case Encoding::ieee:
        if (t == 0) return std::nullopt;  // float(e,1) has a NaN, but no pattern is left for it
        return all_ones_field | u128{1} << (t - 1);
      case Encoding::all_ones:
        return sign - 1;
      case Encoding::fnuz:
      case Encoding::p3109:
        return sign;
      default:
        return std::nullopt;
    }
  }
  u128 magnitude = 0;
  if (value.is_infinite())
    magnitude = format.encoding == Encoding::ieee ? all_ones_field : sign - 1;
  else
    magnitude = grid_code(value, format);
  return value.negative ? magnitude | sign : magnitude;
}

Value decode_float(u128 code, const Format& format) {
  if (is_unsigned_p3109(format)) {
    if (code == ones(format.bits)) return Value::nan();
    if (code == ones(format.bits) - 1 && format.has_infinity) return Value::infinity();
    return grid_magnitude(code, format);
  }
  const u128 sign = u128{1} << (format.bits - 1);
  const bool negative = (code & sign) != 0;
  const u128 magnitude = code & (sign - 1);
  const int t = trailing_bits(format);
  switch (format.encoding) {
    case Encoding::ieee: {
      const u128 all_ones_field = ones(field_bits(format)) << t;
      if (magnitude == all_ones_field) return Value::infinity(negative);
      if (magnitude > all_ones_field) return Value::nan();
      break;
    }
    case Encoding::all_ones:
      if (magnitude == sign - 1) return Value::nan();
      break;
    case Encoding::fnuz:
      if (code == sign) return Value::nan();
      break;
    case Encoding::p3109:
      if (code == sign) return Value::nan();
      if (magnitude == sign - 1 && format.has_infinity) return Value::infinity(negative);
      break;
    default:
      break;
  }
  Value value = grid_magnitude(magnitude, format);
  value.negative = negative;
  return value;
}

}  // namespace

std::optional<u128> encode(const Value& value, const Format& format) {
  if (format.bits > 128) return std::nullopt;
  switch (format.encoding) {
    case Encoding::none:
      return std::nullopt;
    case Encoding::integer: {
      if (!value.is_finite()) return std::nullopt;  // the infinities of `:inf` have no pattern
      if (value.is_zero()) return 0;
      const u128 s = value.significand << (value.exponent - format.quantum);
      return (value.negative ? 0 - s : s) & ones(format.bits);
    }
    case Encoding::place: {
      const auto members = format.list->members;
      const auto found = std::find(members.begin(), members.end(), value);
      if (found == members.end()) return std::nullopt;
      return static_cast<u128>(found - members.begin());
    }
    case Encoding::scale:
      if (value.is_nan()) return 0xff;
      return static_cast<u128>(value.exponent + 127);
    case Encoding::posit: {
      if (value.is_nan()) return u128{1} << (format.bits - 1);
      Value magnitude = value;
      magnitude.negative = false;
      const u128 code = posit_code(magnitude, format);
      return (value.negative ? 0 - code : code) & ones(format.bits);
    }
    default:
      return encode_float(value, format);
  }
}

Value decode(u128 code, const Format& format) {
  if (format.encoding == Encoding::none || format.bits > 128)
    throw UsageError(notation(format) + " has no codes; write the value");
  if ((code & ~ones(format.bits)) != 0) {
    throw UsageError("the code has more than the " + std::to_string(format.bits) + " bits of " +
                     notation(format));
  }
  const u128 sign = u128{1} << (format.bits - 1);
  switch (format.encoding) {
    case Encoding::integer: {
      const bool negative = format.layout != Layout::ufixed && (code & sign) != 0;
      const Value value =
          Value::scaled(negative, negative ? (0 - code) & ones(format.bits) : code, format.quantum);
      if (compare(value, format.lowest) < 0) {
        throw UsageError(code_text(code, format) + " is no member of " + notation(format) +
                         ", whose range is symmetric; twos has it");
      }
      return value;
    }
    case Encoding::place:
      return format.list->members[static_cast<std::size_t>(code)];
    case Encoding::scale:
      return code == 0xff ? Value::nan() : Value::scaled(false, 1, static_cast<int>(code) - 127);
    case Encoding::posit: {
      if (code == sign) return Value::nan();
      const bool negative = (code & sign) != 0;
      Value value = posit_magnitude(
          static_cast<std::uint64_t>(negative ? (0 - code) & ones(format.bits) : code), format);
      value.negative = negative;
      return value;
    }
    default:
      return decode_float(code, format);
  }
}

std::string code_text(u128 code, const Format& format) {
  std::string text = "#x";
  for (int digit = (format.bits + 3) / 4 - 1; digit >= 0; --digit) {
    text += "0123456789abcdef"[static_cast<std::size_t>(code >> (4 * digit) & 15)];
  }
  return text;
}

}  // namespace roundoff::formats
