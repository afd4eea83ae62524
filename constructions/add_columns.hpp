// What the constant-precision designs for ADD share: fetching both digits of a column as one-hot vectors,
// classifying the column, spreading the columns' verdicts over one register a column, and adding a carry to a
// one-hot digit.
//
// Everything here is exact in any format in which 1 is a number, exp(-MAX) rounds to 0, and uniform attention
// copies
// (`needs_constant_attention`): fixed(1,0), with the values -1, 0, 1, is enough. Every conjunction is relu(1
// - sum of complements): the complements have one sign, so the order of the sum does not matter, and the 1 is
// the bias, which comes last. Every query finds exactly one key with score 0, so that `plain` softmax works
// too.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "constructions/add_layout.hpp"
#include "constructions/gadgets.hpp"

namespace roundoff {

/// What is left of `value` (MAX or -MAX), held at one position while the others hold 0, after uniform
/// attention over m positions: rnd(rnd(1/Z) * value), with Z the rounded sum of m ones; the smallest
/// magnitude over first <= m <= last.
Weight uniform_copy(const Policy& policy, const Weight& value, int first, int last);

/// What all of these designs need of a policy, "" when it is there: 1 and -MAX are numbers, exp(-MAX) rounds
/// to 0, and MAX times what uniform attention over first to last positions leaves of MAX is still at least 1.
std::string needs_constant_attention(const Policy& policy, int first, int last);

struct AddColumns {
  Register one;
  std::unique_ptr<ExactCode> code;     ///< which digit this position holds, or asks for
  Register not_a, not_b;               ///< 1 where no digit of a (of b), nor '+', stands
  std::vector<Register> x, a, b, sum;  ///< one-hot: own token, the column's digits, their sum modulo p
  Register end;                        ///< 1 at the last position

  AddColumns(ModelBuilder& model, int p, std::unique_ptr<ExactCode> code);

  /// One-hot tokens ('+' is the digit 0 of both operands), codes and roles.
  void embed(ModelBuilder& model, const AddLayout& at) const;
  /// Attention: every position fetches the digits a_i and b_i of its column i, exactly.
  void fetch(LayerBuilder& layer, const Weight& max) const;
  /// Feed-forward, p^2 units: `sum` gets a+b modulo p; for each pair of digits, `classify(a+b)` names further
  /// registers to set to 1.
  template <class Classify>
  void classify(LayerBuilder& layer, Classify&& registers) const;
  /// Feed-forward, p units: where `carry` > 0, the one-hot sum moves up by one (modulo p).
  void add_carry(LayerBuilder& layer, Register carry, const Weight& max) const;
  /// Digits are pressed down by MAX at the last position, where <eos> wins with 1.
  void logits(ModelBuilder& model, const Task& task, const Weight& max) const;
};

template <class Classify>
void AddColumns::classify(LayerBuilder& layer, Classify&& registers) const {
  const auto all_but = [](const std::vector<Register>& one_hot, std::size_t kept) {
    Form form;
    for (std::size_t d = 0; d < one_hot.size(); ++d) {
      if (d != kept) form += Form(one_hot[d]);
    }
    return form;
  };
  for (std::size_t d = 0; d < a.size(); ++d) {
    for (std::size_t e = 0; e < b.size(); ++e) {
      std::vector<Target> targets = {{sum[(d + e) % a.size()], 1}};
      for (const Register reg : registers(static_cast<int>(d + e))) targets.push_back({reg, 1});
      layer.unit(-all_but(a, d) - all_but(b, e) + Weight(1), targets);
    }
  }
}

/// A register a column, made of the classes of the columns: slot t is written at b_t (unit t fires there),
/// read at the outputs after `gather`.
struct Slots {
  std::vector<Register> not_slot;  ///< 0 in slot t at b_t, in slot i-1 at output i; 1 elsewhere

  Slots(ModelBuilder& model, int n) : not_slot(model.add("not_slot", n)) {}
  void embed(ModelBuilder& model, const AddLayout& at) const;
};

}  // namespace roundoff
