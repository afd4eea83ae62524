// The loops of all kernels, once per instruction set: over vectors of lanes for an operation, and over blocks
// of lanes and then terms for a reduction, so that the accumulators of a block stay in registers while its
// terms stream by. What an operation does to a vector is the business of a *step*, a class with
//
//   using D;                             the Highway tag of its vectors
//   using Marks;                         what remembers the lanes that trap (empty where nothing can trap)
//   static constexpr std::size_t block;  vectors of accumulators in a reduction
//   explicit Step(const Context&);       loads its constants
//   using Environment;                   a guard around the loop, made from environment(const Context&)
//   V add(V, V, Marks&) const;           likewise sub, mul, div
//   V fma(V a, V b, V c, Marks&) const;  a*b + c, rounded once
//
// and for reductions
//
//   V nothing() const;                   add(nothing(), x) = x on bits for every x
//   static constexpr bool integer_weights;  whether `classify` says integer and below_one
//   Weight classify(T weight) const;     how a constant weight simplifies a product
//   V weighted<Weight>(V sum, V weight, V x, Marks&) const;  add(sum, mul(weight, x)) on the same bits
//   V finish(V sum) const;               (optional) what is left to do to a block's results
//   static constexpr bool may_fail;      whether a block may fail, with begin(), failed(), Marks::failed() and
//                                        failed(V sum) to tell: fallback_reductions.hpp then does it
//
// Arrays that end within a vector or block are finished in a padded copy (padded.hpp). Every function says HWY_INLINE or
// is called through a pointer: code compiled for an instruction set must not leak into functions shared with
// others.
#if defined(ROUNDOFF_LANES_LOOPS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROUNDOFF_LANES_LOOPS_INL
#undef ROUNDOFF_LANES_LOOPS_INL
#else
#define ROUNDOFF_LANES_LOOPS_INL
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include <hwy/highway.h>

#include "formats/lanes/context.hpp"
#include "formats/lanes/fallback_reductions.hpp"
#include "formats/lanes/padded.hpp"

HWY_BEFORE_NAMESPACE();
namespace roundoff::formats::lanes::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Context = LaneKernels::Context;

/// The lanes that trap: any bit set in a lane of `bits`.
template <class D>
struct RealMarks {
  hn::Vec<D> bits;
  HWY_INLINE RealMarks()
      : bits(hn::Zero(D())) {}  // an implicit constructor would miss the target's attributes
  HWY_INLINE void add(hn::Mask<D> mask) { bits = hn::Or(bits, hn::VecFromMask(D(), mask)); }
  /// Sets the bytes of the first `count` lanes that are marked.
  HWY_INLINE void write(std::uint8_t* trapped, std::size_t count) const {
    if (trapped == nullptr) return;
    const hn::RebindToSigned<D> di;
    HWY_ALIGN hn::TFromD<decltype(di)> lanes[hn::MaxLanes(di)];
    hn::Store(hn::BitCast(di, bits), di, lanes);
    for (std::size_t i = 0; i < count; ++i) {
      if (lanes[i] != 0) trapped[i] = 1;
    }
  }
};

template <class D>
struct NoMarks {
  HWY_INLINE void add(hn::Mask<D>) {}
  HWY_INLINE void write(std::uint8_t*, std::size_t) const {}
};

/// The environment of integers: any.
struct NoEnvironment {
  explicit HWY_INLINE NoEnvironment(int) {}
  HWY_INLINE ~NoEnvironment() {}
};

HWY_INLINE std::uint8_t* at(std::uint8_t* trapped, std::size_t first) {
  return trapped == nullptr ? nullptr : trapped + first;
}

/// Up to three operands of an operation on vectors, whole ones; Op::run(step, x, y, z, marks).
template <class Step, class Op>
void each_vector(const Context& context, const void* a, const void* b, const void* c, void* out,
                 std::size_t count, std::uint8_t* trapped) {
  const typename Step::Environment guard(Step::environment(context));
  const Step step(context);
  const typename Step::D d;
  using T = hn::TFromD<typename Step::D>;
  constexpr std::size_t lanes = hn::MaxLanes(d);
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto load = [&](const void* array) { return hn::LoadU(d, static_cast<const T*>(array) + i); };
    typename Step::Marks marks;
    hn::StoreU(Op::run(step, load(a), load(b), load(c), marks), d, static_cast<T*>(out) + i);
    marks.write(at(trapped, i), lanes);
  }
}

#define ROUNDOFF_LANES_OPERATION(NAME, ...)                                  \
  struct NAME {                                                              \
    template <class Step, class V, class Marks>                              \
    static HWY_INLINE V run(const Step& step, V x, V y, V z, Marks& marks) { \
      static_cast<void>(y);                                                  \
      static_cast<void>(z);                                                  \
      return step.NAME(__VA_ARGS__, marks);                                  \
    }                                                                        \
  };
struct Operation {
  ROUNDOFF_LANES_OPERATION(add, x, y)
  ROUNDOFF_LANES_OPERATION(sub, x, y)
  ROUNDOFF_LANES_OPERATION(mul, x, y)
  ROUNDOFF_LANES_OPERATION(div, x, y)
  ROUNDOFF_LANES_OPERATION(max, x, y)
  ROUNDOFF_LANES_OPERATION(fma, x, y, z)
  ROUNDOFF_LANES_OPERATION(round, x)
};
#undef ROUNDOFF_LANES_OPERATION

template <class Step>
constexpr std::size_t lanes_of = hn::MaxLanes(typename Step::D());

template <class Step, class Op>
void binary(const Context& context, const void* a, const void* b, void* out, std::size_t count,
            std::uint8_t* trapped) {
  each_lane(context, each_vector<Step, Op>, lanes_of<Step>, a, b, b, out, count, trapped);
}

template <class Step>
void unary(const Context& context, const void* a, void* out, std::size_t count, std::uint8_t* trapped) {
  each_lane(context, each_vector<Step, Operation::round>, lanes_of<Step>, a, a, a, out, count, trapped);
}

template <class Step>
void ternary(const Context& context, const void* a, const void* b, const void* c, void* out,
             std::size_t count, std::uint8_t* trapped) {
  each_lane(context, each_vector<Step, Operation::fma>, lanes_of<Step>, a, b, c, out, count, trapped);
}

/// One block of a reduction: sizeof...(I) vectors of accumulators, from lane `first` on. What a term adds is the
/// business of `Adds`, one of the classes below.
template <class Step, class Adds, std::size_t... I>
HWY_INLINE void reduce_block(const Context& context, const Step& step, const Terms& terms,
                             std::size_t terms_count, void* out, std::size_t first, std::uint8_t* trapped,
                             std::index_sequence<I...> vectors) {
  const typename Step::D d;
  constexpr std::size_t lanes = hn::MaxLanes(d);
  if constexpr (Step::may_fail) step.begin();
  typename Step::Marks marks[sizeof...(I)];
  hn::Vec<typename Step::D> sums[sizeof...(I)] = {((void)I, step.nothing())...};
  for (std::size_t j = 0; j < terms_count;) {
    // What may fail is asked now and then: failing may be slow, and then need not last.
    const std::size_t end = Step::may_fail && terms_count - j > 32 ? j + 32 : terms_count;
    for (; j < end; ++j) Adds::add(step, terms, j, first, sums, marks, vectors);
    if constexpr (Step::may_fail) {
      if (HWY_UNLIKELY(step.failed() || (marks[I].failed() || ...) || (step.failed(sums[I]) || ...))) {
        return Adds::fall_back(context, terms, terms_count, first, sizeof...(I) * lanes, out, trapped);
      }
    }
  }
  if constexpr (requires { step.finish(sums[0]); }) ((sums[I] = step.finish(sums[I])), ...);
  auto* to = static_cast<hn::TFromD<typename Step::D>*>(out) + first;
  (hn::StoreU(sums[I], d, to + I * lanes), ...);
  (marks[I].write(at(trapped, first + I * lanes), lanes), ...);
}

template <class Step, class Adds>
void reduce_blocks(const Context& context, const Terms& terms, std::size_t terms_count, void* out,
                   std::size_t count, std::uint8_t* trapped) {
  const typename Step::Environment guard(Step::environment(context));
  const Step step(context);
  constexpr std::size_t unit = Step::block * lanes_of<Step>;
  for (std::size_t i = 0; i < count; i += unit) {
    reduce_block<Step, Adds>(context, step, terms, terms_count, out, i, trapped,
                             std::make_index_sequence<Step::block>());
  }
}

template <class D>
HWY_INLINE hn::Vec<D> load_vector(D d, const void* array, std::size_t first, std::size_t v) {
  return hn::LoadU(d, static_cast<const hn::TFromD<D>*>(array) + first + v * hn::MaxLanes(d));
}

struct AddsTerms {
  static void fall_back(const Context& context, const Terms& terms, std::size_t terms_count,
                        std::size_t first, std::size_t count, void* out, std::uint8_t* trapped) {
    fallback_sum(context, terms.x, terms_count, first, count, out, trapped);
  }

  template <class Step, class V, class Marks, std::size_t... I>
  static HWY_INLINE void add(const Step& step, const Terms& terms, std::size_t j, std::size_t first, V* sums,
                             Marks* marks, std::index_sequence<I...>) {
    ((sums[I] = step.add(sums[I], load_vector(typename Step::D(), terms.x[j], first, I), marks[I])), ...);
  }
};

/// What a constant weight w says about rnd(w*x), for every x of the format.
enum class Weight : std::uint8_t {
  zero,       ///< s + w*x = s on bits
  one,        ///< w*x = x
  minus_one,  ///< s + w*x = s - x on bits
  integer,    ///< w*x is exact in the container, but may be outside the format
  below_one,  ///< |w*x| <= |x|: no overflow
  general,
};

struct AddsProducts {
  static void fall_back(const Context& context, const Terms& terms, std::size_t terms_count,
                        std::size_t first, std::size_t count, void* out, std::uint8_t* trapped) {
    fallback_dot(context, terms.x, terms.y, terms_count, first, count, out, trapped);
  }

  template <class Step, class V, class Marks, std::size_t... I>
  static HWY_INLINE void add(const Step& step, const Terms& terms, std::size_t j, std::size_t first, V* sums,
                             Marks* marks, std::index_sequence<I...>) {
    const typename Step::D d;
    ((sums[I] = step.template weighted<Weight::general>(sums[I], load_vector(d, terms.x[j], first, I),
                                                        load_vector(d, terms.y[j], first, I), marks[I])),
     ...);
  }
};

/// A dot product with constants; what a weight lets us leave out is decided once a block and term.
struct AddsWeighted {
  static void fall_back(const Context& context, const Terms& terms, std::size_t terms_count,
                        std::size_t first, std::size_t count, void* out, std::uint8_t* trapped) {
    fallback_weighted(context, terms.weights, terms.x, terms_count, first, count, out, trapped);
  }

  template <class Step, class V, class Marks, std::size_t... I>
  static HWY_INLINE void add(const Step& step, const Terms& terms, std::size_t j, std::size_t first, V* sums,
                             Marks* marks, std::index_sequence<I...> vectors) {
    const auto weight = static_cast<const hn::TFromD<typename Step::D>*>(terms.weights)[j];
    const void* x = terms.x[j];
    const Weight kind = step.classify(weight);
    if (kind == Weight::zero) return;
    if (kind == Weight::one) return add_kind<Weight::one>(step, weight, x, first, sums, marks, vectors);
    if (kind == Weight::minus_one)
      return add_kind<Weight::minus_one>(step, weight, x, first, sums, marks, vectors);
    if constexpr (Step::integer_weights) {
      if (kind == Weight::integer)
        return add_kind<Weight::integer>(step, weight, x, first, sums, marks, vectors);
      if (kind == Weight::below_one)
        return add_kind<Weight::below_one>(step, weight, x, first, sums, marks, vectors);
    }
    add_kind<Weight::general>(step, weight, x, first, sums, marks, vectors);
  }
  template <Weight kind, class Step, class T, class V, class Marks, std::size_t... I>
  static HWY_INLINE void add_kind(const Step& step, T weight, const void* x, std::size_t first, V* sums,
                                  Marks* marks, std::index_sequence<I...>) {
    const typename Step::D d;
    const V w = hn::Set(d, weight);
    ((sums[I] = step.template weighted<kind>(sums[I], w, load_vector(d, x, first, I), marks[I])), ...);
  }
};

template <class Step, class Adds>
void reduce(const Context& context, const Terms& terms, std::size_t terms_count, void* out, std::size_t count,
            std::uint8_t* trapped) {
  each_block(context, reduce_blocks<Step, Adds>, Step::block * lanes_of<Step>, terms, terms_count, out, count,
             trapped);
}

template <class Step>
void sum(const Context& context, const void* const* terms, std::size_t terms_count, void* out,
         std::size_t count, std::uint8_t* trapped) {
  reduce<Step, AddsTerms>(context, {.x = terms}, terms_count, out, count, trapped);
}

template <class Step>
void dot(const Context& context, const void* const* x, const void* const* y, std::size_t terms_count,
         void* out, std::size_t count, std::uint8_t* trapped) {
  reduce<Step, AddsProducts>(context, {.x = x, .y = y}, terms_count, out, count, trapped);
}

template <class Step>
void weighted(const Context& context, const void* weights, const void* const* x, std::size_t terms_count,
              void* out, std::size_t count, std::uint8_t* trapped) {
  reduce<Step, AddsWeighted>(context, {.x = x, .weights = weights}, terms_count, out, count, trapped);
}

}  // namespace roundoff::formats::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
