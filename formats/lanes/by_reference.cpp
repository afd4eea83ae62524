#include "formats/lanes/by_reference.hpp"

#include <cstddef>
#include <cstdint>

#include "formats/error.hpp"
#include "formats/lanes/context.hpp"
#include "formats/lanes/places.hpp"

namespace roundoff::formats::lanes {
namespace {

using Context = LaneKernels::Context;

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

using RoundedBinary = Rounded (*)(const Value&, const Value&, const Format&, Draw);

template <RoundedBinary Operation>
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

void fused(const Context& c, const void* x, const void* y, const void* z, void* out, std::size_t count,
           std::uint8_t* trapped) {
  each_lane(c, out, count, trapped, [&](std::size_t i) {
    return fma(c.load(lane(c, x, i)), c.load(lane(c, y, i)), c.load(lane(c, z, i)), c.format).value;
  });
}

void round_f64(const Context& c, const void* a, void* out, std::size_t count, std::uint8_t* trapped) {
  const double* numbers = static_cast<const double*>(a);
  each_lane(c, out, count, trapped,
            [&](std::size_t i) { return round(Value::of(numbers[i]), c.format).value; });
}

}  // namespace

void fill_by_reference(LaneKernels& kernels, Context& context) {
  kernels.add = binary<&formats::add>;
  kernels.sub = binary<&formats::sub>;
  kernels.mul = binary<&formats::mul>;
  kernels.div = binary<&formats::div>;
  kernels.max = max;
  kernels.round_f64 = round_f64;
  context.fma = fused;
}

}  // namespace roundoff::formats::lanes
