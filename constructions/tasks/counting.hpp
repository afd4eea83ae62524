// Counting bits: every position fetches all bits, one head each, and one unit decides.
#pragma once

#include <string>
#include <vector>

#include "constructions/gadgets/gadgets.hpp"

namespace roundoff::constructions {

struct Bits {
  Register one;
  std::vector<Register> x;  ///< 0, or `unit` for a one; after `one` in the stream
  Register verdict, end;
};

/// Layer 1's attention: bit j stands at position 2j, and its head's score is MAX there and 0 elsewhere.
Bits fetch_bits(ModelBuilder& model, LayerBuilder& layer, const Task& task, const Weight& unit,
                const Weight& max);
/// Writes 1 where the verdict is positive, else 0, and then <eos>; ties go to the token of the lower index.
void verdict_logits(ModelBuilder& model, const Bits& bits, const Task& task, const Weight& max);
/// exp(-MAX) rounds to 0, so that a head attends to its bit alone; "" or why not.
std::string needs_hard_heads(const Policy& policy);

}  // namespace roundoff::constructions
