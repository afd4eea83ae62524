// Passes: pure functions Program -> Program that keep every output (and every value that survives) on bits.
// One file each, with the condition under which it is exact; passes.cpp is the registry and the order they
// run in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/program.hpp"

namespace roundoff {

/// A rewritten program and what became of the old nodes: `map[old]` is the node with the same value on every
/// input of the shape, or no_node.
struct Rewritten {
  Program program;
  std::vector<NodeId> map;
};

struct Pass {
  std::string_view name;
  std::string_view summary;  ///< what it does, and the condition under which it is exact
  Rewritten (*run)(const Program& program);
};

std::span<const Pass> passes();

/// Runs the passes in registry order except those named in `off` (UsageError for an unknown name), until
/// nothing changes.
Rewritten optimise(const Program& program, std::span<const std::string> off = {});

}  // namespace roundoff
