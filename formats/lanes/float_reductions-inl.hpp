// The inner loops of sums and dot products in float and double, on AVX2 and above: as float_facts.hpp has
// them, but with the mode known when they are compiled, and nothing in them that is not an instruction on
// vectors. (A call or a branch in such a loop moves its accumulators to memory: a factor of 2 to 4.)
//
// All but rne with 2p+1 <= q, rup and rdn run while the host rounds towards zero, y = RZ(x):
// sums to odd: where RZ(y - a) != b, the sum y = RZ(a + b) was inexact, and its last bit is set. If |a| >=
// |b|,
//   y - a is exact and equals b minus the error. If |a| < |b|, the error has the sign of b, y - a is smaller
//   in magnitude than b, and truncation keeps it so.
// products to odd: a*b - y is exact by FMA, and not zero where the last bit must be set.
// rna: x >= a tie exactly where RZ(x) is, since ties are numbers of T: add half a quantum to |y| and
// truncate. rnz: the same of the number of T before |y|, |y| (1 - 2^-q) truncated. Wrong only where y is a
// tie and x
//   beyond it: not for 2p+1 <= q (float_facts.hpp), nor when y is taken to odd.
// rne: the same as rna; if |y| plus half a quantum is on the grid, it was a tie, and the last bit that stays
// is
//   cleared. (The addition may truncate when it passes a power of two; this one is even on the grid below.)
// rod: y to odd, truncated, and the last bit that stays set where that lost anything.
//
// The aligned way meets products below T's normal numbers. Where one is inexact there, so that y or its error
// is not what is said above, the processor sets its underflow flag: it is asked once a block of lanes, and
// such a block is done again with operations that take care lane by lane. (rna and the directed modes need no
// care: truncation is monotone, and ties of the format are numbers of T there, too.)
#if defined(ROUNDOFF_LANES_FLOAT_REDUCTIONS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROUNDOFF_LANES_FLOAT_REDUCTIONS_INL
#undef ROUNDOFF_LANES_FLOAT_REDUCTIONS_INL
#else
#define ROUNDOFF_LANES_FLOAT_REDUCTIONS_INL
#endif

#include <cfenv>

#include "formats/lanes/floats-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::lanes::HWY_NAMESPACE {

/// What y is taken to odd.
enum class Odd : std::uint8_t { nothing, sums, all };

template <class T, Rounding mode>
class MagicMode : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::U, typename Base::M;
  static constexpr bool by_sign = mode == Rounding::rup || mode == Rounding::rdn;

 public:
  explicit HWY_INLINE MagicMode(const FloatFacts<T>& f)
      : least_(Base::set(f.least)),
        above_(Base::set(f.above)),
        below_(Base::set(f.below)),
        highest_(Base::set(f.highest)),
        lowest_(Base::set(f.lowest)),
        zero_(Base::set(f.negative_zero ? T{-0.0} : T{0})),
        exponent_(Base::set_bits(Base::exponent_mask)),
        up_(Base::set_bits(by_sign ? f.up_signed : f.up)),
        half_down_(Base::set_bits(f.half_down)) {}

  HWY_INLINE V operator()(V y) const {
    const V magnitude = hn::Abs(y);
    const U power = hn::And(Base::bits(hn::Max(magnitude, least_)), exponent_);
    const V c = Base::number(hn::Add(power, up_));
    const V infinity = Base::set(std::numeric_limits<T>::infinity());
    if constexpr (by_sign) {
      V result = hn::CopySign(hn::Sub(hn::Add(y, c), c), y);
      result = hn::IfThenElse(hn::Ge(y, above_), highest_, result);
      result = hn::IfThenElse(hn::Le(y, below_), lowest_, result);
      result = hn::IfThenElse(hn::Eq(magnitude, infinity), y, result);
      if constexpr (mode == Rounding::rup) return hn::Add(result, zero_);
      // Downwards, +0 + -0 is -0.
      const V lost_sign = hn::AndNot(zero_, hn::And(result, hn::SignBit(typename Base::D())));
      return hn::IfThenElse(hn::Eq(result, hn::Zero(typename Base::D())), hn::Xor(result, lost_sign), result);
    } else {
      V result = hn::IfThenElse(hn::Ge(magnitude, above_), highest_, on_grid(magnitude, power, c));
      result = hn::IfThenElse(hn::Eq(magnitude, infinity), magnitude, result);
      // x + -0 = x, and x + 0 = x but for -0.
      return hn::Add(hn::CopySignToAbs(result, y), zero_);
    }
  }

 private:
  HWY_INLINE V on_grid(V magnitude, U power, V c) const {
    if constexpr (mode == Rounding::rtz) {
      return hn::Sub(hn::Add(magnitude, c), c);
    } else if constexpr (mode == Rounding::rod) {
      const V sum = hn::Add(magnitude, c);
      const M lost = hn::Ne(hn::Sub(sum, c), magnitude);
      return hn::Sub(hn::Or(sum, hn::IfThenElseZero(lost, last())), c);
    } else {
      V moved = magnitude;
      if constexpr (mode == Rounding::rnz) {
        moved = hn::Mul(magnitude, Base::set(T{1} - std::numeric_limits<T>::epsilon() / 2));
      }
      moved = hn::Add(moved, Base::number(hn::Sub(power, half_down_)));
      const V sum = hn::Add(moved, c);
      const V result = hn::Sub(sum, c);
      if constexpr (mode != Rounding::rne) return result;
      return hn::IfThenElse(hn::Eq(result, moved), hn::Sub(hn::AndNot(last(), sum), c), result);
    }
  }
  static HWY_INLINE V last() { return Base::number(Base::set_bits(1)); }

  V least_, above_, below_, highest_, lowest_, zero_;
  U exponent_, up_, half_down_;
};

template <class T, Rounding mode>
class AlignedMode : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using typename Base::V, typename Base::U;

 public:
  explicit HWY_INLINE AlignedMode(const FloatFacts<T>& f)
      : dropped_(f.dropped),
        mask_(Base::set_bits((typename Base::Bits{1} << f.dropped) - 1)),
        half_(Base::set_bits(typename Base::Bits{1} << (f.dropped - 1))),
        below_half_(Base::set_bits((typename Base::Bits{1} << (f.dropped - 1)) - 1)) {}

  HWY_INLINE V operator()(V y) const {
    const U u = Base::bits(y);
    const U one = Base::set_bits(1);
    if constexpr (mode == Rounding::rne) {
      return kept(hn::Add(hn::Add(u, below_half_), hn::And(hn::ShiftRightSame(u, dropped_), one)));
    } else if constexpr (mode == Rounding::rna) {
      return kept(hn::Add(u, half_));
    } else if constexpr (mode == Rounding::rnz) {
      return kept(hn::Add(u, below_half_));
    } else if constexpr (mode == Rounding::rup) {
      return kept(hn::Add(u, hn::AndNot(negative(y), mask_)));
    } else if constexpr (mode == Rounding::rdn) {
      return kept(hn::Add(u, hn::And(negative(y), mask_)));
    } else if constexpr (mode == Rounding::rod) {
      const auto exact = hn::Eq(hn::And(u, mask_), hn::Zero(typename Base::DU()));
      return hn::Or(kept(u), Base::number(hn::IfThenZeroElse(exact, hn::Add(mask_, one))));
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

/// MagicEven without what only its other users need.
template <class T>
struct MagicNearestEven : MagicEven<T> {
  explicit HWY_INLINE MagicNearestEven(const FloatFacts<T>& f) : MagicEven<T>(f) {}
  using V = typename FloatVectors<T>::V;
  HWY_INLINE V operator()(V y) const {
    typename MagicEven<T>::Marks marks;
    return MagicEven<T>::operator()(y, FloatVectors<T>::never(), marks);
  }
};

template <class T, class Rounder, Odd odd, int host>
class ReductionStep : public FloatVectors<T> {
  using Base = FloatVectors<T>;

 public:
  using typename Base::D, typename Base::V, typename Base::M;
  using Marks = NoMarks<D>;
  using Environment = HostRounding;
  static constexpr std::size_t block = 4;
  static constexpr bool integer_weights = false;
  static constexpr bool asks_underflow = true;

  static HWY_INLINE int environment(const Context&) { return host; }

  explicit HWY_INLINE ReductionStep(const Context& context)
      : rounder_(facts_of<T>(context)),
        nothing_(facts_of<T>(context).nothing),
        one_(facts_of<T>(context).one),
        plain_(facts_of<T>(context).plain),
        asks_(facts_of<T>(context).tiny_product != 0 && facts_of<T>(context).rounding != Rounding::rna) {}

  HWY_INLINE V add(V a, V b, Marks&) const {
    V y = hn::Add(a, b);
    if constexpr (odd != Odd::nothing) y = marked(y, hn::Ne(hn::Sub(y, a), b));
    return rounder_(y);
  }
  HWY_INLINE V mul(V a, V b, Marks&) const {
    V y = hn::Mul(a, b);
    if constexpr (odd == Odd::all) y = marked(y, hn::Ne(hn::MulSub(a, b, y), hn::Zero(D())));
    return rounder_(y);
  }

  HWY_INLINE V nothing() const { return Base::set(nothing_); }
  HWY_INLINE Weight classify(T weight) const {
    if (weight == 0 && plain_) return Weight::zero;
    if (one_ != 0 && weight == one_) return Weight::one;
    if (one_ != 0 && weight == -one_) return Weight::minus_one;
    return Weight::general;
  }
  template <Weight kind>
  HWY_INLINE V weighted(V sum, V weight, V x, Marks& marks) const {
    if constexpr (kind == Weight::one) {
      return add(sum, x, marks);
    } else if constexpr (kind == Weight::minus_one) {
      return add(sum, hn::Neg(x), marks);
    } else {
      return add(sum, mul(weight, x, marks), marks);
    }
  }

  HWY_INLINE void begin() const {
    if (asks_) std::feclearexcept(FE_UNDERFLOW);
  }
  HWY_INLINE bool underflowed() const { return asks_ && std::fetestexcept(FE_UNDERFLOW) != 0; }

 private:
  /// The comparison is false for NaN, so that infinities and NaN stay.
  static HWY_INLINE V marked(V y, M inexact) {
    return hn::Or(y, hn::IfThenElseZero(inexact, Base::number(Base::set_bits(1))));
  }

  Rounder rounder_;
  T nothing_, one_;
  bool plain_, asks_;
};

template <class T, class Rounder, Odd odd, int host>
void use_step(LaneKernels& kernels) {
  using Step = ReductionStep<T, Rounder, odd, host>;
  kernels.sum = sum<Step>;
  kernels.dot = dot<Step>;
  kernels.weighted = weighted<Step>;
}

template <class T, template <class, Rounding> class Mode>
void fill_mode(LaneKernels& kernels, const FloatFacts<T>& facts) {
  // float takes p <= 12: products are exact, and sums must be taken to odd for p = 12 only; for double with
  // p > 26, both.
  constexpr Odd wide = sizeof(T) == sizeof(float) ? Odd::sums : Odd::all;
  constexpr int zero = FE_TOWARDZERO;
  const bool odd = facts.odd || facts.mends_ties;
  const bool odd_products = 2 * facts.precision > std::numeric_limits<T>::digits;
  switch (facts.rounding) {
    case Rounding::rne:
      return use_step<T, Mode<T, Rounding::rne>, wide, zero>(kernels);
    case Rounding::rna:
      return use_step<T, Mode<T, Rounding::rna>, Odd::nothing, zero>(kernels);
    case Rounding::rnz:
      if (odd) return use_step<T, Mode<T, Rounding::rnz>, wide, zero>(kernels);
      return use_step<T, Mode<T, Rounding::rnz>, Odd::nothing, zero>(kernels);
    case Rounding::rtz:
      return use_step<T, Mode<T, Rounding::rtz>, Odd::nothing, zero>(kernels);
    case Rounding::rup:
      return use_step<T, Mode<T, Rounding::rup>, Odd::nothing, FE_UPWARD>(kernels);
    case Rounding::rdn:
      return use_step<T, Mode<T, Rounding::rdn>, Odd::nothing, FE_DOWNWARD>(kernels);
    case Rounding::rod:
      if (odd_products) return use_step<T, Mode<T, Rounding::rod>, Odd::all, zero>(kernels);
      return use_step<T, Mode<T, Rounding::rod>, Odd::sums, zero>(kernels);
    case Rounding::sr:
      return;
  }
}

/// Sets sum, dot and weighted where the loops above hold.
template <class T>
void fill_reductions(LaneKernels& kernels, const Context& context) {
  const FloatFacts<T>& facts = facts_of<T>(context);
  if (!facts.lean) return;
  if (facts.even && !facts.odd && !facts.mends_ties) {
    if (facts.style == FloatStyle::magic) {
      return use_step<T, MagicNearestEven<T>, Odd::nothing, FE_TONEAREST>(kernels);
    }
    return use_step<T, AlignedMode<T, Rounding::rne>, Odd::nothing, FE_TONEAREST>(kernels);
  }
  if (facts.style == FloatStyle::magic) return fill_mode<T, MagicMode>(kernels, facts);
  fill_mode<T, AlignedMode>(kernels, facts);
}

}  // namespace roundoff::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
