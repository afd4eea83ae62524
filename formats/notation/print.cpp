// Numbers to text: exact hexadecimal, and short decimal for people.
#include <array>
#include <string>

#include "formats/notation/text.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats {
namespace {

std::string special(const Value& value) {
  if (value.is_nan()) return "nan";
  return value.negative ? "-inf" : "inf";
}

/// digits * 10^exponent in the style of %g: plain where the exponent is small, else with e.
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

}  // namespace

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
  // Six digits: floor(|x| / 10^k) of 6 digits, rounded to nearest by the next one.
  auto scaled = [&](std::int64_t k) {  // floor(10 |x| / 10^k)
    Integer above = s * 10, below = 1;
    if (k >= 0)
      below *= pow(Integer(10), static_cast<unsigned>(k));
    else
      above *= pow(Integer(10), static_cast<unsigned>(-k));
    if (e >= 0)
      above <<= static_cast<unsigned>(e);
    else
      below <<= static_cast<unsigned>(-e);
    return Integer(above / below);
  };
  const std::int64_t leading = leading_exponent(value);
  std::int64_t k =
      (leading >= 0 ? leading * 30103 / 100000 : -(-leading * 30103 / 100000) - 1) - 5;  // within one
  Integer digits = scaled(k);
  while (digits >= 10000000) digits = scaled(++k);
  while (digits < 1000000) digits = scaled(--k);
  return sign + styled(Integer((digits + 5) / 10).str(), k);
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
