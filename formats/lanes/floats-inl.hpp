// Rounded arithmetic in float and double: an operation delivers y (float_facts.hpp says how, and why that is
// enough), a rounder makes it a member.
#if defined(ROUNDOFF_LANES_FLOATS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROUNDOFF_LANES_FLOATS_INL
#undef ROUNDOFF_LANES_FLOATS_INL
#else
#define ROUNDOFF_LANES_FLOATS_INL
#endif

#include <cmath>

#include "formats/lanes/float_rounding-inl.hpp"
#include "formats/lanes/host_rounding.hpp"
#include "formats/lanes/redo.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::lanes::HWY_NAMESPACE {

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

/// How y relates to the exact result in nearest modes.
enum class Reach : std::uint8_t { direct, odd };

template <class T, template <class> class RounderOf, Reach reach>
class FloatStep : public FloatVectors<T> {
  using Base = FloatVectors<T>;
  using Rounder = RounderOf<T>;

 public:
  using typename Base::D, typename Base::V, typename Base::U, typename Base::M;
  using Marks = typename Rounder::Marks;
  using Environment = HostRounding;
  static constexpr std::size_t block = 4;
  static constexpr bool integer_weights = false;
  static constexpr bool asks_underflow = false;

  static HWY_INLINE int environment(const Context& context) { return facts_of<T>(context).host; }

  explicit HWY_INLINE FloatStep(const Context& context)
      : context_(context), facts_(facts_of<T>(context)), rounder_(facts_) {}

  HWY_INLINE V add(V a, V b, Marks& marks) const { return add_wide(a, b, facts_.mends_ties, marks); }
  HWY_INLINE V sub(V a, V b, Marks& marks) const { return add(a, hn::Neg(b), marks); }

  HWY_INLINE V mul(V a, V b, Marks& marks) const {
    V y = hn::Mul(a, b);
    const M tiny = tiny_product(a, b, y);
    M inexact = Base::never();
    if constexpr (reach == Reach::odd) {
      y = to_odd(y, fused(D(), a, b, hn::Neg(y)));
    } else if (is_odd_mode() && 2 * facts_.precision > std::numeric_limits<T>::digits) {
      inexact = non_zero(fused(D(), a, b, hn::Neg(y)));
    }
    V result = rounder_(y, inexact, marks);
    if (facts_.tiny_product != 0 && HWY_UNLIKELY(!hn::AllFalse(D(), tiny))) {
      result = again(Operator::mul, a, b, a, result, tiny, marks);
    }
    return result;
  }

  HWY_INLINE V div(V a, V b, Marks& marks) const {
    V y = hn::Div(a, b);
    M tiny = non_zero_below(y, facts_.tiny_quotient);
    M inexact = Base::never();
    if constexpr (reach == Reach::odd) {
      // x - y has the sign of the remainder over b; the remainder is exact.
      const V remainder = fused(D(), hn::Neg(y), b, a);
      y = to_odd(y, hn::Xor(remainder, hn::And(b, hn::SignBit(D()))));
      tiny = hn::Or(tiny, non_zero_below(a, facts_.tiny_dividend));
    } else if (is_odd_mode()) {
      inexact = non_zero(fused(D(), hn::Neg(y), b, a));
      tiny = hn::Or(tiny, non_zero_below(a, facts_.tiny_dividend));
    }
    V result = rounder_(y, inexact, marks);
    // An infinity that arises from a finite number over zero is a rule of its own.
    const M infinite = hn::And(hn::Eq(hn::Abs(y), infinity()), hn::Lt(hn::Abs(a), infinity()));
    const M pole = hn::And(hn::Eq(b, hn::Zero(D())), infinite);
    result = hn::IfThenElse(pole, hn::CopySign(Base::set(facts_.pole), y), result);
    if (facts_.traps_overflow && facts_.symmetric) marks.add(pole);
    if (!facts_.symmetric) tiny = hn::Or(tiny, pole);  // x/0 is not odd in x: by definition
    if ((facts_.tiny_quotient != 0 || !facts_.symmetric) && HWY_UNLIKELY(!hn::AllFalse(D(), tiny))) {
      result = again(Operator::div, a, b, a, result, tiny, marks);
    }
    return result;
  }

  /// 2p <= q only: the product is exact.
  HWY_INLINE V fma(V a, V b, V c, Marks& marks) const {
    const V product = hn::Mul(a, b);
    const M outside = hn::Or(non_zero_product_below(a, b, product, facts_.tiny_fused),
                             hn::Not(hn::Lt(hn::Abs(product), Base::set(facts_.huge))));
    V y = hn::Add(product, c);
    M inexact = Base::never();
    if (is_odd_mode()) {
      inexact = sum_inexact(product, c, y);
    } else if (facts_.host == FE_TONEAREST) {
      y = to_odd(y, sum_error(product, c, y));
    }
    const V result = rounder_(y, inexact, marks);
    if (HWY_LIKELY(hn::AllFalse(D(), outside))) return result;
    return again(Operator::fma, a, b, c, result, outside, marks);
  }

  /// A number of T into the format.
  HWY_INLINE V round(V x, Marks& marks) const { return rounder_(x, Base::never(), marks); }

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
  HWY_INLINE bool is_odd_mode() const { return facts_.rounding == Rounding::rod; }

  /// Neither zero nor NaN (what an error is where a result is infinite).
  static HWY_INLINE M non_zero(V error) { return hn::Gt(hn::Abs(error), hn::Zero(D())); }
  static HWY_INLINE M non_zero_below(V v, T bound) {
    const V magnitude = hn::Abs(v);
    return hn::And(hn::Lt(magnitude, Base::set(bound)), hn::Gt(magnitude, hn::Zero(D())));
  }

  /// Likewise, but also where the product of non-zero numbers has become 0.
  static HWY_INLINE M non_zero_product_below(V a, V b, V product, T bound) {
    const V zero = hn::Zero(D());
    return hn::And(hn::Lt(hn::Abs(product), Base::set(bound)), hn::And(hn::Ne(a, zero), hn::Ne(b, zero)));
  }
  /// Where the product may have lost bits below T. (To nearest, what became 0 is 0 in the format; under rod
  /// it is not.)
  HWY_INLINE M tiny_product(V a, V b, V product) const {
    return is_odd_mode() ? non_zero_product_below(a, b, product, facts_.tiny_product)
                         : non_zero_below(product, facts_.tiny_product);
  }

  /// a + b - y for y = a + b rounded to nearest, exactly, whichever is larger (Knuth's TwoSum).
  static HWY_INLINE V sum_error(V a, V b, V y) {
    const V b_part = hn::Sub(y, a);
    const V a_part = hn::Sub(y, b_part);
    return hn::Add(hn::Sub(a, a_part), hn::Sub(b, b_part));
  }
  /// y = a + b was not exact, in any rounding: of the larger operand, y minus it is exact, and so not the
  /// other one.
  static HWY_INLINE M sum_inexact(V a, V b, V y) {
    return hn::Or(hn::Ne(hn::Sub(y, a), b), hn::Ne(hn::Sub(y, b), a));
  }

  /// y one unit of T towards the exact y + error.
  static HWY_INLINE V nudged(V y, V error) {
    const hn::RebindToSigned<D> di;
    // Patterns of numbers with a sign bit count magnitudes: up for an error of the same sign, down for
    // another.
    const auto opposite = hn::BroadcastSignBit(hn::BitCast(di, hn::Xor(y, error)));
    return hn::BitCast(D(), hn::Add(hn::BitCast(di, y), hn::Or(opposite, hn::Set(di, 1))));
  }

  /// y rounded to nearest, made rounded to odd. (NaN in `error`: y is infinite or NaN, and stays.)
  static HWY_INLINE V to_odd(V y, V error) {
    const U last = hn::And(Base::bits(y), Base::set_bits(1));
    const M even = hn::RebindMask(D(), hn::Eq(last, Base::set_bits(0)));
    return hn::IfThenElse(hn::And(non_zero(error), even), nudged(y, error), y);
  }

  HWY_INLINE V add_wide(V a, V b, bool mends, Marks& marks) const {
    V y = hn::Add(a, b);
    M inexact = Base::never();
    if constexpr (reach == Reach::odd) {
      y = to_odd(y, sum_error(a, b, y));
    } else if (is_odd_mode()) {
      inexact = sum_inexact(a, b, y);
    } else if (mends) {
      const U rest = hn::And(Base::bits(y), Base::set_bits((typename Base::Bits{1} << facts_.dropped) - 1));
      const auto tie = hn::Eq(rest, Base::set_bits(typename Base::Bits{1} << (facts_.dropped - 1)));
      if (HWY_UNLIKELY(!hn::AllFalse(typename Base::DU(), tie))) {
        const V error = sum_error(a, b, y);
        const M apart = hn::And(hn::RebindMask(D(), tie), non_zero(error));
        y = hn::IfThenElse(apart, nudged(y, error), y);
      }
    }
    return rounder_(y, inexact, marks);
  }

  HWY_NOINLINE V again(Operator op, V a, V b, V c, V result, M lanes, Marks& marks) const {
    constexpr std::size_t n = hn::MaxLanes(D());
    HWY_ALIGN T x[n], y[n], z[n], r[n];
    hn::Store(a, D(), x);
    hn::Store(b, D(), y);
    hn::Store(c, D(), z);
    hn::Store(result, D(), r);
    HWY_ALIGN typename Base::Bits flags[n];
    hn::Store(Base::bits(hn::VecFromMask(D(), lanes)), typename Base::DU(), flags);
    std::uint8_t chosen[n], trapped[n] = {};
    for (std::size_t i = 0; i < n; ++i) chosen[i] = flags[i] != 0;
    redo(context_, op, x, y, z, r, chosen, n, trapped);
    for (std::size_t i = 0; i < n; ++i) flags[i] = trapped[i];
    marks.add(hn::RebindMask(D(), hn::Ne(hn::Load(typename Base::DU(), flags), Base::set_bits(0))));
    return hn::Load(D(), r);
  }

  const Context& context_;
  const FloatFacts<T>& facts_;
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

template <class T, template <class> class Rounder, Reach reach>
void fill_step(LaneKernels& kernels, Context& context) {
  using Step = FloatStep<T, Rounder, reach>;
  kernels.add = binary<Step, Operation::add>;
  kernels.sub = binary<Step, Operation::sub>;
  kernels.mul = binary<Step, Operation::mul>;
  const FloatFacts<T>& facts = facts_of<T>(context);
  kernels.div = binary<Step, Operation::div>;
  if constexpr (sizeof(T) == sizeof(double)) kernels.round_f64 = unary<Step>;
  if constexpr (reach == Reach::direct) {
    if (2 * facts.precision <= std::numeric_limits<T>::digits) context.fma = ternary<Step>;
    kernels.sum = sum<Step>;
    kernels.dot = dot<Step>;
    kernels.weighted = weighted<Step>;
  }
}

template <class T>
void fill_float(LaneKernels& kernels, Context& context) {
  const FloatFacts<T>& facts = facts_of<T>(context);
  kernels.max = binary<FloatMaxStep<T>, Operation::max>;
  if constexpr (sizeof(T) == 8) {
    if (facts.odd && facts.style == FloatStyle::magic)
      return fill_step<T, Magic, Reach::odd>(kernels, context);
    if (facts.odd && facts.style == FloatStyle::aligned)
      return fill_step<T, Aligned, Reach::odd>(kernels, context);
  }
  switch (facts.style) {
    case FloatStyle::none:
      return;
    case FloatStyle::magic:
      return facts.even ? fill_step<T, MagicEven, Reach::direct>(kernels, context)
                        : fill_step<T, Magic, Reach::direct>(kernels, context);
    case FloatStyle::aligned:
      return facts.even ? fill_step<T, AlignedEven, Reach::direct>(kernels, context)
                        : fill_step<T, Aligned, Reach::direct>(kernels, context);
    case FloatStyle::native:
      return fill_step<T, Native, Reach::direct>(kernels, context);
  }
}

}  // namespace roundoff::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
