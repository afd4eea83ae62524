// Where lanes stand in the arrays of a context's container.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

/// Lanes that are worked on at a time, where a temporary array is needed: it stays in the first-level cache.
/// A multiple of every vector.
inline constexpr std::size_t chunk = 256;

/// The place of lane `index` in an array of the context's container, or in one of marks (null stays null).
inline const std::byte* lane(const LaneKernels::Context& context, const void* array, std::size_t index) {
  return static_cast<const std::byte*>(array) + index * size_of(context.container);
}
inline std::byte* lane(const LaneKernels::Context& context, void* array, std::size_t index) {
  return static_cast<std::byte*>(array) + index * size_of(context.container);
}
inline std::uint8_t* lane(std::uint8_t* trapped, std::size_t index) {
  return trapped == nullptr ? nullptr : trapped + index;
}

}  // namespace roundoff::formats::lanes
