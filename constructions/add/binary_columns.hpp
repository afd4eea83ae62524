// What add-slim and add-slim2d share for p = 2: verdicts of columns made from their sums, and the answer's digit made
// from a column's verdict and its carry (theory-notes/add-slim.md).
#pragma once

#include "constructions/gadgets/gadgets.hpp"

namespace roundoff::constructions {

/// b_t holds s = a_t + b_t, and rho is 0 there and at '+', 1 at '=', 2 elsewhere. Afterwards s = 1 where the column
/// propagates, else 0, and d = 1 where it generates; '+' comes to s = 0 and '=' to s = -1.
void binary_verdicts(LayerBuilder& layer, Register rho, Register s, Register d);

/// Output i holds d = 2 s_i + g + 2 s_i, if its carry comes from column i - 1 or all between propagate, or d = 2 s_i + 2
/// from '=': 0, 2 and 5 are the digit 0; 1, 3 and 4 the digit 1. Afterwards d is at least 1 for a 1, else at most 0.
void binary_answer(LayerBuilder& layer, Register d, const Weight& max);

}  // namespace roundoff::constructions
