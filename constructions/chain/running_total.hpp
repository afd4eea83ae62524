// The part that the chain-of-thought designs share (theory-notes/cot.md): a running total of L digits is
// written out line by line, and each line adds one number to the line before it. All in constant precision,
// in width O(L + log of the number of lines).
//
// A *carrier* of (step, column) is a position that knows, by its own token, the column's digit of the old
// total, and fetches the digit that is added to it. An *output* of (step, digit) predicts a digit of the new
// total. A token of a total is the carrier of its own column for the next step and predicts the digit below
// it for this one: a position has one slot, column t as a carrier and digit t-1 as an output.
#pragma once

#include <string>
#include <vector>

#include "constructions/add/add_columns.hpp"
#include "constructions/gadgets/flipflop.hpp"

namespace roundoff::constructions {

/// Where the totals stand: line q = 0 .. lines-1 follows the q-th `=`, the first of which ends the question.
struct TotalsLayout {
  int first_equals, digits, lines;
  int equals(int line) const { return first_equals + line * (digits + 1); }
  /// Digit t of a line. The last, digit 0, predicts `=` or <eos>.
  int digit(int line, int t) const { return equals(line) + digits - t; }
  /// The position that predicts digit i of a line.
  int output(int line, int i) const { return equals(line) + digits - 1 - i; }
  int positions() const { return equals(lines); }
};

class RunningTotal {
 public:
  Register one;
  Place place;  ///< at carriers: b is the token's own digit, a the added one, sum the column's modulo p

  RunningTotal(ModelBuilder& model, int p, int digits, int steps);

  void carrier(int position, int step, int column);
  void output(int position, int step, int digit);
  /// An output whose digit is always 0.
  void zero_output(int position);
  /// Constants of all positions, one-hot digits of tokens, and what follows a total. Called once, last.
  void embed(const Task& task, const TotalsLayout& at);

  /// Feed-forward of `layer`: pairs of digits at carriers. Then three layers: outputs fetch the column's sum
  /// while carriers spread its verdict; outputs gather the verdicts of their step and find the carry; the
  /// digit moves up; and the logits.
  void finish(LayerBuilder& layer, const Task& task, const Weight& max);

 private:
  void slot(int position, int number);
  /// The code of the column (as a carrier) or of the digit (as an output) that a slot stands for, as forms.
  std::vector<Form> column_code(int slots_below) const;

  ModelBuilder& model_;
  int digits_;
  AntichainCode adds_, writes_;
  Register not_carrier_, not_generate_, not_kill_;
  FlipFlop verdicts_;
  Register last_;
  std::vector<Register> slots_;
  std::vector<Register> digit_;
  Register carry_, more_, end_;
  std::vector<Register> zero_;
  std::vector<int> slot_of_;  ///< by position, -1: none
  std::vector<bool> carries_;
};

/// What both designs need of a policy: at least `fewest` carriers a step, at most one a digit.
std::string needs_running_total(const Policy& policy, int fewest, int digits);

}  // namespace roundoff::constructions
