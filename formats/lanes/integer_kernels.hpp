// Kernels of uniform formats in int16, int32 and int64.
#pragma once

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

/// Sets the kernels that hold for the format: false and nothing where its numbers do not fit their
/// inequalities.
bool fill_integer(LaneKernels& kernels, LaneKernels::Context& context);

}  // namespace roundoff::formats::lanes
