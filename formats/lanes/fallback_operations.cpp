#include "formats/lanes/fallback_operations.hpp"

#include <cfenv>

#include "formats/error.hpp"
#include "formats/lanes/doubles.hpp"
#include "formats/lanes/host_rounding.hpp"

namespace roundoff::formats::lanes {
namespace {

Value result(Operator op, const Value& a, const Value& b, const Value& c, const Format& format) {
  return op == Operator::div ? div(a, b, format).value : fma(a, b, c, format).value;
}

void fallback_in_doubles(const LaneKernels::Context& context, Operator op, const void* a, const void* b,
                         const void* c, void* results, const std::uint8_t* chosen, std::size_t count,
                         std::uint8_t* trapped) {
  constexpr std::size_t most = 16;
  double x[most], y[most], z[most];
  float out[most];
  std::uint8_t marks[most] = {};
  to_doubles(context, a, x, count);
  to_doubles(context, b, y, count);
  to_doubles(context, c, z, count);
  const LaneKernels::Context& doubles = context.doubles->context();
  if (op == Operator::div) {
    context.doubles->div(doubles, x, y, x, count, marks);
  } else {
    doubles.fma(doubles, x, y, z, x, count, marks);
  }
  from_doubles(context, x, out, count);
  for (std::size_t i = 0; i < count; ++i) {
    if (chosen[i] == 0) continue;
    static_cast<float*>(results)[i] = out[i];
    trapped[i] |= marks[i];
  }
}

}  // namespace

void fallback_lanes(const LaneKernels::Context& context, Operator op, const void* a, const void* b,
                    const void* c, void* results, const std::uint8_t* chosen, std::size_t count,
                    std::uint8_t* trapped) {
  const bool has_kernel =
      context.doubles != nullptr && (op == Operator::div || context.doubles->context().fma != nullptr);
  if (context.container == Container::f32 && has_kernel) {
    return fallback_in_doubles(context, op, a, b, c, results, chosen, count, trapped);
  }
  const HostRounding nearest(FE_TONEAREST);
  const std::size_t size = size_of(context.container);
  const auto at = [&](const void* array, std::size_t i) {
    return context.load(static_cast<const std::byte*>(array) + i * size);
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (chosen[i] == 0) continue;
    try {
      const Value value = result(op, at(a, i), at(b, i), at(c, i), context.format);
      context.store(value, static_cast<std::byte*>(results) + i * size);
    } catch (const Trap&) {
      trapped[i] = 1;
    }
  }
}

}  // namespace roundoff::formats::lanes
