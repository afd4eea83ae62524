// Quantisers of vectors, by name, in models: the block formats of formats/blocks/blocks.hpp (mxfp4, nvfp4, int4/32,
// q4_0, ...). Definitions in theory-notes/quantisation.md.
#pragma once

#include <string_view>

#include "formats/blocks/blocks.hpp"
#include "sim/model/model.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

using Quantiser = BlockFormat;

/// UsageError with a "did you mean".
inline Quantiser parse_quantiser(std::string_view name) { return parse_block_format(name); }

/// Whether its scales are a few operations on the data, so that activations and caches can have it; else it is for
/// weights only.
inline bool is_recordable(const Quantiser& quantiser) {
  return quantiser.rule != BlockRule::llama && quantiser.rule != BlockRule::zero_point;
}

/// What the rows of a matrix share: how scales are rounded, and the scale of the whole matrix that nvfp4 has.
formats::QuantiseOptions shared_by_rows(const Matrix& matrix, const Quantiser& quantiser,
                                        const Format& weights);
/// Row r by itself.
Vector quantised_row(const Matrix& matrix, int r, const Quantiser& quantiser, const Format& weights,
                     const formats::QuantiseOptions& shared);

/// Every row of a matrix, cut into blocks from its first column; each number then rounded to `weights`. The largest
/// magnitude that nvfp4 asks for is that of the matrix.
Matrix quantised(const Matrix& matrix, const Quantiser& quantiser, const Format& weights);

}  // namespace roundoff::sim
