// What the logarithmic-precision designs for ADD share: fetching both digits of a column by exact match of
// position codes, their sum as a number, its class, and the output digit.
#pragma once

#include <vector>

#include "constructions/add_layout.hpp"
#include "constructions/gadgets.hpp"

namespace roundoff {

struct AddSums {
  Register one;
  Register x;                   ///< the token's digit; 0 at symbols
  Point own;                    ///< the digit held, or asked for: t at a_t and b_t, n at '+', i at output i
  Register not_a, not_b;        ///< 1 where no digit of a (of b), nor '+', stands
  Register not_source;          ///< 1 where no digit of b, nor '=', stands
  Register s;                   ///< a_i + b_i of the column, later plus the carry
  Register generate;            ///< 1 where s >= p
  Register end;                 ///< 1 at the last position
  std::vector<Register> digit;  ///< one-hot output digit

  AddSums(ModelBuilder& model, const PointCode& codes, int p);

  void embed(ModelBuilder& model, const AddLayout& at, const PointCode& codes) const;
  /// Two heads fetch a_i and b_i of the own digit, so that s = a_i + b_i exactly, at every position. (A
  /// position of a, before any digit of b, is not guarded in the second head and fetches itself.)
  void fetch(LayerBuilder& layer, const Weight& m, const Weight& max) const;
  /// s = p-1 adds 1 to `propagate`; s >= p sets `generate`. Three units, exact for integers s.
  void classify(LayerBuilder& layer, Register propagate) const;
  /// Digits are pressed down by MAX at the last position, where <eos> wins with 1.
  void logits(ModelBuilder& model, const Task& task, const Weight& max) const;
};

/// What these designs need of a policy, "" when it is there.
std::string needs_sums(const TaskSize& size, const Policy& policy);

}  // namespace roundoff
