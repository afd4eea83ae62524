// The kernels of integer containers (integers-inl.hpp says why they are exact), compiled once per instruction
// set.
#include "formats/lanes/integer_kernels.hpp"

#include <algorithm>

// The order of these matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/lanes/integer_kernels.cpp"
#include "formats/lanes/targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "formats/lanes/integers-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::formats::lanes::HWY_NAMESPACE {

template <class T>
struct MaxStep {
  using D = hn::ScalableTag<T>;
  using Marks = NoMarks<D>;
  using Environment = NoEnvironment;
  static HWY_INLINE int environment(const Context&) { return 0; }
  explicit HWY_INLINE MaxStep(const Context&) {}
  HWY_INLINE hn::Vec<D> max(hn::Vec<D> a, hn::Vec<D> b, Marks&) const { return hn::Max(a, b); }
};

template <class T, Ties ties, Bound bound>
void fill_step(LaneKernels& kernels, Context& context) {
  using Step = IntegerStep<T, ties, bound>;
  kernels.add = binary<Step, Operation::add>;
  kernels.sub = binary<Step, Operation::sub>;
  kernels.mul = binary<Step, Operation::mul>;
  kernels.max = binary<MaxStep<T>, Operation::max>;
  context.fma = ternary<Step>;
  if constexpr (bound != Bound::any) {
    kernels.sum = sum<Step>;
    kernels.dot = dot<Step>;
    kernels.weighted = weighted<Step>;
  }
}

template <class T, Bound bound>
void fill_bound(LaneKernels& kernels, Context& context) {
  if (context.format.rounding == Rounding::rne) return fill_step<T, Ties::parity, bound>(kernels, context);
  fill_step<T, Ties::sign, bound>(kernels, context);
}

template <class T>
void fill_container(LaneKernels& kernels, Context& context) {
  if (!context.format.saturates()) return fill_bound<T, Bound::any>(kernels, context);
  if (context.integers.highest == std::numeric_limits<T>::max()) {
    return fill_bound<T, Bound::saturate_full>(kernels, context);
  }
  fill_bound<T, Bound::saturate>(kernels, context);
}

void fill_integer(LaneKernels& kernels, Context& context) {
  switch (context.container) {
    case Container::i16:
      return fill_container<std::int16_t>(kernels, context);
    case Container::i32:
      return fill_container<std::int32_t>(kernels, context);
    default:
      return;
  }
}

#if HWY_TARGET == HWY_SCALAR
// int64 products take two words of the processor: nothing is gained by vectors.
void fill_int64(LaneKernels& kernels, Context& context) {
  fill_bound<std::int64_t, Bound::any>(kernels, context);
}
#endif

}  // namespace roundoff::formats::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace roundoff::formats::lanes {
namespace {

/// Derives the constants of the kernels; false where an inequality of integers-inl.hpp does not hold.
bool derive(LaneKernels::Context& context) {
  const Format& format = context.format;
  const int width = 8 * static_cast<int>(size_of(context.container));
  const int fraction = -format.quantum;
  // An exact sum must not leave the container before it is compared; kernels of int16 and int32 know how to
  // saturate.
  const bool may_fill = context.container != Container::i64 && format.saturates();
  const bool fits = format.precision < width - 1 || may_fill || format.overflow == Overflow::wrap;
  if (fraction < 0 || fraction > width - 1 || format.overflow == Overflow::inf || !fits) return false;

  IntegerFacts& facts = context.integers;
  facts.fraction = fraction;
  facts.highest = context.integer_of(format.highest);
  facts.lowest = context.integer_of(format.lowest);
  if (fraction <= width - 2 && std::int64_t{1} << fraction <= facts.highest)
    facts.one = std::int64_t{1} << fraction;
  facts.is_signed = facts.lowest < 0;
  facts.wrap_shift = width - format.bits;
  facts.overflow = format.saturates() ? Overflow::sat : format.overflow;
  const std::int64_t extreme = std::max(facts.highest, -facts.lowest);
  facts.narrow = fraction == 0 && width <= 32 && extreme * extreme < std::int64_t{1} << (width - 1);
  if (fraction == 0) return true;
  // Of a word: its top bit, half a unit, is 2^(width-1).
  const std::uint64_t half = std::uint64_t{1} << (width - 1);
  facts.limit = half;
  switch (format.rounding) {
    case Rounding::rne:
      break;
    case Rounding::rna:
      facts.positive = 1;
      break;
    case Rounding::rnz:
      facts.negative = 1;
      break;
    case Rounding::rtz:
      facts.limit = 0;
      facts.positive_rounds = false;
      break;
    case Rounding::rup:
      facts.limit = 0;
      break;
    case Rounding::rdn:
      facts.limit = 2 * half - 1;
      break;
    case Rounding::rod:
      facts.to_odd = true;
      break;
    case Rounding::sr:
    case Rounding::sra:
    case Rounding::srb:
    case Rounding::src:
      return false;
  }
  return true;
}

}  // namespace

bool fill_integer(LaneKernels& kernels, LaneKernels::Context& context) {
  if (!derive(context)) return false;
  if (context.container == Container::i64) {
    N_SCALAR::fill_int64(kernels, context);
    return true;
  }
  ROUNDOFF_BY_ISA(context.isa, fill_integer(kernels, context));
  return true;
}

}  // namespace roundoff::formats::lanes
#endif  // HWY_ONCE
