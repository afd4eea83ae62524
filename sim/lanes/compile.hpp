// From a program to steps: which register holds a value and for how long, and which loop computes it.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "sim/lanes/layout.hpp"
#include "sim/lanes/step.hpp"

namespace roundoff::sim {

/// Steps and the memory they point into. Not copyable: the steps hold addresses.
struct Compiled {
  LaneLayout layout;
  std::vector<Step> steps;
  std::size_t chunk = 0;            ///< lanes a step runs over at once
  std::vector<const void*> values;  ///< by node: where its value is (while it lives)
  std::vector<bool> is_token;       ///< by node: an array of LaneToken, not of the container
  std::vector<Reduction> reductions;
  std::vector<std::byte> memory;
  std::vector<std::unique_ptr<const void*[]>> lists;
  std::vector<std::unique_ptr<std::byte[]>> data;
};

/// The layout must have no obstacle.
std::unique_ptr<Compiled> compile(const Program& program, LaneLayout layout, bool keep_all);

}  // namespace roundoff::sim
