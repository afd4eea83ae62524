// The inside of `round`: one decision for every format. An exact magnitude is split at the quantum of its
// neighbourhood into a kept integer and a discarded fraction; one boolean (away from zero or not) decides;
// then overflow is settled. Whatever delivers the exact magnitude (128-bit integers, big integers, MPFR
// enclosures) ends here.
#pragma once

#include <cstdint>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

/// A magnitude (kept + (fraction + sticky * t) * 2^-64) * 2^quantum, 0 < t < 1, next to whose `kept` all
/// neighbouring members differ by 2^quantum. Where the magnitude is so large that it lies beyond every
/// format, kept holds its lowest 128 bits only (which is what `wrap` wants) and `beyond` is set.
struct Split {
  u128 kept = 0;
  std::uint64_t fraction = 0;
  bool sticky = false;
  bool beyond = false;
};

/// (significand + sticky * t) * 2^exponent split at `quantum`.
Split split(u128 significand, std::int64_t exponent, bool sticky, std::int64_t quantum);

/// The step of a grid format's members around 2^leading <= x < 2^(leading+1).
std::int64_t quantum_at(const Format& format, std::int64_t leading);

/// Rounds the non-zero (-1)^negative * (significand + sticky * t) * 2^exponent; `sticky` as in Exact.
Rounded round_small(bool negative, u128 significand, std::int64_t exponent, bool sticky, const Format& format,
                    Draw draw);

/// Rounds a split non-zero magnitude, `tiny` when it is below the smallest normal number.
Rounded round_split(bool negative, const Split& split, std::int64_t quantum, bool tiny, const Format& format,
                    Draw draw);

/// Away from zero or not. `odd`: the member next towards zero has an odd significand.
bool rounds_away(const Format& format, bool negative, bool odd, std::uint64_t fraction, bool sticky,
                 Draw draw);

/// What becomes of a finite result beyond the range, where `flags` is what is known already. Throws Trap.
/// (`wrap` is settled before, from the integer.)
Rounded overflowed(bool negative, const Format& format, Flags flags);

/// The operand as an operation takes it: under `daz` a subnormal number counts as a zero of its sign.
Value taken(const Value& operand, const Format& format);

/// An exact zero, infinity, or NaN as a result.
Rounded round_zero(bool negative, const Format& format);
Rounded round_infinity(bool negative, const Format& format);
Rounded round_nan(const Format& format, const char* why, Flags flags);
/// x/0 and its like: an infinity that arises exactly from finite operands (semantics.md, section 1, "x/0").
Rounded pole(bool negative, const Format& format);

}  // namespace roundoff::formats
