// A number y of T (float, double) rounded to a format, on vectors: the three ways of float_facts.hpp. Each is
// a class
//
//   explicit Rounder(const FloatFacts<T>&);
//   V operator()(V y, M inexact, Marks&) const;   inexact: y is not the exact result (rod asks)
#if defined(ROUNDOFF_LANES_FLOAT_ROUNDING_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROUNDOFF_LANES_FLOAT_ROUNDING_INL
#undef ROUNDOFF_LANES_FLOAT_ROUNDING_INL
#else
#define ROUNDOFF_LANES_FLOAT_ROUNDING_INL
#endif

#include <limits>

#include "formats/lanes/float_facts.hpp"
#include "formats/lanes/loops-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::lanes::HWY_NAMESPACE {

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
  static HWY_INLINE M never() { return hn::MaskFromVec(hn::Zero(D())); }
  static constexpr int fraction_bits = std::numeric_limits<T>::digits - 1;
  static constexpr Bits exponent_mask = ~Bits{0} << (fraction_bits + 1) >> 1;
};

/// Magic, for rne with signed zeros, one bound and no traps: the commonest formats.
template <class T>
class MagicEven : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::U, typename Base::M;

 public:
  using Marks = NoMarks<typename Base::D>;
  explicit HWY_INLINE MagicEven(const FloatFacts<T>& f)
      : least_(Base::set(f.least)),
        above_(Base::set(f.above)),
        highest_(Base::set(f.highest)),
        exponent_(Base::set_bits(Base::exponent_mask)),
        up_(Base::set_bits(f.up)) {}

  HWY_INLINE V operator()(V y, M, Marks&) const {
    const V magnitude = hn::Abs(y);
    const V power =
        hn::Max(magnitude, least_);  // NaN: whatever comes out is finite or NaN, and NaN + c is NaN
    const V c = Base::number(hn::Add(hn::And(Base::bits(power), exponent_), up_));
    const V result = hn::Sub(hn::Add(magnitude, c), c);
    return hn::CopySignToAbs(hn::IfThenElse(hn::Ge(magnitude, above_), highest_, result), y);
  }

 private:
  V least_, above_, highest_;
  U exponent_, up_;
};

/// Magic, for every rounding and every rule of range and signs.
template <class T>
class Magic : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::U, typename Base::M;

 public:
  using Marks = RealMarks<typename Base::D>;
  explicit HWY_INLINE Magic(const FloatFacts<T>& f)
      : facts_(f),
        least_(Base::set(f.least)),
        above_(Base::set(f.above)),
        below_(Base::set(f.below)),
        highest_(Base::set(f.highest)),
        lowest_(Base::set(f.lowest)),
        exponent_(Base::set_bits(Base::exponent_mask)),
        up_(Base::set_bits(f.rounding == Rounding::rup || f.rounding == Rounding::rdn ? f.up_signed : f.up)),
        half_down_(Base::set_bits(f.half_down)) {}

  HWY_INLINE V operator()(V y, M inexact, Marks& marks) const {
    const V magnitude = hn::Abs(y);
    const U power = hn::And(Base::bits(hn::Max(magnitude, least_)), exponent_);
    const V c = Base::number(hn::Add(power, up_));
    V result;
    if (facts_.rounding == Rounding::rup || facts_.rounding == Rounding::rdn) {
      result = hn::CopySign(hn::Sub(hn::Add(y, c), c), y);
    } else {
      V sum = hn::Add(magnitude, c);
      if (facts_.rounding == Rounding::rod) {
        const M lost = hn::Or(inexact, hn::Ne(hn::Sub(sum, c), magnitude));
        sum = Base::number(hn::Or(Base::bits(sum), Base::bits(hn::IfThenElseZero(lost, last_place()))));
      }
      result = hn::Sub(sum, c);
      if (facts_.rounding == Rounding::rna || facts_.rounding == Rounding::rnz)
        result = untied(magnitude, result, power);
      result = hn::CopySignToAbs(result, y);
    }
    M above = hn::Ge(y, above_);
    M below = hn::Le(y, below_);
    if (facts_.rounding ==
        Rounding::rod) {  // where y is the highest member, only the result tells that x is beyond it
      above = hn::Or(above, hn::Ge(result, above_));
      below = hn::Or(below, hn::Le(result, below_));
    }
    result = hn::IfThenElse(below, lowest_, hn::IfThenElse(above, highest_, result));
    if (facts_.keeps_infinity) result = hn::IfThenElse(infinite(magnitude), y, result);
    if (!facts_.negative_zero)
      result = hn::IfThenZeroElse(hn::Eq(result, hn::Zero(typename Base::D())), result);
    if (facts_.traps_overflow) {
      M outside = hn::Or(above, below);
      if (facts_.keeps_infinity) outside = hn::And(outside, hn::Not(infinite(magnitude)));
      marks.add(outside);
    }
    if (facts_.traps_nan) marks.add(hn::IsNaN(result));
    return result;
  }

 private:
  static HWY_INLINE V last_place() { return Base::number(Base::set_bits(1)); }
  static HWY_INLINE M infinite(V magnitude) {
    return hn::Eq(magnitude, Base::set(std::numeric_limits<T>::infinity()));
  }
  /// The host has rounded ties to even; rna wants those that went down a step up, rnz those that went up a
  /// step down.
  HWY_INLINE V untied(V magnitude, V result, U power) const {
    const V rest = hn::Sub(magnitude, result);  // exact: at most half the quantum
    const V half = Base::number(hn::Sub(power, half_down_));
    const V wrong = facts_.rounding == Rounding::rna ? half : hn::Neg(half);
    return hn::IfThenElse(hn::Eq(rest, wrong), hn::Add(result, hn::Add(rest, rest)), result);
  }

  const FloatFacts<T>& facts_;
  V least_, above_, below_, highest_, lowest_;
  U exponent_, up_, half_down_;
};

/// Aligned, rne.
template <class T>
class AlignedEven : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::U, typename Base::M;

 public:
  using Marks = NoMarks<typename Base::D>;
  explicit HWY_INLINE AlignedEven(const FloatFacts<T>& f)
      : dropped_(f.dropped),
        mask_(Base::set_bits((typename Base::Bits{1} << f.dropped) - 1)),
        below_half_(Base::set_bits((typename Base::Bits{1} << (f.dropped - 1)) - 1)) {}

  HWY_INLINE V operator()(V y, M, Marks&) const {
    const U u = Base::bits(y);
    const U last = hn::And(hn::ShiftRightSame(u, dropped_), Base::set_bits(1));
    // A quiet NaN has its first fraction bit set and, as our NaNs do, zeros below: no carry reaches the
    // exponent.
    return Base::number(hn::AndNot(mask_, hn::Add(hn::Add(u, below_half_), last)));
  }

 private:
  int dropped_;
  U mask_, below_half_;
};

/// Aligned, the other roundings.
template <class T>
class Aligned : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::U, typename Base::M;

 public:
  using Marks = NoMarks<typename Base::D>;
  explicit HWY_INLINE Aligned(const FloatFacts<T>& f)
      : facts_(f),
        even_(f),
        mask_(Base::set_bits((typename Base::Bits{1} << f.dropped) - 1)),
        half_(Base::set_bits(typename Base::Bits{1} << (f.dropped - 1))) {}

  HWY_INLINE V operator()(V y, M inexact, Marks& marks) const {
    const U u = Base::bits(y);
    switch (facts_.rounding) {
      case Rounding::rne:
        return even_(y, inexact, marks);
      case Rounding::rna:
        return dropped(hn::Add(u, half_));
      case Rounding::rnz:
        return dropped(hn::Add(u, hn::Sub(half_, Base::set_bits(1))));
      case Rounding::rup:
        return dropped(hn::Add(u, hn::AndNot(negative(y), mask_)));
      case Rounding::rdn:
        return dropped(hn::Add(u, hn::And(negative(y), mask_)));
      case Rounding::rod: {
        const M lost =
            hn::Or(inexact, hn::RebindMask(typename Base::D(), hn::Ne(hn::And(u, mask_), Base::set_bits(0))));
        const V last = Base::number(hn::Add(mask_, Base::set_bits(1)));
        const M odd = hn::And(lost, hn::Lt(hn::Abs(y), Base::set(std::numeric_limits<T>::infinity())));
        return hn::Or(hn::IfThenElse(hn::IsNaN(y), y, dropped(u)), hn::IfThenElseZero(odd, last));
      }
      default:
        return hn::IfThenElse(hn::IsNaN(y), y, dropped(u));
    }
  }

 private:
  HWY_INLINE V dropped(U u) const { return Base::number(hn::AndNot(mask_, u)); }
  static HWY_INLINE U negative(V y) {
    return Base::bits(hn::BitCast(
        typename Base::D(), hn::BroadcastSignBit(hn::BitCast(hn::RebindToSigned<typename Base::D>(), y))));
  }

  const FloatFacts<T>& facts_;
  AlignedEven<T> even_;
  U mask_, half_;
};

/// The host's own format, in a mode that the host has.
template <class T>
class Native : public FloatVectors<T> {
  using Base = FloatVectors<T>;

 public:
  using Marks = NoMarks<typename Base::D>;
  explicit HWY_INLINE Native(const FloatFacts<T>&) {}
  HWY_INLINE typename Base::V operator()(typename Base::V y, typename Base::M, Marks&) const { return y; }
};

}  // namespace roundoff::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
