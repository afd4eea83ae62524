// The inner loops of sums and dot products in float and double, on AVX2 and above: as floats-inl.hpp has
// them, but with the mode known when they are compiled, and nothing in them that is not an instruction on
// vectors. (A call or a branch in such a loop moves its accumulators to memory: a factor of 2 to 4.) A block
// of lanes that meets what these loops do not see to is done again with the single operations:
//
// The aligned way meets products below T's normal numbers. Where one is inexact there, so that its error is
// not what float_facts.hpp asks for, the processor sets its underflow flag.
// Where T's range saturates, a sum that is infinite or NaN may have met an overflow.
// The magic way takes infinite operands for numbers beyond the range, where those become members. A product,
// or a term that is added as it is, times 0 is NaN if it is infinite or NaN.
#if defined(ROUNDOFF_LANES_FLOAT_REDUCTIONS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROUNDOFF_LANES_FLOAT_REDUCTIONS_INL
#undef ROUNDOFF_LANES_FLOAT_REDUCTIONS_INL
#else
#define ROUNDOFF_LANES_FLOAT_REDUCTIONS_INL
#endif

#include <cfenv>

#include "formats/lanes/floats-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::formats::lanes::HWY_NAMESPACE {

/// What y is taken to odd.
enum class Odd : std::uint8_t { nothing, sums, all };

/// Remembers lanes whose terms were infinite or NaN.
template <class D>
struct InfinityMarks : NoMarks<D> {
  hn::Vec<D> zero;  ///< or NaN
  HWY_INLINE InfinityMarks() : zero(hn::Zero(D())) {}
  HWY_INLINE void term(hn::Vec<D> v) { zero = hn::MulAdd(v, hn::Zero(D()), zero); }
  HWY_INLINE bool failed() const { return !hn::AllTrue(D(), hn::Eq(zero, zero)); }
};

template <class D>
struct NoInfinityMarks : NoMarks<D> {
  HWY_INLINE void term(hn::Vec<D>) {}
  HWY_INLINE bool failed() const { return false; }
};

template <class T, class Rounder, Odd odd, template <class> class MarksOf>
class ReductionStep : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using Limits = std::numeric_limits<T>;

 public:
  using typename Base::D, typename Base::V;
  using Marks = MarksOf<D>;
  using Environment = HostRounding;
  static constexpr std::size_t block = 4;
  static constexpr bool integer_weights = false;
  static constexpr bool may_fail = true;

  static HWY_INLINE int environment(const Context& context) { return facts_of<T>(context).host; }

  explicit HWY_INLINE ReductionStep(const Context& context)
      : rounder_(facts_of<T>(context)),
        nothing_(facts_of<T>(context).nothing),
        one_(facts_of<T>(context).one),
        plain_(facts_of<T>(context).plain),
        negative_zero_(facts_of<T>(context).negative_zero),
        saturates_(facts_of<T>(context).saturates),
        asks_underflow_(facts_of<T>(context).tiny_product != 0 || has_faster_way(context)) {}

  HWY_INLINE V add(V a, V b, Marks& marks) const {
    marks.term(b);
    return sum(a, b);
  }
  HWY_INLINE V mul(V a, V b, Marks& marks) const {
    V y = hn::Mul(a, b);
    marks.term(y);
    if constexpr (odd == Odd::all) y = Base::marked(y, product_inexact<T>(a, b, y));
    return rounder_(y, marks);
  }

  HWY_INLINE V nothing() const { return Base::set(nothing_); }
  HWY_INLINE Weight classify(T weight) const {
    if (weight == 0 && plain_) return Weight::zero;
    if (one_ != 0 && weight == one_) return Weight::one;
    if (one_ != 0 && weight == -one_) return Weight::minus_one;
    return Weight::general;
  }
  template <Weight kind>
  HWY_INLINE V weighted(V s, V weight, V x, Marks& marks) const {
    if constexpr (kind == Weight::one) {
      return add(s, x, marks);
    } else if constexpr (kind == Weight::minus_one) {
      return add(s, hn::Neg(x), marks);
    } else {
      return sum(s, mul(weight, x, marks));
    }
  }
  HWY_INLINE V finish(V s) const {
    if (negative_zero_) return s;
    return hn::IfThenZeroElse(hn::Eq(s, hn::Zero(D())), s);
  }

  HWY_INLINE void begin() const {
    if (asks_underflow_) std::feclearexcept(FE_UNDERFLOW);
  }
  HWY_INLINE bool failed() const { return asks_underflow_ && std::fetestexcept(FE_UNDERFLOW) != 0; }
  HWY_INLINE bool failed(V sum) const {
    return saturates_ && !hn::AllTrue(D(), hn::Lt(hn::Abs(sum), Base::set(Limits::infinity())));
  }

 private:
  /// Right or not, products below T's normal numbers cost a hundred others; fallback_reductions.hpp may have room for them.
  static HWY_INLINE bool has_faster_way(const Context& context) {
    return facts_of<T>(context).style == FloatStyle::aligned && context.roomier != nullptr;
  }
  HWY_INLINE V sum(V a, V b) const {
    V y = hn::Add(a, b);
    if constexpr (odd != Odd::nothing) y = Base::marked(y, sum_inexact<T>(a, b, y));
    return rounder_.sum(y);
  }

  Rounder rounder_;
  T nothing_, one_;
  bool plain_, negative_zero_, saturates_, asks_underflow_;
};

template <class T, class Rounder, Odd odd, template <class> class Marks>
void use_step(LaneKernels& kernels) {
  using Step = ReductionStep<T, Rounder, odd, Marks>;
  kernels.sum = sum<Step>;
  kernels.dot = dot<Step>;
  kernels.weighted = weighted<Step>;
}

template <class T, Rounding mode, Odd odd>
void use_aligned(LaneKernels& kernels) {
  use_step<T, AlignedMode<T, mode>, odd, NoInfinityMarks>(kernels);
}

/// Where the format's infinities are what numbers beyond the range become, nothing has to be remembered.
template <class T, Rounding mode, Odd odd>
void use_magic(LaneKernels& kernels, const FloatFacts<T>& facts) {
  constexpr bool nearest = mode == Rounding::rne && odd == Odd::nothing;
  if constexpr (mode == Rounding::rne || mode == Rounding::rna || mode == Rounding::rnz) {
    if (!std::isfinite(facts.highest)) {
      return use_step<T, MagicMode<T, mode, nearest, Beyond::leaves>, odd, NoInfinityMarks>(kernels);
    }
    if constexpr (nearest) {
      if (!facts.keeps_infinity) {
        return use_step<T, MagicMode<T, mode, nearest, Beyond::saturates>, odd, NoInfinityMarks>(kernels);
      }
    }
  }
  use_step<T, MagicMode<T, mode, nearest, Beyond::saturates>, odd, InfinityMarks>(kernels);
}

template <class T, Rounding mode, Odd odd = Odd::nothing>
void use_mode(LaneKernels& kernels, const FloatFacts<T>& facts) {
  if (facts.style == FloatStyle::magic) return use_magic<T, mode, odd>(kernels, facts);
  use_aligned<T, mode, odd>(kernels);
}

/// Sets sum, dot and weighted where the loops above hold.
template <class T>
void fill_reductions(LaneKernels& kernels, const Context& context) {
  const FloatFacts<T>& facts = facts_of<T>(context);
  if (!facts.lean) return;
  // To nearest, float takes p <= 12: products are exact, and sums are taken to odd for p = 12 only; in double
  // with p > 26, both are.
  constexpr Odd wide = sizeof(T) == sizeof(float) ? Odd::sums : Odd::all;
  switch (facts.rounding) {
    case Rounding::rne:
      if (facts.sums_to_odd) return use_mode<T, Rounding::rne, wide>(kernels, facts);
      return use_mode<T, Rounding::rne>(kernels, facts);
    case Rounding::rna:
      return use_mode<T, Rounding::rna>(kernels, facts);
    case Rounding::rnz:
      if (facts.sums_to_odd) return use_mode<T, Rounding::rnz, wide>(kernels, facts);
      return use_mode<T, Rounding::rnz>(kernels, facts);
    case Rounding::rtz:
      return use_mode<T, Rounding::rtz>(kernels, facts);
    case Rounding::rup:
      return use_mode<T, Rounding::rup>(kernels, facts);
    case Rounding::rdn:
      return use_mode<T, Rounding::rdn>(kernels, facts);
    case Rounding::rod:
      if (facts.products_to_odd) return use_mode<T, Rounding::rod, Odd::all>(kernels, facts);
      return use_mode<T, Rounding::rod, Odd::sums>(kernels, facts);
    case Rounding::sr:
    case Rounding::sra:
    case Rounding::srb:
    case Rounding::src:
      return;
  }
}

}  // namespace roundoff::formats::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
