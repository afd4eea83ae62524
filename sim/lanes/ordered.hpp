// Sums and dots in the orders that the kernels do not have, composed term by term.
#pragma once

#include "sim/lanes/step.hpp"

namespace roundoff::sim {

/// scratch of the step: arrays of doubles, one chunk each, this many for a list of `count` operands.
int scratch_arrays(std::uint32_t count);

/// The sum of step.x, or the dot of step.x and step.y, as step.reduction says.
void run_ordered(const Step& step, const Frame& frame);

}  // namespace roundoff::sim
