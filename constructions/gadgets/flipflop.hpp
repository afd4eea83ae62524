// A flip-flop in one unit: a saturating sum over verdicts in order. +1 (set) pushes the sum to the top of its
// range, -1 (reset) to the bottom, 0 leaves it where it is. MAX alone does not cross the range [-MAX, MAX],
// so that every verdict has two registers and is pushed twice.
#pragma once

#include <string>
#include <vector>

#include "constructions/gadgets/gadgets.hpp"

namespace roundoff::constructions {

class FlipFlop {
 public:
  static constexpr int copies = 2;

  /// Registers for `count` verdicts, first verdict first.
  FlipFlop(ModelBuilder& model, const std::string& name, int count)
      : registers_(model.add(name, copies * count)) {}

  /// The register of a verdict that is written at its own position (MAX or -MAX), and gathered from there.
  Register push(int verdict) const { return registers_[static_cast<std::size_t>(copies * verdict)]; }
  /// What to write a verdict to where it is also read: all its registers.
  std::vector<Target> write(int verdict, const Weight& weight) const;
  /// Brings a verdict from its position to both of its registers at the reader, where they are 0.
  void gather(HeadBuilder& head, int verdict) const;
  /// relu of this is positive exactly when the last non-zero verdict of first .. last-1 is a set (and 0 when
  /// there is none). `one` must stand before the verdicts in the stream; guards may be added that stand after
  /// them.
  Form state(int first, int last, Register one, const Weight& max) const;

 private:
  std::vector<Register> registers_;
};

/// Two pushes worth a copied MAX (or -MAX) cross the range of the sums, which saturate in index order; "" or
/// why not.
std::string needs_flipflop(const Policy& policy, const Weight& copied_set, const Weight& copied_reset);

}  // namespace roundoff::constructions
