// Whether a model can ever meet an infinity or a NaN: by bounds on magnitudes, layer by layer, from the weights
// alone. Where it cannot, floating-point formats are as good as sets of numbers: nothing traps, 0 * x is a zero,
// and a sum forgets zeros. So long records of wide sparse models in floats stay short (record.cpp, recorder.cpp).
//
// The bound. With |x| <= 2^a for every entry and m terms of a row that are not 0, a product is at most
// 2^(a + w), the sum of m rounded ones at most m (2^(a + w) + q) (1 + u)^(2 m), where u = 2^(1 - precision) bounds
// the relative error of any rounding rule and q, the format's smallest step, what underflow adds. Logarithms are
// kept to base 2 and rounded up generously. Softmax is stable: exponents are of numbers <= 0, Z >= rnd(1), and
// weights at most 2.
#pragma once

#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::sim {

/// True only where every result of the model, on any sequence of `positions` tokens, stays below the largest
/// number of every format; false where that is not seen (norms, rotary embeddings, other weightings and
/// activations, plain softmax, quantisers).
bool stays_finite(const Model& model, const Policy& policy, int positions);

}  // namespace roundoff::sim
