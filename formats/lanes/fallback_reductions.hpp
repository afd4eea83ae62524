// Blocks of a reduction that its own loop gave up on (loops-inl.hpp), done again: where there is room for the
// format's subnormal numbers, or else composed of single operations.
//
// The processor is a hundred times slower at subnormal numbers, and products below them lose their error.
// float's are ordinary in double. In a format with double's exponents, w*x is 2^-600 times the product of w
// and a member, 2^600 x, of the format whose numbers are 2^600 times as large (rounded by the same rules,
// since nothing comes near the largest number); what results is made smaller again, exactly. Where even that
// underflows, or might overflow, single operations do it.
#pragma once

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

/// Sets context.roomier: kernels that need not be there. `doubles` are the format's own in double containers.
void make_room(LaneKernels::Context& context, const std::shared_ptr<const LaneKernels>& doubles);

/// The reduction for lanes [first, first + count): results to out[first...], marks to trapped[first...].
void fallback_sum(const LaneKernels::Context& context, const void* const* terms, std::size_t terms_count,
                  std::size_t first, std::size_t count, void* out, std::uint8_t* trapped);
void fallback_dot(const LaneKernels::Context& context, const void* const* x, const void* const* y,
                  std::size_t terms_count, std::size_t first, std::size_t count, void* out,
                  std::uint8_t* trapped);
void fallback_weighted(const LaneKernels::Context& context, const void* weights, const void* const* x,
                       std::size_t terms_count, std::size_t first, std::size_t count, void* out,
                       std::uint8_t* trapped);

}  // namespace roundoff::formats::lanes
