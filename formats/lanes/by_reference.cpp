#include "formats/lanes/by_reference.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "formats/error.hpp"
#include "formats/lanes/context.hpp"

namespace roundoff::lanes {
namespace {

using Context = LaneKernels::Context;

const std::byte* lane(const Context& context, const void* array, std::size_t index) {
  return static_cast<const std::byte*>(array) + index * size_of(context.container);
}
std::byte* lane(const Context& context, void* array, std::size_t index) {
  return static_cast<std::byte*>(array) + index * size_of(context.container);
}

/// Stores what `operation(index)` delivers in every lane; a Trap marks the lane.
template <class Operation>
void each_lane(const Context& context, void* out, std::size_t count, std::uint8_t* trapped,
               Operation operation) {
  for (std::size_t i = 0; i < count; ++i) {
    try {
      context.store(operation(i), lane(context, out, i));
    } catch (const Trap&) {
      if (trapped != nullptr) trapped[i] = 1;
    }
  }
}

using Operator = Rounded (*)(const Value&, const Value&, const Format&, Draw);

template <Operator Operation>
void binary(const Context& c, const void* a, const void* b, void* out, std::size_t count,
            std::uint8_t* trapped) {
  each_lane(c, out, count, trapped, [&](std::size_t i) {
    return Operation(c.load(lane(c, a, i)), c.load(lane(c, b, i)), c.format, {}).value;
  });
}

void max(const Context& c, const void* a, const void* b, void* out, std::size_t count,
         std::uint8_t* trapped) {
  each_lane(c, out, count, trapped,
            [&](std::size_t i) { return maximum(c.load(lane(c, a, i)), c.load(lane(c, b, i))); });
}

void max_of(const Context& c, const void* const* terms, std::size_t terms_count, void* out, std::size_t count,
            std::uint8_t* trapped) {
  each_lane(c, out, count, trapped, [&](std::size_t i) {
    Value largest = c.load(lane(c, terms[0], i));
    if (terms_count == 1 && largest.is_nan()) throw Trap("maximum of NaN");
    for (std::size_t j = 1; j < terms_count; ++j) largest = maximum(largest, c.load(lane(c, terms[j], i)));
    return largest;
  });
}

void sum(const Context& c, const void* const* terms, std::size_t terms_count, void* out, std::size_t count,
         std::uint8_t* trapped) {
  each_lane(c, out, count, trapped, [&](std::size_t i) {
    Value total = c.load(lane(c, terms[0], i));
    for (std::size_t j = 1; j < terms_count; ++j)
      total = add(total, c.load(lane(c, terms[j], i)), c.format).value;
    return total;
  });
}

/// Sum of products; `left(j, i)` and `right(j, i)` deliver the factors of term j in lane i.
template <bool fused, class Left, class Right>
void products(const Context& c, std::size_t terms_count, void* out, std::size_t count, std::uint8_t* trapped,
              Left left, Right right) {
  each_lane(c, out, count, trapped, [&](std::size_t i) {
    Value total = mul(left(0, i), right(0, i), c.format).value;
    for (std::size_t j = 1; j < terms_count; ++j) {
      if constexpr (fused) {
        total = fma(left(j, i), right(j, i), total, c.format).value;
      } else {
        total = add(total, mul(left(j, i), right(j, i), c.format).value, c.format).value;
      }
    }
    return total;
  });
}

template <bool fused>
void dot(const Context& c, const void* const* x, const void* const* y, std::size_t terms_count, void* out,
         std::size_t count, std::uint8_t* trapped) {
  products<fused>(
      c, terms_count, out, count, trapped,
      [&](std::size_t j, std::size_t i) { return c.load(lane(c, x[j], i)); },
      [&](std::size_t j, std::size_t i) { return c.load(lane(c, y[j], i)); });
}

template <bool fused>
void weighted(const Context& c, const void* weights, const void* const* x, std::size_t terms_count, void* out,
              std::size_t count, std::uint8_t* trapped) {
  products<fused>(
      c, terms_count, out, count, trapped,
      [&](std::size_t j, std::size_t) { return c.load(lane(c, weights, j)); },
      [&](std::size_t j, std::size_t i) { return c.load(lane(c, x[j], i)); });
}

void round_f64(const Context& c, const void* a, void* out, std::size_t count, std::uint8_t* trapped) {
  const double* numbers = static_cast<const double*>(a);
  each_lane(c, out, count, trapped,
            [&](std::size_t i) { return round(Value::of(numbers[i]), c.format).value; });
}

}  // namespace

void fill_by_reference(LaneKernels& kernels) {
  kernels.add = binary<&roundoff::add>;
  kernels.sub = binary<&roundoff::sub>;
  kernels.mul = binary<&roundoff::mul>;
  kernels.div = binary<&roundoff::div>;
  kernels.max = max;
  kernels.sum = sum;
  kernels.max_of = max_of;
  kernels.dot = dot<false>;
  kernels.fused_dot = dot<true>;
  kernels.weighted = weighted<false>;
  kernels.fused_weighted = weighted<true>;
  kernels.round_f64 = round_f64;
}

}  // namespace roundoff::lanes
