// What the logarithmic-precision designs for ADD share: fetching both digits of a column by exact match of
// position codes, their sum as a number, its class, and the output digit.
#pragma once

#include <string>

#include "constructions/add/add_layout.hpp"
#include "constructions/gadgets/gadgets.hpp"

namespace roundoff::constructions {

struct AddSums {
  Register one;
  Register x;             ///< the token's digit, 0 .. B-1 with B = p^c; 0 at symbols
  Point own;              ///< the digit held, or asked for: t at a_t and b_t, n at '+', i at output i
  Register not_a, not_b;  ///< 1 where no digit of a (of b), nor '+', stands
  Register not_source;    ///< 1 where no digit of b, nor '=', stands
  Register s;             ///< a_i + b_i of the column, less B/2; in the end the output digit less B/2
  Register generate;      ///< 1 where a_i + b_i >= B
  Register carry;         ///< the carry into the own column
  Register end;           ///< 1 at the last position
  int base;               ///< B
  Weight gap, wall;       ///< M, and what shuts out any key and any logit

  AddSums(ModelBuilder& model, const AddLayout& at, const PointCode& codes, int base, const Policy& policy);

  void embed(ModelBuilder& model, const AddLayout& at, const PointCode& codes) const;
  /// Two heads fetch a_i and b_i of the own digit, so that s = a_i + b_i - B/2 exactly, at every position. (A
  /// position of a, before any digit of b, is not guarded in the second head and fetches itself.)
  void fetch(LayerBuilder& layer) const;
  /// a_i + b_i = B-1 adds 1 to `propagate`; a_i + b_i >= B sets `generate`. Three units, products at most
  /// 2B-2.
  void classify(LayerBuilder& layer, Register propagate) const;
  /// After a head has added the carry to `carry` and to s: s -= B where the column overflows, that is where
  /// it generates, or propagates (`propagate` is `if_so` at outputs where the column does, one less where
  /// not) and there is a carry. Two units.
  void reduce(LayerBuilder& layer, Register propagate, int if_so) const;
  /// The logit of digit d is -(s-x)^2 + s^2 with x = d - B/2, that is 2 x s - x^2 (halved where the format
  /// holds 1/2): greatest for the right digit, by 1 (1/2) or more, and then at least 0. <eos> and symbols
  /// have -1; at the last position <eos> has 1 and digits are pressed down by the wall.
  void logits(ModelBuilder& model, const Task& task, const Policy& policy) const;
};

/// What these designs need of a policy, with position codes of these dimensions; "" when it is there.
std::string needs_sums(const TaskSize& size, const Policy& policy, int dimensions);

}  // namespace roundoff::constructions
