// Formats that list their values. See list.cpp.
#pragma once

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

/// As round_small (rounding.hpp), for Layout::list.
Rounded round_list(bool negative, u128 significand, std::int64_t exponent, bool sticky, const Format& format,
                   Draw draw);

/// floor(2^64 (x-u)/(w-u)) of magnitudes u < x < w with x = significand * 2^exponent, and whether that is less than
/// the quotient.
struct Place {
  std::uint64_t fraction;
  bool sticky;
};
Place place_between(const Value& u, const Value& w, u128 significand, std::int64_t exponent);

}  // namespace roundoff::formats
