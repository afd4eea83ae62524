#include "formats/lanes/redo.hpp"

#include <cfenv>

#include "formats/error.hpp"
#include "formats/lanes/host_rounding.hpp"

namespace roundoff::lanes {
namespace {

Value result(Operator op, const Value& a, const Value& b, const Value& c, const Format& format) {
  switch (op) {
    case Operator::add:
      return add(a, b, format).value;
    case Operator::sub:
      return sub(a, b, format).value;
    case Operator::mul:
      return mul(a, b, format).value;
    case Operator::div:
      return div(a, b, format).value;
    case Operator::fma:
      break;
  }
  return fma(a, b, c, format).value;
}

}  // namespace

void redo(const LaneKernels::Context& context, Operator op, const void* a, const void* b, const void* c,
          void* results, const std::uint8_t* chosen, std::size_t count, std::uint8_t* trapped) {
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

}  // namespace roundoff::lanes
