// Whether a model can ever meet an infinity or a NaN: by an interval for every entry, layer by layer, from the
// weights alone. Where it cannot, floating-point formats are as good as sets of numbers: nothing traps, 0 * x is a
// zero, and a sum forgets zeros. So long records of wide sparse models in floats stay short (record.cpp,
// recorder.cpp).
//
// The intervals are ends of the format: every rounding but a stochastic one is monotone, so that a rounded result
// lies between the rounded results of the ends. Terms whose weight is 0 are zeros and change no sum's size. Of a
// stable softmax exponents are of numbers <= 0, e <= rnd(1), Z >= rnd(1); how many keys a position sees is bounded
// by the number of positions.
#pragma once

#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::sim {

/// True only where every result of the model, on any sequence of `positions` tokens, is a finite number; false
/// where that is not seen (norms, rotary embeddings, other weightings and activations, plain softmax, quantisers,
/// sums that are not sequential, formats that wrap, flush or draw).
bool stays_finite(const Model& model, const Policy& policy, int positions);

}  // namespace roundoff::sim
