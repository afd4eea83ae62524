// The one definition of rounding (semantics.md, section 1, with its corner rules).
//
// Flags: inexact, the result differs from the exact one. overflow, the exact result rounded as if the range
// were unbounded is out of range; saturated, and it was replaced by the largest magnitude. underflow, inexact
// and the exact result non-zero below the smallest normal magnitude (before rounding; under `tininess_after` the
// result rounded as if exponents had no end); in fixed point, a non-zero result that became zero.
// A NaN operand signals nothing and gives NaN (relu too), or a trap. An infinite operand stays infinite where the
// format has infinities, under `sat` too, since what saturates is overflow; `satfinite` makes it the largest
// magnitude. `sr` rounds away when 64 random bits are below floor(2^64 * discarded fraction). `ftz` makes a zero of
// its sign of what is tiny in the sense of the underflow flag, and flags it.
#include "formats/rounding/rounding.hpp"

#include <cassert>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "formats/rounding/exact.hpp"
#include "formats/rounding/list.hpp"
#include "formats/rounding/posit.hpp"

namespace roundoff::formats {
namespace {

[[noreturn]] void trap_overflow(const char* what, const Format& format) {
  throw Trap(std::string(what) + " in " + notation(format) + ": the range is " + decimal(format.lowest) +
             " to " + decimal(format.highest));
}

/// Whether kept * 2^quantum is above the finite magnitude of `bound`.
bool above(u128 kept, std::int64_t quantum, const Value& bound) {
  if (bound.is_zero()) return kept != 0;
  const std::int64_t leading = quantum + bit_width(kept) - 1;
  const int limit = leading_exponent(bound);
  if (leading != limit) return leading > limit;
  return kept << (128 - bit_width(kept)) > bound.significand << (128 - bit_width(bound.significand));
}

/// P3109's stochastic rounding by N = format.random_bits random bits R, the top ones of the draw, where nu is the
/// fraction: A: floor(nu 2^N) + R >= 2^N; B: floor(nu 2^(N+1)) + 2R + 1 >= 2^(N+1); C: nu 2^N rounded to the
/// nearest integer, ties to even, + R >= 2^N.
bool rounds_away_by_bits(const Format& format, std::uint64_t fraction, bool sticky, Draw draw) {
  const int n = format.random_bits;  // 1 to 62
  const std::uint64_t r = random_bits(format.seed, draw.place, draw.index) >> (64 - n);
  if (format.rounding == Rounding::srb) {
    return (fraction >> (63 - n)) + 2 * r + 1 >= std::uint64_t{1} << (n + 1);
  }
  std::uint64_t units = fraction >> (64 - n);
  if (format.rounding == Rounding::src) {
    const std::uint64_t rest = fraction << n;
    constexpr std::uint64_t half = std::uint64_t{1} << 63;
    if (rest > half || (rest == half && (sticky || (units & 1) != 0))) ++units;
  }
  return units + r >= std::uint64_t{1} << n;
}

Value wrapped(bool negative, u128 kept, const Format& format) {
  const u128 mask = (u128{1} << format.bits) - 1;
  u128 s = (negative ? 0 - kept : kept) & mask;
  const bool below = format.layout == Layout::twos && (s >> (format.bits - 1)) != 0;
  if (below) s = (0 - s) & mask;
  return s == 0 ? Value::zero() : Value::scaled(below, s, format.quantum);
}

/// e8m0, which holds scales: neither a zero nor a negative number is near to any member.
[[noreturn]] void trap_no_scale(const Format& format, const char* what) {
  throw Trap(std::string(what) + ", and " + notation(format) + " has positive powers of two only, from " +
             hex(format.lowest) + " to " + hex(format.highest));
}

/// Beyond the range of a P3109 format without saturation (its OvfInf). To odd is odd in codes: that of the highest
/// number is odd in unsigned extended formats alone.
Rounded beyond_p3109(bool negative, const Format& format, Flags flags) {
  const bool is_unsigned = !format.lowest.negative;
  const Rounding r = format.rounding;
  const bool inwards = r == Rounding::rtz || r == (negative ? Rounding::rup : Rounding::rdn) ||
                       (r == Rounding::rod && !negative && is_unsigned);
  const bool clamps = inwards || !format.has_infinity;
  if (negative && is_unsigned && !inwards) return {Value::nan(), flags};
  if (!clamps) return {Value::infinity(negative), flags};
  return {negative ? format.lowest : format.highest, static_cast<Flags>(flags | flag_saturated)};
}

/// Whether the member kept * 2^quantum is odd: by its significand, or, in P3109 with one bit, by its code.
bool is_odd(u128 kept, std::int64_t quantum, const Format& format) {
  if (format.encoding == Encoding::p3109 && format.precision == 1)
    return kept != 0 && ((quantum - format.quantum + 1) & 1) != 0;
  return (kept & 1) != 0;
}

/// Whether a magnitude with this leading exponent counts as tiny; split_at(q) splits it at the quantum q.
template <class SplitAt>
bool is_tiny(const Format& format, bool negative, std::int64_t leading, Draw draw, SplitAt split_at) {
  const std::int64_t normal = format.quantum + format.precision - 1;
  if (leading >= normal) return false;
  if (!format.tiny_after || leading < normal - 1) return true;
  const std::int64_t finer = format.quantum - 1;  // as if there were one more binade
  const Split parts = split_at(finer);
  const bool away = rounds_away(format, negative, is_odd(parts.kept, finer, format), parts.fraction,
                                parts.sticky, draw);
  return parts.kept + (away ? 1 : 0) < u128{1} << format.precision;
}

}  // namespace

Split split(u128 significand, std::int64_t exponent, bool sticky, std::int64_t quantum) {
  const std::int64_t drop = quantum - exponent;
  if (drop <= 0) {
    const bool fits = bit_width(significand) - drop <= 127;
    return {drop > -128 ? significand << -drop : 0, 0, sticky, !fits};
  }
  auto below = [&](std::int64_t bits) {
    return bits >= 128 ? significand : significand & ((u128{1} << bits) - 1);
  };
  auto shifted = [&](std::int64_t bits) { return bits >= 128 ? u128{0} : significand >> bits; };
  if (drop <= 64) {
    return {shifted(drop), static_cast<std::uint64_t>(below(drop) << (64 - drop)), sticky, false};
  }
  const auto fraction = static_cast<std::uint64_t>(shifted(drop - 64) & ~std::uint64_t{0});
  return {shifted(drop), fraction, sticky || below(drop - 64) != 0, false};
}

std::int64_t quantum_at(const Format& format, std::int64_t leading) {
  return format.is_uniform() ? format.quantum
                             : std::max<std::int64_t>(format.quantum, leading - format.precision + 1);
}

bool rounds_away(const Format& format, bool negative, bool odd, std::uint64_t fraction, bool sticky,
                 Draw draw) {
  constexpr std::uint64_t half = std::uint64_t{1} << 63;
  if (fraction == 0 && !sticky) return false;
  const bool tie = fraction == half && !sticky;
  const bool over = fraction > half || (fraction == half && sticky);
  switch (format.rounding) {
    case Rounding::rne:
      return over || (tie && odd);
    case Rounding::rna:
      return over || tie;
    case Rounding::rnz:
      return over;
    case Rounding::rtz:
      return false;
    case Rounding::rup:
      return !negative;
    case Rounding::rdn:
      return negative;
    case Rounding::rod:
      return !odd;
    case Rounding::sr:
      return random_bits(format.seed, draw.place, draw.index) < fraction;
    case Rounding::sra:
    case Rounding::srb:
    case Rounding::src:
      return rounds_away_by_bits(format, fraction, sticky, draw);
  }
  return false;
}

Rounded overflowed(bool negative, const Format& format, Flags flags) {
  flags |= flag_overflow | flag_inexact;
  const Value largest = negative ? format.lowest : format.highest;
  switch (format.overflow) {
    case Overflow::sat:
    case Overflow::satfinite:
      return {largest, static_cast<Flags>(flags | flag_saturated)};
    case Overflow::trap:
      trap_overflow(negative ? "overflow below the range" : "overflow above the range", format);
    case Overflow::wrap:
      trap_overflow("a result too large to wrap around", format);
    case Overflow::inf:
      break;
  }
  if (format.encoding == Encoding::p3109) return beyond_p3109(negative, format, flags);
  switch (format.rounding) {
    case Rounding::rtz:
    case Rounding::rod:
      return {largest, flags};
    case Rounding::rup:
      if (negative) return {largest, flags};
      break;
    case Rounding::rdn:
      if (!negative) return {largest, flags};
      break;
    default:
      break;
  }
  if (format.holds_infinity()) return {Value::infinity(negative), flags};
  return {Value::nan(), flags};  // parsing refuses `:inf` where neither exists
}

Rounded round_split(bool negative, const Split& split, std::int64_t quantum, bool tiny, const Format& format,
                    Draw draw) {
  u128 kept = split.kept;
  Flags flags = 0;
  if (split.fraction != 0 || split.sticky) {
    flags |= flag_inexact;
    if (rounds_away(format, negative, is_odd(kept, quantum, format), split.fraction, split.sticky, draw)) ++kept;
    if (format.is_uniform() ? kept == 0 && !split.beyond : tiny) flags |= flag_underflow;
  }
  if (negative && !format.has_zero) trap_no_scale(format, "a negative number");
  if (format.flushes && tiny) {
    Rounded zero = round_zero(negative, format);
    zero.flags = flag_inexact | flag_underflow;
    return zero;
  }
  const Value& bound = negative ? format.lowest : format.highest;
  if (format.overflow == Overflow::wrap) {
    if (split.beyond || above(kept, quantum, bound)) {
      return {wrapped(negative, kept, format), static_cast<Flags>(flags | flag_overflow | flag_inexact)};
    }
  } else if (split.beyond || (kept != 0 && above(kept, quantum, bound))) {
    return overflowed(negative, format, flags & flag_inexact);  // below an unsigned range may be tiny, too
  }
  if (kept == 0 && !format.has_zero && !negative) {  // a positive number is at least the smallest one
    return {format.lowest, static_cast<Flags>(flags | flag_inexact | flag_underflow)};
  }
  if (kept == 0) {
    Rounded zero = round_zero(negative, format);
    zero.flags |= flags;
    return zero;
  }
  return {Value::scaled(negative, kept, quantum), flags};
}

Rounded round_small(bool negative, u128 significand, std::int64_t exponent, bool sticky, const Format& format,
                    Draw draw) {
  assert(significand != 0);
  if (format.layout == Layout::posit)
    return round_posit(negative, significand, exponent, sticky, format, draw);
  if (format.layout == Layout::list)
    return round_list(negative, significand, exponent, sticky, format, draw);
  const std::int64_t leading = exponent + bit_width(significand) - 1;
  const std::int64_t quantum = quantum_at(format, leading);
  const auto split_at = [&](std::int64_t q) { return split(significand, exponent, sticky, q); };
  const bool tiny = is_tiny(format, negative, leading, draw, split_at);
  return round_split(negative, split_at(quantum), quantum, tiny, format, draw);
}

Value taken(const Value& operand, const Format& format) {
  if (!format.takes_zero || operand.kind != Kind::finite) return operand;
  return leading_exponent(operand) < format.quantum + format.precision - 1 ? Value::zero(operand.negative)
                                                                           : operand;
}

Rounded round_zero(bool negative, const Format& format) {
  if (!format.has_zero) trap_no_scale(format, "a zero");
  return {Value::zero(negative && format.has_negative_zero), 0};
}

Rounded round_infinity(bool negative, const Format& format) {
  if (format.layout == Layout::posit)
    return {Value::nan(), flag_invalid};  // Posit Standard 2022, section 6.3
  if (negative && !format.has_zero) trap_no_scale(format, "-inf");
  const bool member = format.holds_infinity() && !(negative && format.encoding == Encoding::p3109 &&
                                                   !format.lowest.negative);
  if (member && format.overflow != Overflow::satfinite) return {Value::infinity(negative), 0};
  if (format.saturates()) return overflowed(negative, format, 0);
  if (format.overflow == Overflow::inf) {
    if (format.encoding == Encoding::p3109 && (format.lowest.negative || !negative))  // has no infinities
      return {negative ? format.lowest : format.highest, flag_overflow | flag_inexact | flag_saturated};
    return {Value::nan(), flag_overflow | flag_inexact};
  }
  trap_overflow("an infinite result", format);
}

Rounded round_nan(const Format& format, const char* why, Flags flags) {
  if (format.has_nan) return {Value::nan(), flags};
  throw Trap(std::string(why) + ", and " + notation(format) + " has no NaN");
}

Rounded pole(bool negative, const Format& format) {
  if (format.poles_are_nan()) return {Value::nan(), flag_divzero};
  switch (format.overflow) {
    case Overflow::sat:
    case Overflow::satfinite:
      return {negative ? format.lowest : format.highest, flag_divzero | flag_saturated};
    case Overflow::inf:
      if (format.holds_infinity()) return {Value::infinity(negative), flag_divzero};
      return {Value::nan(), flag_divzero};
    case Overflow::wrap:
    case Overflow::trap:
      break;
  }
  throw Trap("an infinite result from finite operands, which " + notation(format) + " does not have");
}

Rounded round(const Exact& exact, const Format& format, Draw draw) {
  if (exact.kind == Kind::nan) return round_nan(format, "the result is not a number", 0);
  if (exact.kind == Kind::infinity) return round_infinity(exact.negative, format);
  if (exact.significand == 0) return round_zero(exact.negative, format);
  const auto low = [](const Integer& x) {  // the lowest 128 bits
    const Integer mask = ~std::uint64_t{0};
    return u128{static_cast<std::uint64_t>(x & mask)} | u128{static_cast<std::uint64_t>((x >> 64) & mask)}
                                                            << 64;
  };
  const auto bits = static_cast<std::int64_t>(msb(exact.significand)) + 1;
  if (bits <= 128)
    return round_small(exact.negative, low(exact.significand), exact.exponent, exact.sticky, format, draw);
  if (!format.is_grid()) {  // 127 bits and a sticky one decide any posit, and any member of a list
    const std::int64_t drop = bits - 127;
    const bool lost = static_cast<std::int64_t>(lsb(exact.significand)) < drop;
    const u128 top = low(Integer(exact.significand >> static_cast<unsigned>(drop)));
    return round_small(exact.negative, top, exact.exponent + drop, exact.sticky || lost, format, draw);
  }
  // The same split as above, of a big integer: what lies below the 64 bits under the quantum is one sticky
  // bit.
  const std::int64_t leading = exact.exponent + bits - 1;
  const std::int64_t quantum = quantum_at(format, leading);
  const auto split_at = [&](std::int64_t q) {
    const std::int64_t drop = q - 64 - exact.exponent;
    Split parts;
    if (drop > bits) {
      parts.sticky = true;
    } else {
      const Integer scaled =
          drop >= 0 ? Integer(exact.significand >> static_cast<unsigned>(drop))
                    : Integer(exact.significand << static_cast<unsigned>(std::min<std::int64_t>(-drop, 400)));
      parts.sticky = exact.sticky || (drop > 0 && static_cast<std::int64_t>(lsb(exact.significand)) < drop);
      parts.beyond = leading - q >= 127;
      parts.fraction = static_cast<std::uint64_t>(scaled & Integer(~std::uint64_t{0}));
      parts.kept = low(Integer(scaled >> 64));
    }
    return parts;
  };
  const bool tiny = is_tiny(format, exact.negative, leading, draw, split_at);
  return round_split(exact.negative, split_at(quantum), quantum, tiny, format, draw);
}

Rounded round(const Value& value, const Format& format, Draw draw) {
  switch (value.kind) {
    case Kind::nan:
      return round_nan(format, "the operand is not a number", 0);
    case Kind::infinity:
      return round_infinity(value.negative, format);
    case Kind::zero:
      return round_zero(value.negative, format);
    case Kind::finite:
      break;
  }
  return round_small(value.negative, value.significand, value.exponent, false, format, draw);
}

}  // namespace roundoff::formats
