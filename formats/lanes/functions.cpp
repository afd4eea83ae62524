// Functions of one argument over lanes.
#include <cstddef>

#include "formats/error.hpp"
#include "formats/lanes.hpp"
#include "formats/lanes/context.hpp"

namespace roundoff {

void LaneKernels::apply(Function function, const void* a, void* out, std::size_t count,
                        std::uint8_t* trapped) const {
  const std::size_t size = size_of(container());
  for (std::size_t i = 0; i < count; ++i) {
    try {
      const Value x = load(static_cast<const std::byte*>(a) + i * size);
      store(roundoff::apply(function, x, format()).value, static_cast<std::byte*>(out) + i * size);
    } catch (const Trap&) {
      if (trapped != nullptr) trapped[i] = 1;
    }
  }
}

}  // namespace roundoff
