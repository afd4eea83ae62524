// A lower bound on the width that holds for every number of layers (theory-notes/lower-bounds.md).
//
// Cut the question after the first operand: Alice holds it, Bob the rest. By causality the keys and values of
// Alice's positions depend on her operand alone, in every layer. A b-bit accumulator that passes over them can
// only be asked finitely many things: so she sends all answers at once, and Bob writes the answer, from which
// her operand can be read. L layers of H heads with d_k, d_v thus need
//   L H |V|^d_k (1 + |V| + |V|^2 d_v) lg |V| >= bits,
// |V| the number of values of a register, bits = lg of the number of answers that her operand can lead to.
#pragma once

#include "analyzer/names.hpp"

namespace roundoff::analyzer {

/// What the message of a model of this width may hold at most, over all splits into heads: bits.
double message_bits(int width, int layers, double values);

/// The least width for which the message holds `bits`: no narrower model of so many layers is right.
int any_depth_width(double bits, int layers, double values);

/// The largest number of layers at which that bound exceeds 1; 0 where it never does.
double deepest_above_one(double bits, double values);

}  // namespace roundoff::analyzer
