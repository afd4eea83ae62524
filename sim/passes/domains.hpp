// Domains: every value that a node can have, where they are few. Finer than an interval: a score that is
// either 3 or -63 has two values, not 67.
#pragma once

#include <optional>
#include <vector>

#include "sim/passes/intervals.hpp"

namespace roundoff::sim {

/// Increasing, without repetition, no -0; empty where they are many, or where NaN, an infinity or -0 may
/// occur.
using Domain = std::vector<Value>;

class Domains {
 public:
  static constexpr std::size_t most = 256;

  Domains(const Program& program, const std::vector<Range>& ranges) : program_(program), ranges_(ranges) {}

  /// Computed on first use, valid as long as this object.
  const Domain& of(NodeId node);

 private:
  Domain compute(NodeId id);
  Domain table(NodeId id, const Node& node);
  Domain maximum(const Node& node);
  Domain grid(NodeId id, const Node& node) const;

  const Program& program_;
  const std::vector<Range>& ranges_;
  std::vector<std::optional<Domain>> known_;
};

bool contains(const Domain& domain, const Value& value);

/// Whether the members of a domain stand on a grid of at most `limit` places, so that a table over them is
/// small.
bool on_small_grid(const Domain& domain, std::size_t limit);

/// The result of a map for an argument (either zero for a zero), or null.
const Value* mapped(const std::vector<std::pair<Value, Value>>& map, const Value& argument);

/// A node that is one number where a score is the maximum it is compared with, and another wherever it is
/// less: f(s - max(.., s, ..)) for an f that only tells zero from what is below it.
struct Indicator {
  NodeId score = no_node, max = no_node;
  Value equal, less;
};

/// Finds indicators: functions and tables of a difference whose right operand is a maximum. That the score is
/// among what the maximum is taken of is not asked here: where it is greater nothing is said.
class Indicators {
 public:
  Indicators(const Program& program, const std::vector<Range>& ranges) : program_(program), ranges_(ranges) {}
  std::optional<Indicator> of(NodeId node) const;

 private:
  std::optional<Indicator> first(NodeId function, NodeId argument) const;
  bool tells_zero(const Node& sub) const;

  const Program& program_;
  const std::vector<Range>& ranges_;
};

}  // namespace roundoff::sim
