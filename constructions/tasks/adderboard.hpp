// The test protocol of the 10-digit addition leaderboard AdderBoard: ten edge cases, then 10 000 uniform
// pairs from Python's random.Random(2025).randint(0, 9999999999).
#pragma once

#include <vector>

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

/// The 10 010 inputs of ADD, in the protocol's order. UsageError where its operands are not numbers of ten
/// decimal digits.
std::vector<Instance> adderboard_inputs(const Task& task);

}  // namespace roundoff::constructions
