// Runs in which only a first part of the roundings happens: what `explain` switches on step by step.
//
// A model on one input is a list of operations. Its *ideal* is the same list without rounding, on enclosures
// (formats/functions/enclosure.hpp), or rounded to another, larger format. A run with a prefix rounded takes the values of the
// rounded run for a first part of the list and computes the rest ideally; the weights come first of all. So
// run 0 is the ideal run, the last one is the rounded run, and somewhere between the two the choice of a
// token turns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/names.hpp"
#include "formats/functions/enclosure.hpp"
#include "sim/program/program.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::analyzer {

/// The programs of one model on one sequence shape, node by node alike but for constants
/// (RecordOptions::exact_weights).
struct Twins {
  Program rounded, ideal;
  std::optional<Policy> format;  ///< of the ideal; none: no rounding at all
};
/// A model of the same shape and a policy in which it is right.
struct Sibling {
  Model model;
  Policy policy;
};
/// `ideal` null: the model itself without any rounding. Nothing where the two have another shape.
std::optional<Twins> make_twins(const Model& model, const Policy& policy, const Sibling* ideal,
                                const SequenceShape& shape);

/// What one rounding did.
struct RoundingError {
  Enclosure exact;   ///< the result on operands that are rounded already
  double ulps = -1;  ///< how far the rounded result is, in units in the last place; -1: the format has none
  bool vanished = false;  ///< rounded to zero, and is not zero
};
/// Of an operation of a run (no constant, no embedding, no arg max).
RoundingError rounding_error(const Program& program, NodeId id, const Reference& run);

/// Something that rounding changed: a weight when it was loaded, or the result of an operation.
struct Change {
  bool weight = false;
  NodeId rounded = no_node;  ///< the node, in the rounded program
  NodeId ideal = no_node;    ///< its twin
  NodeId user = no_node;     ///< of a weight: the first operation that uses it, in the rounded program
};

/// What a run chose at one output.
struct Choice {
  Token token = 0;
  bool tie = false;    ///< another logit is not told apart from it, at the most bits that were tried
  std::string margin;  ///< the logit of the wanted token minus the largest other one, in decimal
  bool leads = false;  ///< the margin is positive, or zero with the wanted token the earlier one
};

class PrefixRounding {
 public:
  /// Of output `output`, on these tokens (the question and the right answer so far). The rounded run must
  /// have come to the output's position. All must outlive this.
  PrefixRounding(const Twins& twins, const Reference& run, std::span<const Token> tokens, int output,
                 Token want);
  ~PrefixRounding();

  /// What rounding changed, in the order of computation, weights first.
  const std::vector<Change>& changes() const { return changes_; }
  /// The choice when the first `on` changes happen: 0 ideal, changes().size() rounded. Trap where an ideal in
  /// a format has no result.
  Choice choose(std::size_t on) const;
  /// Of change `which`, on its operands in the rounded run.
  RoundingError error(std::size_t which) const;
  /// Operations that an ideal run computes: what a call of `choose` costs.
  std::int64_t cost() const { return cost_; }

 private:
  template <class Arithmetic>
  Choice choose_in(const Arithmetic& arithmetic, std::size_t on) const;
  void find_cone();
  void find_changes();

  const Twins& twins_;
  const Reference& run_;
  std::span<const Token> tokens_;
  NodeId target_;  ///< the arg max, in the rounded program
  Token want_;
  std::vector<NodeId>
      cone_;  ///< operations that the target depends on, and the target, in order (rounded ids)
  std::vector<NodeId> twin_;  ///< of each node of the rounded program that is no constant
  std::vector<Change> changes_;
  std::int64_t cost_ = 0;
  int bits_ = 0;  ///< that decide the ideal run
};

}  // namespace roundoff::analyzer
