#include "formats/lanes/float_facts.hpp"

#include <cfenv>
#include <cmath>
#include <limits>

#include "formats/error.hpp"
#include "formats/lanes/host_rounding.hpp"
#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats::lanes {
namespace {

bool is_nearest(Rounding rounding) {
  return rounding == Rounding::rne || rounding == Rounding::rna || rounding == Rounding::rnz;
}

int host_direction(Rounding rounding) {
  switch (rounding) {
    case Rounding::rne:
      return FE_TONEAREST;
    case Rounding::rup:
      return FE_UPWARD;
    case Rounding::rdn:
      return FE_DOWNWARD;
    default:
      return FE_TOWARDZERO;
  }
}

bool is_member(const Value& value, Format format) {
  if (format.overflow == Overflow::trap) format.overflow = Overflow::sat;
  return round(value, format).value == value;
}

bool overflows(double number, const Format& format) {
  try {
    return (round(Value::of(number), format).flags & flag_overflow) != 0;
  } catch (const Trap&) {
    return true;
  }
}

/// The number of T next to `limit` (a bound of the format) away from zero that overflows; `away` is +-inf.
template <class T>
T first_overflow(const Value& limit, double away, const Format& format) {
  const double bound = to_double(limit);
  const int exponent =
      limit.is_zero() ? format.quantum : leading_exponent(format.highest) - format.precision + 1;
  const double unit = std::copysign(std::ldexp(1.0, format.is_uniform() ? format.quantum : exponent), away);
  const auto next = [&](double x) {
    return static_cast<double>(std::nextafter(static_cast<T>(x), static_cast<T>(away)));
  };
  for (const double candidate : {next(bound), bound + unit / 2, next(bound + unit / 2)}) {
    if (overflows(candidate, format)) return static_cast<T>(candidate);
  }
  return static_cast<T>(bound + unit);
}

template <class T>
FloatFacts<T> derive(const Format& format) {
  using Limits = std::numeric_limits<T>;
  constexpr int q = Limits::digits;
  constexpr int m = Limits::min_exponent - 1;
  constexpr int t = m - q + 1;
  constexpr int top = Limits::max_exponent - 1;
  const int p = format.precision;
  const int k = format.quantum;
  const int e = leading_exponent(format.highest);

  FloatFacts<T> facts;
  if (!ROUNDOFF_HOST_DIRECTIONS) return facts;  // no style: by definition
  facts.rounding = format.rounding;
  facts.precision = p;
  facts.host = host_direction(format.rounding);
  facts.dropped = q - p;
  facts.negative_zero = format.has_negative_zero;
  facts.plain = format.is_plain();
  facts.symmetric = format.lowest == negated(format.highest);
  facts.nothing = format.has_negative_zero && format.rounding != Rounding::rdn ? T{-0.0} : T{0};
  facts.huge = std::ldexp(T{1}, top);
  const bool nearest = is_nearest(format.rounding);
  // P3109 with one significand bit calls a code even by its exponent, which the host does not know.
  // Where it traps, x/0 is NaN all the same; and without a sign it makes NaN of -inf.
  const bool own_rules = format.encoding == Encoding::p3109 &&
                        (p == 1 || format.overflow == Overflow::trap || !format.lowest.negative);
  if (!format.is_grid() || !format.has_zero || format.overflow == Overflow::wrap || format.is_stochastic() ||
      format.flushes || format.takes_zero || own_rules) {
    return facts;
  }
  if (is_member(Value::integer(1), format)) facts.one = 1;
  try {
    const Value pole = div(facts.one != 0 ? Value::integer(1) : format.highest, Value::zero(), format).value;
    facts.pole = static_cast<T>(to_double(pole));
  } catch (const Trap&) {
    facts.pole = Limits::infinity();
  }

  const bool ieee = format.encoding == Encoding::ieee && e == top && p > 1 &&
                    (format.overflow == Overflow::inf || format.overflow == Overflow::sat);
  if (ieee && format.overflow == Overflow::sat) {
    facts.saturates = true;
    facts.highest = static_cast<T>(to_double(format.highest));
  }
  if (ieee && p == q) {
    if (nearest ? format.rounding == Rounding::rne : format.rounding != Rounding::rod)
      facts.style = FloatStyle::native;
    return facts;
  }
  if (p > q - 2) return facts;
  if (nearest && 2 * p > q && sizeof(T) == sizeof(float)) return facts;
  const bool asks_ties = format.rounding == Rounding::rne || format.rounding == Rounding::rnz;
  const bool odd_mode = format.rounding == Rounding::rod;
  facts.sums_to_odd = odd_mode || (asks_ties && 2 * p + 1 > q);
  facts.products_to_odd = (odd_mode || asks_ties) && 2 * p > q;
  const bool is_aligned = ieee && k == t + q - p;
  // rne: x < 2^(t+2p-1) <= 2^(m-p), half the quantum, gives 0 and so does y (y = half the quantum is a tie to
  // 0). rna: ties are numbers of T there, too.
  const bool asks_tiny =
      odd_mode || format.rounding == Rounding::rnz || (format.rounding == Rounding::rne && 3 * p > q);
  if (facts.sums_to_odd || (is_aligned && asks_tiny)) facts.host = FE_TOWARDZERO;
  facts.quotients_to_odd = odd_mode || (asks_ties && facts.host == FE_TOWARDZERO && 2 * p + 2 > q);
  if (is_aligned) {
    facts.style = FloatStyle::aligned;
    facts.even = format.rounding == Rounding::rne && !facts.sums_to_odd;
    facts.lean = true;
    facts.tiny_fused = std::ldexp(T{1}, t + 2 * p);
    if (nearest || odd_mode) {
      if (asks_tiny) facts.tiny_product = std::ldexp(T{1}, t + 2 * p);
      facts.tiny_quotient = std::ldexp(T{1}, m + 1);
      facts.tiny_dividend = std::ldexp(T{1}, m + 2 * q);
    }
    return facts;
  }
  if (e + q - p + 1 > top || k - 2 < m || 2 * k < t) return facts;
  if ((facts.products_to_odd || facts.quotients_to_odd) && k - p < m) return facts;

  const auto unbounded = [&](bool negative) {
    try {
      return static_cast<T>(
          to_double(round(Value::scaled(negative, 1, e + 2 + format.precision), format).value));
    } catch (const Trap&) {
      facts.traps_overflow = true;
      return static_cast<T>(to_double(negative ? format.lowest : format.highest));
    }
  };
  facts.highest = unbounded(false);
  facts.lowest = unbounded(true);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  facts.above = first_overflow<T>(format.highest, infinity, format);
  facts.below = first_overflow<T>(format.lowest, -infinity, format);
  const bool has_infinity = is_member(Value::infinity(false), format);
  facts.keeps_infinity =
      has_infinity && (facts.highest != Limits::infinity() || facts.lowest != -Limits::infinity());
  // An infinite y may come from finite operands where the host's direction makes products or quotients
  // infinite, and those become no infinities of the format.
  const bool may_be_infinite = (format.rounding == Rounding::rup && facts.highest != Limits::infinity()) ||
                               (format.rounding == Rounding::rdn && facts.lowest != -Limits::infinity()) ||
                               nearest;
  facts.saturates = facts.keeps_infinity && may_be_infinite && (2 * (e + 1) > top || e + 1 - k > top);
  if (facts.saturates && (facts.traps_overflow || !facts.symmetric)) return facts;
  facts.traps_nan = !format.has_nan;
  facts.least = std::ldexp(T{1}, k + p - 1);
  facts.up = static_cast<typename FloatFacts<T>::Bits>(q - p) << (q - 1);
  facts.up_signed = facts.up + (typename FloatFacts<T>::Bits{1} << (q - 2));
  facts.half_down = static_cast<typename FloatFacts<T>::Bits>(p) << (q - 1);
  facts.even = format.rounding == Rounding::rne && facts.negative_zero && !facts.keeps_infinity &&
               !facts.traps_overflow && !facts.traps_nan && !facts.sums_to_odd &&
               facts.below == -facts.above && (facts.lowest == -facts.highest || std::isnan(facts.highest));
  const bool two_sided = format.rounding == Rounding::rup || format.rounding == Rounding::rdn;
  const bool mirrored =
      facts.below == -facts.above && (facts.lowest == -facts.highest || std::isnan(facts.highest));
  facts.lean = !facts.traps_overflow && (format.has_nan || !has_infinity) && facts.symmetric &&
               (mirrored || two_sided);
  facts.style = FloatStyle::magic;
  return facts;
}

}  // namespace

FloatFacts<float> float_facts_f32(const Format& format) { return derive<float>(format); }
FloatFacts<double> float_facts_f64(const Format& format) { return derive<double>(format); }

}  // namespace roundoff::formats::lanes
