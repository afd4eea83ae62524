// What the constant-precision designs for ADD share: fetching both digits of a column as one-hot vectors,
// classifying the column, spreading the columns' verdicts over one register a column, and adding a carry to a
// one-hot digit.
//
// Everything here is exact in any format in which 1 is a number, exp(-MAX) rounds to 0, and uniform attention
// copies (`needs_constant_attention`): fixed(1,0), with the values -1, 0, 1, is enough. Every conjunction is
// relu(1 - sum of complements): the complements have one sign, so the order of the sum does not matter, and
// the 1 is the bias, which comes last. Every query finds exactly one key with score 0, so that `plain` softmax
// works too.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "constructions/add/add_layout.hpp"
#include "constructions/gadgets/gadgets.hpp"

namespace roundoff::constructions {

/// What is left of `value` (MAX or -MAX), held at one position while the others hold 0, after uniform
/// attention over m positions: rnd(rnd(1/Z) * value), with Z the rounded sum of m ones; the smallest
/// magnitude over first <= m <= last.
Weight uniform_copy(const Policy& policy, const Weight& value, int first, int last);

/// What all of these designs need of a policy, "" when it is there: 1 and -MAX are numbers, exp(-MAX) rounds
/// to 0, and MAX times what uniform attention over first to last positions leaves of MAX is still at least 1.
std::string needs_constant_attention(const Policy& policy, int first, int last);
/// Why positions of digits cannot be built in at a size (ragged operands), or "".
std::string needs_equal_lengths(const TaskSize& size);
/// The same, and one digit a token.
std::string needs_single_digits(const TaskSize& size);

/// One base-p digit of a token, as one-hot vectors. A token has c of them, the least significant first.
struct Place {
  std::vector<Register> x, a, b, sum;  ///< own token's digit, the column's digits, their sum modulo p
};

struct AddColumns {
  Register one;
  std::unique_ptr<ExactCode> code;  ///< which digit token this position holds, or asks for
  Register not_a, not_b;            ///< 1 where no digit of a (of b), nor '+', stands
  std::vector<Place> places;        ///< c of them
  Register end;                     ///< 1 at the last position

  AddColumns(ModelBuilder& model, const TaskSize& size, std::unique_ptr<ExactCode> code);

  /// One-hot digits ('+' has the digits 0 of both operands), codes and roles.
  void embed(ModelBuilder& model, const Task& task, const AddLayout& at) const;
  /// Attention: every position fetches the digits a_i and b_i of its column i, exactly.
  void fetch(LayerBuilder& layer, const Weight& max) const;
  /// Feed-forward, p^2 units a place: `sum` gets a+b modulo p; for each pair of digits, `registers(a+b)`
  /// names further registers to set to 1.
  template <class Registers>
  static void classify(LayerBuilder& layer, const Place& place, Registers&& registers);
  /// Feed-forward, p units: where `carry` > 0, the place's one-hot sum moves up by one (modulo p).
  static void add_carry(LayerBuilder& layer, const Place& place, Register carry, const Weight& max);
  /// The logit of a token. One place: its register of `sum`, 0 or less where wrong. More: a last layer makes
  /// 0 of what is negative, and the logit is minus the number of places that are wrong; <eos> and symbols
  /// have -1, <eos> 0 at the last position. Digits are pressed down by MAX there.
  void logits(ModelBuilder& model, const Task& task, const Weight& max) const;
};

template <class Registers>
void AddColumns::classify(LayerBuilder& layer, const Place& place, Registers&& registers) {
  const auto all_but = [](const std::vector<Register>& one_hot, std::size_t kept) {
    Form form;
    for (std::size_t d = 0; d < one_hot.size(); ++d) {
      if (d != kept) form += Form(one_hot[d]);
    }
    return form;
  };
  const std::size_t p = place.a.size();
  for (std::size_t d = 0; d < p; ++d) {
    for (std::size_t e = 0; e < p; ++e) {
      std::vector<Target> targets = {{place.sum[(d + e) % p], 1}};
      for (const Register reg : registers(static_cast<int>(d + e))) targets.push_back({reg, 1});
      layer.unit(-all_but(place.a, d) - all_but(place.b, e) + Weight(1), targets);
    }
  }
}

/// Tells positions apart where a register is laid at digit t, or is read at an output.
struct Slots {
  int lowest_output;               ///< the lowest output that has a slot
  std::vector<Register> not_slot;  ///< 0 in slot t at b_t, in slot i - lowest_output at output i; 1 elsewhere

  Slots(ModelBuilder& model, const AddLayout& at, int lowest)
      : lowest_output(lowest), not_slot(model.add("not_slot", at.answer - lowest)) {}
  void embed(ModelBuilder& model, const AddLayout& at) const;
  Register not_digit(int t) const { return not_slot[static_cast<std::size_t>(t)]; }
  Register not_output(int i) const { return not_slot[static_cast<std::size_t>(i - lowest_output)]; }
};

}  // namespace roundoff::constructions
