// Rules for one node: what is neutral, what is zero, what has one operand left. The rules are exact on bits
// given facts about the operands; the pass `zeros` gets its facts from formats alone, the pass `ranges` from
// intervals.
#pragma once

#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

/// What the value of a node may be.
struct Facts {
  bool nan = false;
  bool infinite = false;
  bool minus_zero = false;
  bool plus_zero = true;
  bool negative = true;  ///< below zero
  bool positive = true;

  bool finite() const { return !nan && !infinite; }
  bool zero() const { return finite() && !negative && !positive; }
};

/// What any member of a format may be.
Facts facts_of(const Format& format);
Facts facts_of(const Value& value);

/// Answers for an old node.
class FactSource {
 public:
  virtual ~FactSource() = default;
  virtual Facts of(NodeId old_node) const = 0;
};

/// Rewrites one old node whose operands are rewritten already, and returns the new node of the same value.
NodeId simplify(Rewriter& to, NodeId old_node, const FactSource& facts);

}  // namespace roundoff::sim
