// Kernels work on whole vectors, or blocks of them; here they come to arrays of any length: the last lanes go through a
// copy, padded with zeros. Compiled once, for all instruction sets.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

/// Of a, b and c (where an operation has fewer operands, the same one again) into out, `count` lanes.
using Vectors = void (*)(const LaneKernels::Context&, const void* a, const void* b, const void* c, void* out,
                         std::size_t count, std::uint8_t* trapped);

/// The same for any count, by a function for multiples of `vector` lanes (at most 64 bytes).
void each_lane(const LaneKernels::Context& context, Vectors function, std::size_t vector, const void* a,
               const void* b, const void* c, void* out, std::size_t count, std::uint8_t* trapped);

/// What a reduction adds up: arrays x, or products of arrays x and y, or of constants and arrays x.
struct Terms {
  const void* const* x = nullptr;
  const void* const* y = nullptr;
  const void* weights = nullptr;
};
using Blocks = void (*)(const LaneKernels::Context&, const Terms& terms, std::size_t terms_count, void* out,
                        std::size_t count, std::uint8_t* trapped);

/// The same for any count, by a function for multiples of `block` lanes.
void each_block(const LaneKernels::Context& context, Blocks function, std::size_t block, const Terms& terms,
                std::size_t terms_count, void* out, std::size_t count, std::uint8_t* trapped);

}  // namespace roundoff::formats::lanes
