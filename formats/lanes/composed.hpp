// Reductions put together from the operations of a set of kernels, for formats whose reductions are not worth
// a loop of their own: the same operations in the same order, so the same bits.
#pragma once

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

/// Sets sum, max_of, dot, fused_dot, weighted and fused_weighted. They call the operations of the context.
void fill_composed(LaneKernels& kernels);

/// The same by name, whatever the kernels' own reductions are.
void composed_sum(const LaneKernels::Context& context, const void* const* terms, std::size_t terms_count,
                  void* out, std::size_t count, std::uint8_t* trapped);
void composed_dot(const LaneKernels::Context& context, const void* const* x, const void* const* y,
                  std::size_t terms_count, void* out, std::size_t count, std::uint8_t* trapped);
void composed_weighted(const LaneKernels::Context& context, const void* weights, const void* const* x,
                       std::size_t terms_count, void* out, std::size_t count, std::uint8_t* trapped);

}  // namespace roundoff::formats::lanes
