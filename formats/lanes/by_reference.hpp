// Kernels by definition: each lane goes through arithmetic.hpp. They complete the set for the operations and
// formats that no faster kernel covers (its inequality does not hold), so that a user of lanes never meets a
// hole.
#pragma once

#include "formats/lanes.hpp"

namespace roundoff::lanes {

/// Sets every kernel pointer.
void fill_by_reference(LaneKernels& kernels);

}  // namespace roundoff::lanes
