// Between text and exact numbers: what parsing and printing share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/rounding/exact.hpp"

namespace roundoff::formats {

/// numerator / denominator * 2^exponent, or a special.
struct Written {
  bool negative = false;
  Kind kind = Kind::finite;
  Integer numerator = 0, denominator = 1;
  std::int64_t exponent = 0;
};

/// A decimal, fraction, hexadecimal float, inf or nan. UsageError naming the text. Exponents beyond every format are
/// clamped.
Written read_written(std::string_view text);

/// digits * 10^exponent in the style of %g: plain where the exponent is small, else with e.
std::string styled(std::string digits, std::int64_t exponent);

/// floor(numerator / denominator * 2^exponent * 10^tens), all positive but the exponents, and whether that is exact.
struct Scaled {
  Integer whole;
  bool exact;
};
Scaled scaled_by_ten(const Integer& numerator, const Integer& denominator, std::int64_t exponent,
                     std::int64_t tens);
/// The power of ten of the leading digit of a positive number.
std::int64_t leading_ten(const Integer& numerator, const Integer& denominator, std::int64_t exponent);

}  // namespace roundoff::formats
