// What the lane interpreter computes in one loop instead of several: comparisons, and counts of comparisons.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "sim/program/program.hpp"

namespace roundoff::sim {

/// A node that is `yes` where two values are equal and `no` elsewhere.
struct Comparison {
  NodeId a = no_node, b = no_node;
  Value yes, no;
};

/// A sum or dot that adds values[j] where others[j] equals `common`, and everything in `rest`.
struct Tally {
  NodeId common = no_node;
  std::vector<NodeId> others;
  std::vector<NodeId> values;  ///< empty: `unit` each
  Value unit;
  std::vector<NodeId> rest;
};

/// How the nodes of a program are computed. Those that no step reads any more have no step.
class Fusion {
 public:
  /// Every node by its own operation.
  explicit Fusion(const Program& program);
  /// Everything that can be fused without changing a bit of what is still computed: fusion.cpp says when.
  static Fusion of(const Program& program);

  bool computed(NodeId node) const { return computed_[node]; }
  const Comparison* comparison(NodeId node) const;
  const Tally* tally(NodeId node) const;
  /// What the step of a node reads, with repetition.
  const std::vector<NodeId>& reads(NodeId node) const;

 private:
  std::optional<Comparison> compared(NodeId id) const;
  std::optional<Tally> tallied(const Node& node) const;

  const Program& program_;
  std::vector<bool> computed_;
  std::unordered_map<NodeId, Comparison> comparisons_;
  std::unordered_map<NodeId, Tally> tallies_;
  mutable std::vector<NodeId> reads_;
};

/// Whether a value is a member of a format for every input: by the format it is in, or as a constant.
bool is_member(const Program& program, NodeId node, const Format& format);

}  // namespace roundoff::sim
