// Numbers y of T (float, double) rounded to a format, on vectors. Every rounding is stated once for each of
// the two ways of float_facts.hpp, in `Grid` (c is added and taken off again) and in `Pattern` (the last bits
// are dropped); what else there is puts the two to use: with the mode known when it is compiled, for the
// loops of float_reductions-inl.hpp, or chosen at run time, for single operations.
//
// y comes from the exact result x by the host's direction, or taken to odd. While the host rounds towards
// zero (all modes but rup, rdn, and rne where `nearest` says so), y = RZ(x), and
// rna: x >= a tie exactly where RZ(x) is, since ties are numbers of T: half a quantum is added to |y|, which
// is truncated.
// rnz: the same of the number of T before |y|, |y| (1 - 2^-q) truncated. Wrong only where y is a tie and x
//   beyond it: not for 2p+1 <= q (float_facts.hpp), nor when y is taken to odd.
// rne: the same as rna; if |y| plus half a quantum is on the grid, it was a tie, and the last bit that stays
//   is cleared. (The addition may truncate when it passes a power of two; this one is even on the grid
//   below.) Wrong where rnz is.
// rod: |y| truncated, and the last bit that stays set where that lost anything; y to odd where x can differ.
#if defined(ROUNDOFF_LANES_FLOAT_ROUNDING_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROUNDOFF_LANES_FLOAT_ROUNDING_INL
#undef ROUNDOFF_LANES_FLOAT_ROUNDING_INL
#else
#define ROUNDOFF_LANES_FLOAT_ROUNDING_INL
#endif

#include <cfenv>
#include <limits>

#include "formats/lanes/float_facts.hpp"
#include "formats/lanes/loops-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::formats::lanes::HWY_NAMESPACE {

template <class T>
struct FloatVectors {
  using D = hn::ScalableTag<T>;
  using DU = hn::RebindToUnsigned<D>;
  using V = hn::Vec<D>;
  using U = hn::Vec<DU>;
  using M = hn::Mask<D>;
  using Bits = hn::TFromD<DU>;

  static HWY_INLINE V set(T number) { return hn::Set(D(), number); }
  static HWY_INLINE U set_bits(Bits bits) { return hn::Set(DU(), bits); }
  static HWY_INLINE U bits(V v) { return hn::BitCast(DU(), v); }
  static HWY_INLINE V number(U u) { return hn::BitCast(D(), u); }
  static constexpr int fraction_bits = std::numeric_limits<T>::digits - 1;
  static constexpr Bits exponent_mask = ~Bits{0} << (fraction_bits + 1) >> 1;

  /// Neither equal nor NaN.
  static HWY_INLINE M differ(V a, V b) {
#if HWY_TARGET <= HWY_AVX2
    return hn::Ne(a, b);
#else
    return hn::Or(hn::Lt(a, b), hn::Gt(a, b));  // Ne is true for NaN
#endif
  }
  /// y with its last bit set where it is inexact.
  static HWY_INLINE V marked(V y, M inexact) {
    return hn::Or(y, hn::IfThenElseZero(inexact, number(set_bits(1))));
  }
};

/// What is done with numbers on either side of zero at once.
constexpr bool by_sign(Rounding mode) { return mode == Rounding::rup || mode == Rounding::rdn; }

/// Rounding by c.
template <class T>
class Grid : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::U, typename Base::M;

 public:
  explicit HWY_INLINE Grid(const FloatFacts<T>& f)
      : least_(Base::set(f.least)),
        exponent_(Base::set_bits(Base::exponent_mask)),
        up_(Base::set_bits(by_sign(f.rounding) ? f.up_signed : f.up)),
        half_down_(Base::set_bits(f.half_down)) {}

  /// v on the format's grid, as if the format had no largest number. v is |y|, and for rup and rdn it is y;
  /// a sum (of members) is a multiple of the quantum already.
  template <Rounding mode, bool nearest, bool sum>
  HWY_INLINE V rounded(V v) const {
    U power = hn::And(Base::bits(v), exponent_);
    if constexpr (!sum) power = Base::bits(hn::Max(Base::number(power), least_));
    const V c = Base::number(hn::Add(power, up_));
    if constexpr (by_sign(mode)) {
      return hn::CopySign(hn::Sub(hn::Add(v, c), c), v);
    } else if constexpr (mode == Rounding::rtz || (mode == Rounding::rne && nearest)) {
      return hn::Sub(hn::Add(v, c), c);
    } else if constexpr (mode == Rounding::rod) {
      const V truncated = hn::Add(v, c);
      return hn::Sub(Base::marked(truncated, Base::differ(hn::Sub(truncated, c), v)), c);
    } else {
      V moved = v;
      if constexpr (mode == Rounding::rnz) {
        moved = hn::Mul(v, Base::set(T{1} - std::numeric_limits<T>::epsilon() / 2));
      }
      moved = hn::Add(moved, Base::number(hn::Sub(power, half_down_)));
      const V truncated = hn::Add(moved, c);
      const V result = hn::Sub(truncated, c);
      if constexpr (mode != Rounding::rne) return result;
      const V even = hn::AndNot(Base::number(Base::set_bits(1)), truncated);
      return hn::IfThenElse(hn::Eq(result, moved), hn::Sub(even, c), result);
    }
  }

 private:
  V least_;
  U exponent_, up_, half_down_;
};

/// Rounding by dropping the last q - p bits of the pattern.
template <class T>
class Pattern : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::U;

 public:
  explicit HWY_INLINE Pattern(const FloatFacts<T>& f)
      : dropped_(f.dropped),
        mask_(Base::set_bits((typename Base::Bits{1} << f.dropped) - 1)),
        half_(Base::set_bits(typename Base::Bits{1} << (f.dropped - 1))),
        below_half_(Base::set_bits((typename Base::Bits{1} << (f.dropped - 1)) - 1)) {}

  /// y with p bits. (A quiet NaN has its first fraction bit set and, as our NaNs do, zeros below: no carry
  /// reaches the exponent.)
  template <Rounding mode>
  HWY_INLINE V rounded(V y) const {
    const U u = Base::bits(y);
    if constexpr (mode == Rounding::rne) {
      const U last = hn::And(hn::ShiftRightSame(u, dropped_), Base::set_bits(1));
      return kept(hn::Add(hn::Add(u, below_half_), last));
    } else if constexpr (mode == Rounding::rna) {
      return kept(hn::Add(u, half_));
    } else if constexpr (mode == Rounding::rnz) {
      return kept(hn::Add(u, below_half_));
    } else if constexpr (mode == Rounding::rup) {
      return kept(hn::Add(u, hn::AndNot(negative(y), mask_)));
    } else if constexpr (mode == Rounding::rdn) {
      return kept(hn::Add(u, hn::And(negative(y), mask_)));
    } else if constexpr (mode == Rounding::rod) {
      // Anything but zero in the bits dropped carries into the last one that stays.
      return kept(hn::Or(u, hn::Add(hn::And(u, mask_), mask_)));
    } else {
      return kept(u);
    }
  }

 private:
  HWY_INLINE V kept(U u) const { return Base::number(hn::AndNot(mask_, u)); }
  static HWY_INLINE U negative(V y) {
    const hn::RebindToSigned<typename Base::D> di;
    return hn::BitCast(typename Base::DU(), hn::BroadcastSignBit(hn::BitCast(di, y)));
  }

  int dropped_;
  U mask_, half_, below_half_;
};

// What follows rounds to the format itself: V operator()(V y, Marks&) const, for what any operation delivers,
// and where the mode is known V sum(V y) const as well, for sums of members.

/// Aligned, mode known: T's range is the format's, and a carry beyond it gives infinity.
template <class T, Rounding mode>
class AlignedMode : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V;

 public:
  using Marks = NoMarks<typename Base::D>;
  explicit HWY_INLINE AlignedMode(const FloatFacts<T>& f) : pattern_(f) {}
  template <class Any>
  HWY_INLINE V operator()(V y, Any&) const {
    return pattern_.template rounded<mode>(y);
  }
  HWY_INLINE V sum(V y) const { return pattern_.template rounded<mode>(y); }

 private:
  Pattern<T> pattern_;
};

/// Aligned, mode chosen at run time.
template <class T>
class AlignedAny : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V;

 public:
  using Marks = NoMarks<typename Base::D>;
  explicit HWY_INLINE AlignedAny(const FloatFacts<T>& f) : rounding_(f.rounding), pattern_(f) {}
  HWY_INLINE AlignedAny(const FloatFacts<T>& f, int) : AlignedAny(f) {}
  HWY_INLINE V operator()(V y, Marks&) const {
    switch (rounding_) {
      case Rounding::rne:
        return pattern_.template rounded<Rounding::rne>(y);
      case Rounding::rna:
        return pattern_.template rounded<Rounding::rna>(y);
      case Rounding::rnz:
        return pattern_.template rounded<Rounding::rnz>(y);
      case Rounding::rup:
        return pattern_.template rounded<Rounding::rup>(y);
      case Rounding::rdn:
        return pattern_.template rounded<Rounding::rdn>(y);
      case Rounding::rod:
        return pattern_.template rounded<Rounding::rod>(y);
      default:
        return pattern_.template rounded<Rounding::rtz>(y);
    }
  }

 private:
  Rounding rounding_;
  Pattern<T> pattern_;
};

/// What a magnitude beyond the range becomes: `highest`, a member, or infinity or NaN. (For rup and rdn: on
/// the side to which they round; on the other one it is always a member.)
enum class Beyond : std::uint8_t { saturates, leaves };

/// Magic, mode known. Infinities are right only where numbers beyond the range become them, on that side:
/// elsewhere a loop must see to it that none arrives. -0 comes out where the format may have none; it differs
/// from 0 in nothing but another zero's sign, so that the loop's end may mend it.
template <class T, Rounding mode, bool nearest, Beyond beyond>
class MagicMode : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::M;

 public:
  using Marks = NoMarks<typename Base::D>;
  explicit HWY_INLINE MagicMode(const FloatFacts<T>& f)
      : grid_(f),
        pattern_(f),
        above_(Base::set(f.above)),
        below_(Base::set(f.below)),
        highest_(Base::set(f.highest)),
        lowest_(Base::set(f.lowest)) {}

  template <class Any>
  HWY_INLINE V operator()(V y, Any&) const {
    return in_range<false>(y);
  }
  HWY_INLINE V sum(V y) const { return in_range<true>(y); }

 private:
  // Where the bound is a member, y is brought to it before it is rounded: roundings are monotone, and leave
  // members alone. Of Min and Max, x86 returns the second operand where one is NaN.
  template <bool is_sum>
  HWY_INLINE V in_range(V y) const {
    if constexpr (mode == Rounding::rup) {
      const V result = unbounded<is_sum>(hn::Max(lowest_, y));
      return hn::IfThenElse(hn::Ge(y, above_), highest_, result);
    } else if constexpr (mode == Rounding::rdn) {
      const V result = unbounded<is_sum>(hn::Min(highest_, y));
      return hn::IfThenElse(hn::Le(y, below_), lowest_, result);
    } else if constexpr (beyond == Beyond::saturates && is_sum && !nearest) {
      return unbounded<is_sum>(hn::Min(highest_, hn::Max(lowest_, y)));
    } else if constexpr (beyond == Beyond::saturates) {
      return hn::CopySignToAbs(unbounded<is_sum>(hn::Min(highest_, hn::Abs(y))), y);
    } else {
      const V magnitude = hn::Abs(y);
      const V result = hn::IfThenElse(hn::Ge(magnitude, above_), highest_, unbounded<is_sum>(magnitude));
      return hn::CopySignToAbs(result, y);
    }
  }
  /// A sum of members is exact below the smallest normal number, so that it has a multiple of its quantum as
  /// soon as it has p bits.
  template <bool is_sum>
  HWY_INLINE V unbounded(V v) const {
    if constexpr (is_sum && !nearest) return pattern_.template rounded<mode>(v);
    return grid_.template rounded<mode, nearest, is_sum>(v);
  }

  Grid<T> grid_;
  Pattern<T> pattern_;
  V above_, below_, highest_, lowest_;
};

/// Magic, the mode and every rule of range and signs chosen at run time.
template <class T>
class MagicAny : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::M;

 public:
  using Marks = RealMarks<typename Base::D>;
  explicit HWY_INLINE MagicAny(const FloatFacts<T>& f) : MagicAny(f, f.host) {}
  HWY_INLINE MagicAny(const FloatFacts<T>& f, int host)
      : facts_(f),
        nearest_(host == FE_TONEAREST),
        grid_(f),
        above_(Base::set(f.above)),
        below_(Base::set(f.below)),
        highest_(Base::set(f.highest)),
        lowest_(Base::set(f.lowest)) {}

  HWY_INLINE V operator()(V y, Marks& marks) const {
    V result = unbounded(y);
    M above = hn::Ge(y, above_);
    M below = hn::Le(y, below_);
    if (facts_.rounding == Rounding::rod) {
      // where y is the highest member, only the result tells that x is beyond it
      above = hn::Or(above, hn::Ge(result, above_));
      below = hn::Or(below, hn::Le(result, below_));
    }
    result = hn::IfThenElse(below, lowest_, hn::IfThenElse(above, highest_, result));
    const M infinite = hn::Eq(hn::Abs(y), Base::set(std::numeric_limits<T>::infinity()));
    if (facts_.keeps_infinity) result = hn::IfThenElse(infinite, y, result);
    if (!facts_.negative_zero)
      result = hn::IfThenZeroElse(hn::Eq(result, hn::Zero(typename Base::D())), result);
    if (facts_.traps_overflow) {
      M outside = hn::Or(above, below);
      if (facts_.keeps_infinity) outside = hn::And(outside, hn::Not(infinite));
      marks.add(outside);
    }
    if (facts_.traps_nan) marks.add(hn::IsNaN(result));
    return result;
  }

 private:
  HWY_INLINE V unbounded(V y) const {
    if (facts_.rounding == Rounding::rup) return grid_.template rounded<Rounding::rup, false, false>(y);
    if (facts_.rounding == Rounding::rdn) return grid_.template rounded<Rounding::rdn, false, false>(y);
    return hn::CopySignToAbs(magnitude(hn::Abs(y)), y);
  }
  HWY_INLINE V magnitude(V v) const {
    switch (facts_.rounding) {
      case Rounding::rne:
        if (nearest_) return grid_.template rounded<Rounding::rne, true, false>(v);
        return grid_.template rounded<Rounding::rne, false, false>(v);
      case Rounding::rna:
        return grid_.template rounded<Rounding::rna, false, false>(v);
      case Rounding::rnz:
        return grid_.template rounded<Rounding::rnz, false, false>(v);
      case Rounding::rod:
        return grid_.template rounded<Rounding::rod, false, false>(v);
      default:
        return grid_.template rounded<Rounding::rtz, false, false>(v);
    }
  }

  const FloatFacts<T>& facts_;
  bool nearest_;
  Grid<T> grid_;
  V above_, below_, highest_, lowest_;
};

/// The commonest formats, for single operations: rne, and nothing special in signs, range and traps.
template <class T>
using MagicEven = MagicMode<T, Rounding::rne, true, Beyond::leaves>;
template <class T>
using AlignedEven = AlignedMode<T, Rounding::rne>;

/// The host's own format, in a mode that the host has.
template <class T>
class Native : public FloatVectors<T> {
  using Base = FloatVectors<T>;

 public:
  using Marks = NoMarks<typename Base::D>;
  explicit HWY_INLINE Native(const FloatFacts<T>&) {}
  HWY_INLINE typename Base::V operator()(typename Base::V y, Marks&) const { return y; }
};

}  // namespace roundoff::formats::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
