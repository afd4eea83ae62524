// From the group sums of a product to its digits, all at one position, by feed-forward layers: the part that
// the constructions of MUL share (theory-notes/mul-n2.md).
//
// Columns are taken in groups of m; P = B^m. A group's sum is T_J, and the product is the sum of T_J P^J. A
// round replaces T_J by (T_J mod P) + floor(T_(J-1) / P); when T_J <= 2P-2, carries are 0 or 1 and one
// flip-flop a group finds them.
#pragma once

#include <string>
#include <vector>

#include "constructions/gadgets/flipflop.hpp"
#include "constructions/mul/mul_layout.hpp"

namespace roundoff::constructions {

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

/// The standard and the most of the knob `group`.
int whole_group(const TaskSize& size);

/// Thresholds: [x >= t] for integers x. In fixed point one unit, x + (MAX - t) - (MAX-1), which saturates at
/// MAX exactly for x >= t, needs x <= MAX and sequential sums. In floating point two, whose difference it is:
/// relu(x - t + 1) - relu(x - t), exact while integers are.
class Thresholds {
 public:
  /// No x, nor anything that is shut out, exceeds `bound`.
  Thresholds(Register one, const Weight& bound, const Policy& policy);
  /// Adds [x >= threshold] to the targets, at positions where no guard holds (each is 0 or 1, and stands
  /// after `one` and x in the stream).
  void add(LayerBuilder& layer, Register x, std::int64_t threshold, const std::vector<Register>& guards,
           std::vector<Target> targets) const;
  /// Adds x >= 0 itself.
  void pass(LayerBuilder& layer, Register x, Register guard, std::vector<Target> targets) const;
  const Weight& wall() const { return wall_; }

 private:
  Register one_;
  bool floating_;
  Weight wall_;
};

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
  void add_carries_saturating(LayerBuilder& verdicts, LayerBuilder& carries) const;
  void add_carries_weighted(LayerBuilder& verdicts, LayerBuilder& signs, LayerBuilder& carries) const;

  MulLayout at_;
  GroupPlan plan_;
  Register one_;
  Policy policy_;
  std::vector<Register> totals_;
  FlipFlop carries_;
  Thresholds thresholds_;
  std::vector<Register> not_group_;  // at an output: 1 but for its group
  Register u_;
  std::vector<Register> not_place_;  // at an output: 1 but for its digit's place in the group
  Register y_, not_top_, end_;
};

/// Reasons to refuse that all users share, "" when the policy will do.
std::string needs_group_digits(const Policy& policy, const GroupPlan& plan);

}  // namespace roundoff::constructions
