// Rounded arithmetic in float and double: an operation delivers y (float_facts.hpp says how, and why that is
// enough), a rounder makes it a member.
#if defined(ROUNDOFF_LANES_FLOATS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROUNDOFF_LANES_FLOATS_INL
#undef ROUNDOFF_LANES_FLOATS_INL
#else
#define ROUNDOFF_LANES_FLOATS_INL
#endif

#include <cmath>

#include "formats/lanes/fallback_operations.hpp"
#include "formats/lanes/float_rounding-inl.hpp"
#include "formats/lanes/host_rounding.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::formats::lanes::HWY_NAMESPACE {

template <class T>
HWY_INLINE const FloatFacts<T>& facts_of(const Context& context) {
  if constexpr (sizeof(T) == 4) {
    return context.f32;
  } else {
    return context.f64;
  }
}

/// a*b + c with one rounding, also where the instruction set lacks it.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V fused(D d, V a, V b, V c) {
#if HWY_NATIVE_FMA
  static_cast<void>(d);
  return hn::MulAdd(a, b, c);
#else
  HWY_ALIGN hn::TFromD<D> x[hn::MaxLanes(d)], y[hn::MaxLanes(d)], z[hn::MaxLanes(d)];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(c, d, z);
  for (std::size_t i = 0; i < hn::MaxLanes(d); ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(d, z);
#endif
}

/// Not zero as a real number, and below the bound: also where T made it 0.
template <class V, class T>
HWY_INLINE auto non_zero_product_below(V a, V b, V product, T bound) {
  const hn::ScalableTag<T> d;
  const V zero = hn::Zero(d);
  return hn::And(hn::Lt(hn::Abs(product), hn::Set(d, bound)), hn::And(hn::Ne(a, zero), hn::Ne(b, zero)));
}

/// `result` with the chosen lanes done again by definition.
template <class Vectors, class V, class M, class Marks>
HWY_NOINLINE V with_fallback(const Context& context, Operator op, V a, V b, V c, V result, M lanes,
                             Marks& marks) {
  const typename Vectors::D d;
  const typename Vectors::DU du;
  constexpr std::size_t n = hn::MaxLanes(d);
  HWY_ALIGN hn::TFromD<typename Vectors::D> x[n], y[n], z[n], r[n];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(c, d, z);
  hn::Store(result, d, r);
  HWY_ALIGN typename Vectors::Bits flags[n];
  hn::Store(Vectors::bits(hn::VecFromMask(d, lanes)), du, flags);
  std::uint8_t chosen[n], trapped[n] = {};
  for (std::size_t i = 0; i < n; ++i) chosen[i] = flags[i] != 0;
  fallback_lanes(context, op, x, y, z, r, chosen, n, trapped);
  for (std::size_t i = 0; i < n; ++i) flags[i] = trapped[i];
  marks.add(hn::RebindMask(d, hn::Ne(hn::Load(du, flags), Vectors::set_bits(0))));
  return hn::Load(d, r);
}

/// Whether y = a + b, rounded towards zero, is inexact: where y - a is not b. If |a| >= |b|, y - a is exact
/// and equals b minus the error. If |a| < |b|, the error has the sign of b, y - a is smaller in magnitude
/// than b, and truncation keeps it so.
template <class T>
HWY_INLINE auto sum_inexact(hn::Vec<hn::ScalableTag<T>> a, hn::Vec<hn::ScalableTag<T>> b,
                            hn::Vec<hn::ScalableTag<T>> y) {
  return FloatVectors<T>::differ(hn::Sub(y, a), b);
}

/// Whether y = a * b is inexact, for an error that T holds.
template <class T>
HWY_INLINE auto product_inexact(hn::Vec<hn::ScalableTag<T>> a, hn::Vec<hn::ScalableTag<T>> b,
                                hn::Vec<hn::ScalableTag<T>> y) {
  const hn::ScalableTag<T> d;
  return FloatVectors<T>::differ(fused(d, a, b, hn::Neg(y)), hn::Zero(d));
}

/// `result` of a and b, where it is infinite and they are not: the largest magnitude, if the format
/// saturates.
template <class T, class V = hn::Vec<hn::ScalableTag<T>>>
HWY_INLINE V saturated(const FloatFacts<T>& facts, V result, V a, V b) {
  if (!facts.saturates) return result;
  const hn::ScalableTag<T> d;
  const V infinity = hn::Set(d, std::numeric_limits<T>::infinity());
  const auto finite = hn::And(hn::Lt(hn::Abs(a), infinity), hn::Lt(hn::Abs(b), infinity));
  const auto beyond = hn::And(hn::Eq(hn::Abs(result), infinity), finite);
  return hn::IfThenElse(beyond, hn::CopySign(hn::Set(d, facts.highest), result), result);
}

template <class T, template <class> class RounderOf>
class FloatStep : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using Rounder = RounderOf<T>;

 public:
  using typename Base::D, typename Base::V, typename Base::U, typename Base::M;
  using Marks = typename Rounder::Marks;
  using Environment = HostRounding;
  static constexpr std::size_t block = 4;
  static constexpr bool integer_weights = false;
  static constexpr bool may_fail = false;

  static HWY_INLINE int environment(const Context& context) { return facts_of<T>(context).host; }

  explicit HWY_INLINE FloatStep(const Context& context)
      : context_(context), facts_(facts_of<T>(context)), rounder_(facts_) {}

  HWY_INLINE V add(V a, V b, Marks& marks) const {
    V y = hn::Add(a, b);
    if (facts_.sums_to_odd) y = Base::marked(y, sum_inexact<T>(a, b, y));
    return saturated(facts_, rounder_(y, marks), a, b);
  }
  HWY_INLINE V sub(V a, V b, Marks& marks) const { return add(a, hn::Neg(b), marks); }

  HWY_INLINE V mul(V a, V b, Marks& marks) const {
    V y = hn::Mul(a, b);
    if (facts_.products_to_odd) y = Base::marked(y, product_inexact<T>(a, b, y));
    if (facts_.tiny_product != 0) {
      const M tiny = non_zero_product_below(a, b, y, facts_.tiny_product);
      if (HWY_UNLIKELY(!hn::AllFalse(D(), tiny))) {
        y = Base::marked(y, hn::And(tiny, tiny_product_inexact(a, b, y)));
      }
    }
    return saturated(facts_, rounder_(y, marks), a, b);
  }

  HWY_INLINE V div(V a, V b, Marks& marks) const {
    V y = hn::Div(a, b);
    M tiny = non_zero_below(y, facts_.tiny_quotient);
    if (facts_.quotients_to_odd) {
      // The remainder is exact, and so is not zero where y is inexact.
      y = Base::marked(y, product_inexact<T>(hn::Neg(y), b, hn::Neg(a)));
      tiny = hn::Or(tiny, non_zero_below(a, facts_.tiny_dividend));
    }
    V result = saturated(facts_, rounder_(y, marks), a, b);
    // An infinity that arises from a finite number over zero is a rule of its own.
    const M infinite = hn::And(hn::Eq(hn::Abs(y), infinity()), hn::Lt(hn::Abs(a), infinity()));
    const M pole = hn::And(hn::Eq(b, hn::Zero(D())), infinite);
    result = hn::IfThenElse(pole, hn::CopySign(Base::set(facts_.pole), y), result);
    if (facts_.traps_overflow && facts_.symmetric) marks.add(pole);
    if (!facts_.symmetric) tiny = hn::Or(tiny, pole);  // x/0 is not odd in x: by definition
    if ((facts_.tiny_quotient != 0 || !facts_.symmetric) && HWY_UNLIKELY(!hn::AllFalse(D(), tiny))) {
      result = with_fallback<Base>(context_, Operator::div, a, b, a, result, tiny, marks);
    }
    return result;
  }

  /// A number of T into the format.
  HWY_INLINE V round(V x, Marks& marks) const { return saturated(facts_, rounder_(x, marks), x, x); }

  HWY_INLINE V nothing() const { return Base::set(facts_.nothing); }

  HWY_INLINE Weight classify(T weight) const {
    if (weight == 0 && facts_.plain) return Weight::zero;
    if (facts_.one != 0 && weight == facts_.one) return Weight::one;
    if (facts_.one != 0 && weight == -facts_.one && facts_.symmetric) return Weight::minus_one;
    return Weight::general;
  }

  template <Weight kind>
  HWY_INLINE V weighted(V sum, V weight, V x, Marks& marks) const {
    if constexpr (kind == Weight::one) {
      return add(sum, x, marks);
    } else if constexpr (kind == Weight::minus_one) {
      return sub(sum, x, marks);
    } else {
      return add(sum, mul(weight, x, marks), marks);
    }
  }

 private:
  static HWY_INLINE V infinity() { return Base::set(std::numeric_limits<T>::infinity()); }
  static HWY_INLINE M non_zero_below(V v, T bound) {
    const V magnitude = hn::Abs(v);
    return hn::And(hn::Lt(magnitude, Base::set(bound)), hn::Gt(magnitude, hn::Zero(D())));
  }

  /// Of a product in T's lowest numbers, where its error may lie below them: the same product and y, both
  /// 2^(2q-2) times as large. y is a multiple of 2^t: where it is not 0, a*b has no bit below 2^(t-2p+1), and
  /// the larger error is one of T. The smaller factor, which takes the power, is far from overflow.
  static HWY_INLINE M tiny_product_inexact(V a, V b, V y) {
    constexpr T unit = std::numeric_limits<T>::epsilon();
    const V larger = Base::set(1 / (unit * unit));
    const M swap = hn::Gt(hn::Abs(a), hn::Abs(b));
    const V low = hn::IfThenElse(swap, b, a), high = hn::IfThenElse(swap, a, b);
    const M lost = product_inexact<T>(hn::Mul(low, larger), high, hn::Mul(y, larger));
    return hn::Or(lost, hn::Eq(y, hn::Zero(D())));
  }

  const Context& context_;
  const FloatFacts<T>& facts_;
  Rounder rounder_;
};

/// a*b + c for 2p <= q: the product is exact, and the sum is rounded towards zero and taken to odd, except in
/// rup and rdn.
template <class T, template <class> class RounderOf>
class FusedStep : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using Rounder = RounderOf<T>;

 public:
  using typename Base::D, typename Base::V, typename Base::M;
  using Marks = typename Rounder::Marks;
  using Environment = HostRounding;

  static HWY_INLINE int environment(const Context& context) {
    const int host = facts_of<T>(context).host;
    return host == FE_TONEAREST ? FE_TOWARDZERO : host;
  }
  explicit HWY_INLINE FusedStep(const Context& context)
      : context_(context),
        facts_(facts_of<T>(context)),
        to_odd_(environment(context) == FE_TOWARDZERO),
        rounder_(facts_, environment(context)) {}

  HWY_INLINE V fma(V a, V b, V c, Marks& marks) const {
    const V product = hn::Mul(a, b);
    const M outside = hn::Or(non_zero_product_below(a, b, product, facts_.tiny_fused),
                             hn::Not(hn::Lt(hn::Abs(product), Base::set(facts_.huge))));
    V y = hn::Add(product, c);
    if (to_odd_) y = Base::marked(y, sum_inexact<T>(product, c, y));
    const V result = saturated(facts_, rounder_(y, marks), product, c);
    if (HWY_LIKELY(hn::AllFalse(D(), outside))) return result;
    return with_fallback<Base>(context_, Operator::fma, a, b, c, result, outside, marks);
  }

 private:
  const Context& context_;
  const FloatFacts<T>& facts_;
  bool to_odd_;
  Rounder rounder_;
};

/// The larger operand, the first of equal ones (-0 = +0); NaN traps.
template <class T>
struct FloatMaxStep {
  using D = hn::ScalableTag<T>;
  using Marks = RealMarks<D>;
  using Environment = HostRounding;
  static HWY_INLINE int environment(const Context& context) { return facts_of<T>(context).host; }
  explicit HWY_INLINE FloatMaxStep(const Context&) {}
  HWY_INLINE hn::Vec<D> max(hn::Vec<D> a, hn::Vec<D> b, Marks& marks) const {
    marks.add(hn::Or(hn::IsNaN(a), hn::IsNaN(b)));
    return hn::IfThenElse(hn::Gt(b, a), b, a);
  }
};

/// `Fused` rounds what `Rounder` does, in any mode and host's direction.
template <class T, template <class> class Rounder, template <class> class Fused>
void fill_step(LaneKernels& kernels, Context& context) {
  using Step = FloatStep<T, Rounder>;
  kernels.add = binary<Step, Operation::add>;
  kernels.sub = binary<Step, Operation::sub>;
  kernels.mul = binary<Step, Operation::mul>;
  kernels.div = binary<Step, Operation::div>;
  if constexpr (sizeof(T) == sizeof(double)) kernels.round_f64 = unary<Step>;
  kernels.sum = sum<Step>;
  kernels.dot = dot<Step>;
  kernels.weighted = weighted<Step>;
  if (2 * facts_of<T>(context).precision <= std::numeric_limits<T>::digits) {
    context.fma = ternary<FusedStep<T, Fused>>;
  }
}

template <class T>
void fill_float(LaneKernels& kernels, Context& context) {
  const FloatFacts<T>& facts = facts_of<T>(context);
  kernels.max = binary<FloatMaxStep<T>, Operation::max>;
  switch (facts.style) {
    case FloatStyle::none:
      return;
    case FloatStyle::magic:
      return facts.even ? fill_step<T, MagicEven, MagicAny>(kernels, context)
                        : fill_step<T, MagicAny, MagicAny>(kernels, context);
    case FloatStyle::aligned:
      return facts.even ? fill_step<T, AlignedEven, AlignedAny>(kernels, context)
                        : fill_step<T, AlignedAny, AlignedAny>(kernels, context);
    case FloatStyle::native:
      return fill_step<T, Native, AlignedAny>(kernels, context);
  }
}

}  // namespace roundoff::formats::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
