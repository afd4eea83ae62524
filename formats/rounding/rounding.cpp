// The one definition of rounding (semantics.md, section 1, with its corner rules).
//
// Flags: inexact, the result differs from the exact one. overflow, the exact result rounded as if the range
// were unbounded is out of range; saturated, and it was replaced by the largest magnitude. underflow, inexact
// and the exact result non-zero below the smallest normal magnitude (before rounding); in fixed point, a
// non-zero result that became zero.
// Choices that semantics.md leaves open: tininess is detected before rounding; a NaN operand signals nothing
// and gives NaN (relu too), or a trap; an infinite operand stays infinite where the format has infinities,
// under `sat` too, since what saturates is overflow; `sr` rounds away when 64 random bits are below
// floor(2^64 * discarded fraction).
#include "formats/rounding/rounding.hpp"

#include <cassert>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "formats/rounding/exact.hpp"
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

Value wrapped(bool negative, u128 kept, const Format& format) {
  const u128 mask = (u128{1} << format.bits) - 1;
  u128 s = (negative ? 0 - kept : kept) & mask;
  const bool below = format.layout == Layout::twos && (s >> (format.bits - 1)) != 0;
  if (below) s = (0 - s) & mask;
  return s == 0 ? Value::zero() : Value::scaled(below, s, format.quantum);
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
  }
  return false;
}

Rounded overflowed(bool negative, const Format& format, Flags flags) {
  flags |= flag_overflow | flag_inexact;
  const Value largest = negative ? format.lowest : format.highest;
  switch (format.overflow) {
    case Overflow::sat:
      return {largest, static_cast<Flags>(flags | flag_saturated)};
    case Overflow::trap:
      trap_overflow(negative ? "overflow below the range" : "overflow above the range", format);
    case Overflow::wrap:
      trap_overflow("a result too large to wrap around", format);
    case Overflow::inf:
      break;
  }
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
    if (rounds_away(format, negative, (kept & 1) != 0, split.fraction, split.sticky, draw)) ++kept;
    if (format.is_uniform() ? kept == 0 && !split.beyond : tiny) flags |= flag_underflow;
  }
  if (negative && !format.has_zero)
    return overflowed(true, format, 0);  // below the lowest member, which is positive
  const Value& bound = negative ? format.lowest : format.highest;
  if (format.overflow == Overflow::wrap) {
    if (split.beyond || above(kept, quantum, bound)) {
      return {wrapped(negative, kept, format), static_cast<Flags>(flags | flag_overflow | flag_inexact)};
    }
  } else if (split.beyond || (kept != 0 && above(kept, quantum, bound))) {
    return overflowed(negative, format, flags);
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
  const std::int64_t leading = exponent + bit_width(significand) - 1;
  const std::int64_t quantum = quantum_at(format, leading);
  const bool tiny = leading < format.quantum + format.precision - 1;
  return round_split(negative, split(significand, exponent, sticky, quantum), quantum, tiny, format, draw);
}

Rounded round_zero(bool negative, const Format& format) {
  if (!format.has_zero) return overflowed(true, format, 0);  // below the lowest member
  return {Value::zero(negative && format.has_negative_zero), 0};
}

Rounded round_infinity(bool negative, const Format& format) {
  if (format.holds_infinity()) return {Value::infinity(negative), 0};
  if (format.layout == Layout::posit)
    return {Value::nan(), flag_invalid};  // Posit Standard 2022, section 6.3
  if (format.overflow == Overflow::sat) return overflowed(negative, format, 0);
  if (format.overflow == Overflow::inf) return {Value::nan(), flag_overflow | flag_inexact};
  trap_overflow("an infinite result", format);
}

Rounded round_nan(const Format& format, const char* why, Flags flags) {
  if (format.has_nan) return {Value::nan(), flags};
  throw Trap(std::string(why) + ", and " + notation(format) + " has no NaN");
}

Rounded pole(bool negative, const Format& format) {
  switch (format.overflow) {
    case Overflow::sat:
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
  if (format.layout == Layout::posit) {  // 127 bits and a sticky one decide any posit
    const std::int64_t drop = bits - 127;
    const bool lost = static_cast<std::int64_t>(lsb(exact.significand)) < drop;
    return round_posit(exact.negative, low(Integer(exact.significand >> static_cast<unsigned>(drop))),
                       exact.exponent + drop, exact.sticky || lost, format, draw);
  }
  // The same split as above, of a big integer: what lies below the 64 bits under the quantum is one sticky
  // bit.
  const std::int64_t leading = exact.exponent + bits - 1;
  const std::int64_t quantum = quantum_at(format, leading);
  const bool tiny = leading < format.quantum + format.precision - 1;
  const std::int64_t drop = quantum - 64 - exact.exponent;
  Split parts;
  if (drop > bits) {
    parts.sticky = true;
  } else {
    const Integer scaled =
        drop >= 0 ? Integer(exact.significand >> static_cast<unsigned>(drop))
                  : Integer(exact.significand << static_cast<unsigned>(std::min<std::int64_t>(-drop, 400)));
    parts.sticky = exact.sticky || (drop > 0 && static_cast<std::int64_t>(lsb(exact.significand)) < drop);
    parts.beyond = leading - quantum >= 127;
    parts.fraction = static_cast<std::uint64_t>(scaled & Integer(~std::uint64_t{0}));
    parts.kept = low(Integer(scaled >> 64));
  }
  return round_split(exact.negative, parts, quantum, tiny, format, draw);
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
