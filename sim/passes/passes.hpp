// Passes: pure functions Program -> Program that keep every output (and every value that survives) on bits.
// One file each, with the condition under which it is exact; passes.cpp is the registry and the order they
// run in.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/program/program.hpp"

namespace roundoff::sim {

/// A rewritten program and what became of the old nodes: `map[old]` is the node with the same value on every
/// input of the shape, or no_node.
struct Rewritten {
  Program program;
  std::vector<NodeId> map;
};

struct Range;  // sim/passes/intervals.hpp

/// A program and what more than one pass asks of it, computed when it is first asked.
class Analysed {
 public:
  Analysed(const Program& program) : program_(program) {}  // implicit: a pass runs on a program

  const Program& program() const { return program_; }
  /// The range of every node.
  const std::vector<Range>& ranges() const;
  /// The program is another one now.
  void forget() { ranges_.reset(); }

 private:
  const Program& program_;
  mutable std::shared_ptr<const std::vector<Range>> ranges_;
};

struct Pass {
  std::string_view name;
  std::string_view summary;  ///< what it does, and the condition under which it is exact
  Rewritten (*run)(const Analysed& from);
};

std::span<const Pass> passes();

/// Runs the passes in registry order except those named in `off` (UsageError for an unknown name), until
/// nothing changes, or hardly. `watch` is told before every pass.
Rewritten optimise(const Program& program, std::span<const std::string> off = {}, const Watch& watch = {});

}  // namespace roundoff::sim
