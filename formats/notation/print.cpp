// Numbers to text: exact hexadecimal, and short decimal for people.
#include <array>
#include <cstdlib>
#include <string>

#include "formats/notation/digits.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats {
namespace {

std::string special(const Value& value) {
  if (value.is_nan()) return "nan";
  return value.negative ? "-inf" : "inf";
}

}  // namespace

std::string styled(std::string digits, std::int64_t exponent) {
  while (digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  const auto count = static_cast<std::int64_t>(digits.size());
  const std::int64_t leading = count - 1 + exponent;
  if (leading < -5 || leading > 11) {
    if (count > 1) digits.insert(1, ".");
    return digits + "e" + std::to_string(leading);
  }
  if (exponent >= 0) return digits + std::string(static_cast<std::size_t>(exponent), '0');
  if (leading >= 0) return digits.insert(static_cast<std::size_t>(leading + 1), ".");
  return "0." + std::string(static_cast<std::size_t>(-leading - 1), '0') + digits;
}

Scaled scaled_by_ten(const Integer& numerator, const Integer& denominator, std::int64_t exponent,
                     std::int64_t tens) {
  Integer above = numerator, below = denominator;
  (tens >= 0 ? above : below) *= pow(Integer(10), static_cast<unsigned>(std::abs(tens)));
  (exponent >= 0 ? above : below) <<= static_cast<unsigned>(std::abs(exponent));
  Scaled result;
  Integer remainder;
  divide_qr(above, below, result.whole, remainder);
  result.exact = remainder == 0;
  return result;
}

std::int64_t leading_ten(const Integer& numerator, const Integer& denominator, std::int64_t exponent) {
  const std::int64_t leading =  // of two, or one more than it
      static_cast<std::int64_t>(msb(numerator)) - static_cast<std::int64_t>(msb(denominator)) + exponent;
  std::int64_t ten = leading >= 0 ? leading * 30103 / 100000 : -(-leading * 30103 / 100000) - 1;
  while (scaled_by_ten(numerator, denominator, exponent, -ten).whole >= 10) ++ten;
  while (scaled_by_ten(numerator, denominator, exponent, -ten).whole == 0) --ten;
  return ten;
}

std::string hex(const Value& value) {
  if (!value.is_finite()) return special(value);
  const std::string sign = value.negative ? "-" : "";
  if (value.is_zero()) return sign + "0x0p+0";
  const int leading = leading_exponent(value);
  u128 fraction = value.significand << (128 - bit_width(value.significand)) << 1;  // below the leading bit
  std::string text = sign + "0x1";
  if (fraction != 0) text += ".";
  for (; fraction != 0; fraction <<= 4) text += "0123456789abcdef"[static_cast<std::size_t>(fraction >> 124)];
  return text + (leading < 0 ? "p" : "p+") + std::to_string(leading);
}

std::string decimal(const Value& value) {
  if (!value.is_finite()) return special(value);
  const std::string sign = value.negative ? "-" : "";
  if (value.is_zero()) return sign + "0";
  // The exact decimal: s * 2^e = s * 5^-e * 10^e for e < 0.
  const std::int64_t e = value.exponent;
  const Integer s = to_integer(value.significand);
  if (e > -64 && e < 64) {
    const std::string digits = Integer(e < 0 ? Integer(s * pow(Integer(5), static_cast<unsigned>(-e)))
                                             : Integer(s << static_cast<unsigned>(e)))
                                   .str();
    if (std::string text = styled(digits, e < 0 ? e : 0); text.size() <= 12) return sign + text;
  }
  // Six digits, rounded to nearest by the next one.
  const std::int64_t tens = 6 - leading_ten(s, 1, e);
  const Integer digits = (scaled_by_ten(s, 1, e, tens).whole + 5) / 10;
  return sign + styled(digits.str(), 1 - tens);
}

std::string describe(Flags flags) {
  constexpr std::array<const char*, 6> names = {"inexact", "overflow", "underflow",
                                                "invalid", "divzero",  "saturated"};
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if ((flags >> i & 1) != 0) text += (text.empty() ? "" : ",") + std::string(names[i]);
  }
  return text.empty() ? "-" : text;
}

}  // namespace roundoff::formats
