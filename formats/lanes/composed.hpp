// Reductions put together from the operations of a set of kernels, for formats whose reductions are not worth
// a loop of their own: the same operations in the same order, so the same bits.
#pragma once

#include "formats/lanes.hpp"

namespace roundoff::lanes {

/// Sets sum, max_of, dot, fused_dot, weighted and fused_weighted. They call the operations of the context.
void fill_composed(LaneKernels& kernels);

}  // namespace roundoff::lanes
