// Kernels of formats in float and double.
#pragma once

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

/// Derives the context's facts and sets the kernels that hold under them.
void fill_f32(LaneKernels& kernels, LaneKernels::Context& context);
void fill_f64(LaneKernels& kernels, LaneKernels::Context& context);

}  // namespace roundoff::formats::lanes
