// Reductions put together from the operations of a set of kernels, for formats whose reductions are not worth
// a loop of their own: the same operations in the same order, so the same bits.
#pragma once

#include "formats/lanes/context.hpp"

namespace roundoff::lanes {

/// Sets sum, max_of, dot, fused_dot, weighted and fused_weighted. They call the operations of the context.
void fill_composed(LaneKernels& kernels);

/// The same for lanes [first, first + count) only, whatever the kernels' own reductions are: results to
/// out[first...], marks to trapped[first...]. What a float container's kernels gave up on is done in double
/// containers, where it is nothing special, and so faster.
void sum_again(const LaneKernels::Context& context, const void* const* terms, std::size_t terms_count,
               std::size_t first, std::size_t count, void* out, std::uint8_t* trapped);
void dot_again(const LaneKernels::Context& context, const void* const* x, const void* const* y,
               std::size_t terms_count, std::size_t first, std::size_t count, void* out,
               std::uint8_t* trapped);
void weighted_again(const LaneKernels::Context& context, const void* weights, const void* const* x,
                    std::size_t terms_count, std::size_t first, std::size_t count, void* out,
                    std::uint8_t* trapped);

}  // namespace roundoff::lanes
