// From the group sums of a product to its digits, all at one position, by feed-forward layers: the part that
// the constructions of MUL share (theory-notes/mul-n2.md).
//
// Columns are taken in groups of m; P = B^m. A group's sum is T_J, and the product is the sum of T_J P^J. A
// round replaces T_J by (T_J mod P) + floor(T_(J-1) / P); when T_J <= 2P-2, carries are 0 or 1 and one
// flip-flop a group finds them.
#pragma once

#include <string>
#include <vector>

#include "constructions/flipflop.hpp"
#include "constructions/mul_layout.hpp"

namespace roundoff {

/// Sizes. With P >= n(B-1) one round is enough; smaller groups need narrower numbers and more rounds.
struct GroupPlan {
  /// `columns` a group, 1 <= columns <= whole(at).
  GroupPlan(const MulLayout& at, int columns);
  /// The least number of columns m with B^m >= n(B-1).
  static int whole(const MulLayout& at);

  int base;                                  ///< B
  int m;                                     ///< columns a group
  int p;                                     ///< P = B^m
  int count;                                 ///< groups of the answer
  std::int64_t bound;                        ///< the greatest T_J before any round: n (B-1) (P-1)
  std::vector<std::int64_t> bounds() const;  ///< of T_J before each round
};

/// The unit that is 1 when x >= threshold and 0 when not, for integers x <= MAX: x + (MAX - threshold)
/// saturates at MAX exactly then, and MAX-1 is taken off. Guards may be added to the form that stand after
/// `one` and x in the stream.
Form at_least(Register x, const Weight& threshold, Register one, const Weight& max);

class GroupDigits {
 public:
  /// Adds the registers, the totals first. `one` stands before them.
  GroupDigits(ModelBuilder& model, const MulLayout& at, const GroupPlan& plan, Register one,
              const Policy& policy);

  Register total(int group) const { return totals_[static_cast<std::size_t>(group)]; }

  /// One layer: T_J becomes (T_J mod P) + floor(T_(J-1) / P), where all T_J <= bound, by count * floor(bound
  /// / P) units.
  void round(LayerBuilder& layer, std::int64_t bound) const;
  /// Rounds for these bounds, verdicts, carries, the output's group and its digit, a layer each (and one more
  /// where c does not divide l); and the logits. The first goes into `free`, a layer that has no feed-forward
  /// block yet, or null.
  void finish(ModelBuilder& model, const Task& task, const std::vector<std::int64_t>& bounds,
              LayerBuilder* free) const;

 private:
  void verdicts(LayerBuilder& layer) const;

  MulLayout at_;
  GroupPlan plan_;
  Register one_;
  Policy policy_;
  Weight max_;
  std::vector<Register> totals_;
  FlipFlop carries_;
  std::vector<Register> not_group_;  // at an output: 1 but for its group
  Register u_;
  std::vector<Register> not_place_;  // at an output: 1 but for its digit's place in the group
  Register y_, not_top_, end_;
};

/// Reasons to refuse that all users share, "" when the policy will do.
std::string needs_group_digits(const Policy& policy, const GroupPlan& plan);

}  // namespace roundoff
