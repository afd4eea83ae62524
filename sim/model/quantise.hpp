// Quantisers of vectors: block formats (mxfp4, mxfp8_e4m3, nvfp4, ...) and symmetric integers with one scale
// a group (int4/32, int8/64: round to nearest). Definitions in theory-notes/quantisation.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/blocks/blocks.hpp"
#include "sim/model/model.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

/// A block of numbers shares a scale; an element is a member of `element`, and stands for element * scale *
/// 2^element_shift.
struct Quantiser {
  const BlockFormat* block_format = nullptr;  ///< null: integers
  Format element;
  int block = 32;
};

/// "mxfp4", "int4/32", "int8/64". UsageError with a "did you mean".
Quantiser parse_quantiser(std::string_view name);

/// Every row of a matrix, cut into blocks from its first column; each number then rounded to `weights`.
Matrix quantised(const Matrix& matrix, const Quantiser& quantiser, const Format& weights);

}  // namespace roundoff::sim
