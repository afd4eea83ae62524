// Kernels by definition: each lane goes through arithmetic.hpp. They complete the set for the operations and
// formats that no faster kernel covers (its inequality does not hold), so that a user of lanes never meets a
// hole.
#pragma once

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

/// Sets add, sub, mul, div, max, round_f64 and the context's fma.
void fill_by_reference(LaneKernels& kernels, LaneKernels::Context& context);

}  // namespace roundoff::formats::lanes
