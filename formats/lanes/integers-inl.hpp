// Rounded arithmetic on integers: uniform formats (fixed, twos, ufixed, F(0,s)) in int16, int32, int64.
//
// A member is an integer S, the number S * 2^-f. With w bits in the container and f < w:
// - a sum of two members is an integer: no rounding, only overflow;
// - a product is an integer of at most 2w-1 bits, kept as two vectors (high, low). Its floor is what stays
//   when the last f bits are dropped; one comparison of the dropped bits decides whether the result is the floor
//   or the integer above it. The dropped bits d stand at the top of a word whose last bit is free (f < w),
//   and h is that word's top bit, half a unit:
//     rne  d | last bit of the floor > h      a tie goes up where the floor is odd
//     rna  d | not negative > h               a tie goes up, away from zero, where the product is positive
//     rnz  d | negative > h                   and the other way round
//     rup  d > 0      rtz  d > 0, of negative products      rdn  never
//   rod takes the floor, and sets its last bit where anything was dropped: of floor and ceiling that is the
//   odd one. |S| <= 2^(w-1), so a product is at most 2^(2w-2), and with a member times 2^f (fma) stays below
//   2^(2w-1): two words hold it. Its floor fits one word exactly where -2^(f-1) <= high < 2^(f-1); what does
//   not is far outside the format.
#if defined(ROUNDOFF_LANES_INTEGERS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROUNDOFF_LANES_INTEGERS_INL
#undef ROUNDOFF_LANES_INTEGERS_INL
#else
#define ROUNDOFF_LANES_INTEGERS_INL
#endif

#include <limits>

#include "formats/lanes/loops-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::formats::lanes::HWY_NAMESPACE {

/// What settles a tie: rne asks the last bit that stays, the others at most the sign.
enum class Ties : std::uint8_t { parity, sign };
/// What happens outside [lowest, highest]. `saturate_full`: highest is the largest int of the container, so
/// that a sum may leave the container. `any`: what the format says, decided at run time; a trap then needs a
/// bit to spare.
enum class Bound : std::uint8_t { saturate, saturate_full, any };

/// A vector of integers of twice the width.
template <class V>
struct Wide {
  V high, low;
};

/// The exact product, lane by lane.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Wide<V> product_by_lane(D d, V a, V b) {
  using T = hn::TFromD<D>;
  using Twice = std::conditional_t<sizeof(T) == 8, i128, std::int64_t>;
  HWY_ALIGN T left[hn::MaxLanes(d)];
  HWY_ALIGN T right[hn::MaxLanes(d)];
  hn::Store(a, d, left);
  hn::Store(b, d, right);
  for (std::size_t i = 0; i < hn::MaxLanes(d); ++i) {
    const Twice product = static_cast<Twice>(left[i]) * right[i];
    left[i] = static_cast<T>(product >> (8 * sizeof(T)));
    right[i] = static_cast<T>(product);
  }
  return {hn::Load(d, left), hn::Load(d, right)};
}

/// The exact product.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Wide<V> widening_product(D d, V a, V b) {
  using T = hn::TFromD<D>;
  if constexpr (hn::MaxLanes(d) == 1 || sizeof(T) == 8) {
    return product_by_lane(d, a, b);
  } else if constexpr (sizeof(T) == 2) {
    return {hn::MulHigh(a, b), hn::Mul(a, b)};
  } else {
    const hn::Repartition<std::uint64_t, D> pairs;
    const auto even = hn::BitCast(pairs, hn::MulEven(a, b));
    const V odd_a = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(pairs, a)));
    const V odd_b = hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(pairs, b)));
    const auto odd = hn::BitCast(pairs, hn::MulEven(odd_a, odd_b));
    return {hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even))),
            hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even))};
  }
}

template <class T, Ties ties, Bound bound>
class IntegerStep {
 public:
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  using M = hn::Mask<D>;
  using Marks = std::conditional_t<bound == Bound::any, RealMarks<D>, NoMarks<D>>;
  using Environment = NoEnvironment;
  static constexpr std::size_t block = 4;
  static constexpr bool integer_weights = true;
  static constexpr bool may_fail = false;

  static HWY_INLINE int environment(const Context&) { return 0; }

  explicit HWY_INLINE IntegerStep(const Context& context)
      : facts_(context.integers),
        highest_(hn::Set(D(), static_cast<T>(facts_.highest))),
        lowest_(hn::Set(D(), static_cast<T>(facts_.lowest))),
        most_(hn::Set(D(), static_cast<T>((std::int64_t{1} << facts_.fraction) / 2 - 1))),
        least_(hn::Set(D(), static_cast<T>(-(std::int64_t{1} << facts_.fraction) / 2))),
        limit_(hn::Set(DU(), static_cast<U>(facts_.limit))),
        negative_(hn::Set(D(), static_cast<T>(facts_.negative))),
        positive_(hn::Set(D(), static_cast<T>(facts_.positive))),
        kept_(hn::Set(D(), static_cast<T>(facts_.positive_rounds ? -1 : 0))) {}

  HWY_INLINE V add(V a, V b, Marks& marks) const {
    if constexpr (bound == Bound::saturate_full) {
      return hn::Max(saturated_add(a, b), lowest_);
    } else {
      return bounded(hn::Add(a, b), marks);
    }
  }

  HWY_INLINE V sub(V a, V b, Marks& marks) const {
    if constexpr (bound == Bound::saturate_full) {
      return hn::Max(saturated_sub(a, b), lowest_);
    } else {
      return bounded(hn::Sub(a, b), marks);
    }
  }

  HWY_INLINE V mul(V a, V b, Marks& marks) const {
    if (facts_.narrow) return bounded(hn::Mul(a, b), marks);
    return rounded(widening_product(D(), a, b), marks);
  }

  HWY_INLINE V fma(V a, V b, V c, Marks& marks) const {
    const auto product = widening_product(D(), a, b);
    const auto [high, low] = shifted_up(c);
    const V sum = hn::Add(product.low, low);
    return rounded({hn::Add(hn::Add(product.high, high), carry(sum, low)), sum}, marks);
  }

  HWY_INLINE V nothing() const { return hn::Zero(D()); }

  HWY_INLINE Weight classify(T weight) const {
    if (weight == 0) return Weight::zero;
    if (weight == facts_.one) return Weight::one;
    // s - x is s + (-x) on bits where -x is a member.
    if (weight == -facts_.one && facts_.lowest == -facts_.highest) return Weight::minus_one;
    const std::int64_t magnitude = weight < 0 ? -static_cast<std::int64_t>(weight) : weight;
    const std::int64_t extreme = facts_.highest < -facts_.lowest ? -facts_.lowest : facts_.highest;
    const std::int64_t integer = magnitude >> facts_.fraction;
    if ((integer << facts_.fraction) == magnitude && integer <= std::numeric_limits<T>::max() / extreme) {
      return Weight::integer;
    }
    // |w| <= 1 and a symmetric range; rounding |w*x| <= |x| to an integer cannot pass the member |x|.
    if (magnitude <= facts_.one && facts_.lowest == -facts_.highest) return Weight::below_one;
    return Weight::general;
  }

  template <Weight kind>
  HWY_INLINE V weighted(V sum, V weight, V x, Marks& marks) const {
    if constexpr (kind == Weight::one) {
      return add(sum, x, marks);
    } else if constexpr (kind == Weight::minus_one) {
      return sub(sum, x, marks);
    } else if constexpr (kind == Weight::integer) {
      const V integer = arithmetic_shift(weight, facts_.fraction);
      return add(sum, bounded(hn::Mul(integer, x), marks), marks);
    } else if constexpr (kind == Weight::below_one) {
      return add(sum, unbounded<false>(widening_product(D(), weight, x)), marks);
    } else {
      return add(sum, mul(weight, x, marks), marks);
    }
  }

 private:
  static constexpr int width = 8 * sizeof(T);
  using U = std::make_unsigned_t<T>;
  using DU = hn::ScalableTag<U>;

  static HWY_INLINE V arithmetic_shift(V v, int count) { return hn::ShiftRightSame(v, count); }
  static HWY_INLINE V logical_shift(V v, int count) {
    return hn::BitCast(D(), hn::ShiftRightSame(hn::BitCast(DU(), v), count));
  }
  /// 1 where low + addend = sum has carried.
  static HWY_INLINE V carry(V sum, V addend) {
    return hn::Neg(
        hn::BitCast(D(), hn::VecFromMask(DU(), hn::Lt(hn::BitCast(DU(), sum), hn::BitCast(DU(), addend)))));
  }
  HWY_INLINE Wide<V> shifted_up(V c) const {
    return {hn::ShiftRightSame(hn::ShiftRight<1>(c), width - 1 - facts_.fraction),
            hn::ShiftLeftSame(c, facts_.fraction)};
  }

  static HWY_INLINE V saturated_add(V a, V b) {
    if constexpr (sizeof(T) == 2) {
      return hn::SaturatedAdd(a, b);
    } else {
      const V sum = hn::Add(a, b);
      const V overflowed = hn::And(hn::Xor(a, sum), hn::Xor(b, sum));  // like signs in, another out
      return hn::IfNegativeThenElse(overflowed, extreme_against(sum), sum);
    }
  }
  static HWY_INLINE V saturated_sub(V a, V b) {
    if constexpr (sizeof(T) == 2) {
      return hn::SaturatedSub(a, b);
    } else {
      const V difference = hn::Sub(a, b);
      const V overflowed = hn::And(hn::Xor(a, b), hn::Xor(a, difference));
      return hn::IfNegativeThenElse(overflowed, extreme_against(difference), difference);
    }
  }
  /// The smallest or largest int of the container, by the sign of what has wrapped around.
  static HWY_INLINE V extreme_against(V wrapped) {
    return hn::Xor(hn::BroadcastSignBit(wrapped), hn::Set(D(), std::numeric_limits<T>::min()));
  }

  /// An exact result in the container, into the format.
  HWY_INLINE V bounded(V exact, Marks& marks) const {
    if (bound == Bound::any && facts_.overflow == Overflow::wrap) {
      if (!facts_.is_signed) return hn::And(exact, highest_);
      return arithmetic_shift(hn::ShiftLeftSame(exact, facts_.wrap_shift), facts_.wrap_shift);
    }
    const V inside = hn::Min(hn::Max(exact, lowest_), highest_);
    if (bound == Bound::any && facts_.overflow == Overflow::trap) marks.add(hn::Ne(inside, exact));
    return inside;
  }

  /// The product's floor and dropped bits, rounded: right wherever the result is in the container. With
  /// `capped`, a floor from the highest member on stays where it is, so that nothing wraps around.
  template <bool capped>
  HWY_INLINE V unbounded(Wide<V> product) const {
    if (facts_.fraction == 0) return product.low;
    const int f = facts_.fraction;
    const V floor = hn::Or(hn::ShiftLeftSame(product.high, width - f), logical_shift(product.low, f));
    V dropped = hn::ShiftLeftSame(product.low, width - f);
    const V one = hn::Set(D(), T{1});
    if constexpr (ties == Ties::parity) {
      dropped = hn::Or(dropped, hn::And(floor, one));
    } else {
      if (facts_.to_odd) {
        return hn::Or(floor, hn::IfThenElseZero(hn::Ne(dropped, hn::Zero(D())), one));
      }
      const V sign = hn::BroadcastSignBit(product.high);
      dropped = hn::Or(hn::And(dropped, hn::Or(sign, kept_)),
                       hn::Or(hn::And(sign, negative_), hn::AndNot(sign, positive_)));
    }
    M up = hn::RebindMask(D(), hn::Gt(hn::BitCast(DU(), dropped), limit_));
    if (capped || (bound == Bound::any && facts_.overflow == Overflow::sat)) {
      up = hn::And(up, hn::Lt(floor, highest_));
    }
    return hn::Sub(floor, hn::VecFromMask(D(), up));
  }

  HWY_INLINE V rounded(Wide<V> product, Marks& marks) const {
    const V result = bounded(unbounded<bound != Bound::any>(product), marks);
    if (bound == Bound::any && facts_.overflow == Overflow::wrap) return result;
    M above, below;
    if (facts_.fraction == 0) {
      const V sign = hn::BroadcastSignBit(product.low);
      above = hn::Gt(product.high, sign);
      below = hn::Lt(product.high, sign);
    } else {
      above = hn::Gt(product.high, most_);
      below = hn::Lt(product.high, least_);
    }
    if (bound == Bound::any && facts_.overflow == Overflow::trap) marks.add(hn::Or(above, below));
    return hn::IfThenElse(above, highest_, hn::IfThenElse(below, lowest_, result));
  }

  IntegerFacts facts_;
  V highest_, lowest_, most_, least_;
  hn::Vec<DU> limit_;
  V negative_, positive_, kept_;
};

}  // namespace roundoff::formats::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
