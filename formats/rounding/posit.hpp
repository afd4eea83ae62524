// Posits: tapered precision, so that rounding works on the bit string and not on a grid. See posit.cpp.
#pragma once

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

/// Rounds the non-zero (-1)^negative * (significand + sticky * t) * 2^exponent; sticky only with 126 bits or
/// more.
Rounded round_posit(bool negative, u128 significand, std::int64_t exponent, bool sticky, const Format& format,
                    Draw draw);

/// The magnitude whose n-1 bits after the sign are `code`; zero for 0.
Value posit_magnitude(std::uint64_t code, const Format& format);
/// The inverse, for members.
std::uint64_t posit_code(const Value& magnitude, const Format& format);

}  // namespace roundoff::formats
