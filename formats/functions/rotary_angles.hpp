// Cosines and sines of rotary angles, rounded once: an angle in radians, or a fraction of a turn, which no
// dyadic number of radians is. MPFR's cosu and sinu (x, u) give cos and sin of 2 pi x / u correctly rounded.
#pragma once

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

struct Angle {
  Value position;  ///< radians, or positions along a period
  Value period;    ///< positions in a turn; zero: `position` is in radians
};

/// rnd(cos(angle)) and rnd(sin(angle)). UsageError for a period that is not positive, or an angle beyond
/// 2^64 or with more than 512 bits between its ends.
Rounded cosine(const Angle& angle, const Format& format, Draw draw = {});
Rounded sine(const Angle& angle, const Format& format, Draw draw = {});

/// position * factor + shift, exactly, where it has at most 120 significant bits; UsageError otherwise.
Value scaled_sum(std::int64_t position, const Value& factor, const Value& shift);

}  // namespace roundoff::formats
