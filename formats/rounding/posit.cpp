// Rounding and codes of posits. After the sign, a posit's n-1 bits are a run that says k (k+1 ones and a
// zero, or -k zeros and a one), es bits that say e, and the fraction: 2^(k * 2^es + e) * 1.fraction; what is
// cut off counts as zeros.
//
// Nearest rounding cuts the infinite bit string of |x| after n-1 bits, so that the midpoint between two
// neighbours is the posit of n+1 bits between them (not their mean, where the cut falls into the run or into
// e); it never gives 0 for x != 0 and never leaves the range (`sat`). The other modes go by values: directed
// modes and `rod`, which the standard does not have, take a neighbour (0 is a neighbour of minpos), `sr` goes by the distance to the neighbours.
// Source: Posit Working Group, Standard for Posit Arithmetic (2022),
// sections 3 and 4.
#include "formats/rounding/posit.hpp"

#include <algorithm>
#include <cassert>

#include "formats/rounding/list.hpp"
#include "formats/rounding/rounding.hpp"

namespace roundoff::formats {
Value posit_magnitude(std::uint64_t code, const Format& format) {
  if (code == 0) return Value::zero();
  const int length = format.first - 1, es = format.second;
  auto bit = [&](int i) { return i < length ? static_cast<int>(code >> (length - 1 - i)) & 1 : 0; };
  int run = 1;
  while (run < length && bit(run) == bit(0)) ++run;
  const std::int64_t k = bit(0) != 0 ? run - 1 : -run;
  int at = run + 1;
  std::int64_t e = 0;
  for (int i = 0; i < es; ++i) e = 2 * e + bit(at++);
  u128 significand = 1;
  std::int64_t exponent = (k << es) + e;
  for (; at < length; ++at, --exponent) significand = significand << 1 | static_cast<unsigned>(bit(at));
  return Value::scaled(false, significand, exponent);
}

std::uint64_t posit_code(const Value& magnitude, const Format& format) {
  if (magnitude.is_zero()) return 0;
  // Codes are in the order of their values.
  std::uint64_t low = 1, high = (std::uint64_t{1} << (format.first - 1)) - 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (compare(posit_magnitude(middle, format), magnitude) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

Rounded round_posit(bool negative, u128 significand, std::int64_t exponent, bool sticky, const Format& format,
                    Draw draw) {
  const int length = format.first - 1, es = format.second;
  if (const int drop = bit_width(significand) - 100; drop > 0) {  // es + 100 bits of tail fit in 128
    sticky = sticky || (significand & ((u128{1} << drop) - 1)) != 0;
    significand >>= drop;
    exponent += drop;
  }
  const int width = bit_width(significand);
  const std::int64_t leading = exponent + width - 1;
  const std::int64_t top = leading_exponent(format.highest);
  const bool power = (significand & (significand - 1)) == 0 && !sticky;
  if (leading > top || (leading == top && !power)) return overflowed(negative, format, 0);

  auto result = [&](std::uint64_t code, Flags flags) {
    Value value = posit_magnitude(code, format);
    if (!value.is_zero()) value.negative = negative;
    return Rounded{value, flags};
  };
  const Format& f = format;
  const bool nearest =
      f.rounding == Rounding::rne || f.rounding == Rounding::rna || f.rounding == Rounding::rnz;
  if (leading < -top) {
    const std::uint64_t fraction = split(significand, exponent, sticky, -top).fraction;
    const bool away = nearest || rounds_away(f, negative, false, fraction, true, draw);
    return result(away ? 1 : 0, flag_inexact | flag_underflow);
  }
  const std::int64_t k = leading >> es;
  const auto e = static_cast<std::uint64_t>(leading - (k << es));
  const int run = static_cast<int>(k >= 0 ? k + 2 : -k + 1);  // with its closing bit
  std::uint64_t code = k >= 0 ? (std::uint64_t{1} << run) - 2 : 1;
  const int room = length - run;
  const u128 tail = u128{e} << (width - 1) | (significand & ((u128{1} << (width - 1)) - 1));
  if (room < 0) {  // only maxpos, whose run has no closing bit
    assert(room == -1 && tail == 0 && !sticky);
    return result((std::uint64_t{1} << length) - 1, 0);
  }
  const Split parts = split(tail, -(es + width - 1), sticky, -room);
  code = code << room | static_cast<std::uint64_t>(parts.kept);
  if (parts.fraction == 0 && !parts.sticky) return result(code, 0);
  Place place{parts.fraction, parts.sticky};
  if (f.is_stochastic()) {
    place = place_between(posit_magnitude(code, f), posit_magnitude(code + 1, f), significand, exponent);
    place.sticky = place.sticky || sticky;
  }
  const bool away = rounds_away(f, negative, (code & 1) != 0, place.fraction, place.sticky, draw);
  return result(code + (away ? 1 : 0), flag_inexact);
}

}  // namespace roundoff::formats
