// What is worth knowing about a format, derived from its record: for descriptions.
#pragma once

#include <optional>
#include <string>

#include "formats/format.hpp"

namespace roundoff::formats {

struct FormatFacts {
  std::optional<Value> min_normal;     ///< the smallest positive normal number, where there are exponents
  std::optional<Value> max_subnormal;  ///< the largest subnormal one, where there are any
  Value smallest;                      ///< the smallest positive number
  std::optional<Value> epsilon;        ///< from 1 to the next number, where 1 is a member
  std::optional<int> exponent_min, exponent_max;  ///< of normal numbers, 2^e <= x < 2^(e+1)
  std::optional<int> bias;             ///< of an exponent field
  std::string numbers;                 ///< how many finite numbers there are, 0 counted once
  std::string codes;                   ///< bit patterns, "" where there are none
  int infinities = 0;
  std::string nan_codes;               ///< `#x7f #xff`, `#x7c01..#x7fff #xfc01..#xffff`, "" where there are none
};

FormatFacts facts_of(const Format& format);

}  // namespace roundoff::formats
