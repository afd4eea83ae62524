// Block formats: vectors cut into blocks, each with a scale of its own (mxfp4, nvfp4, int4/32, q4_K, ...). They are
// quantisers of vectors and not number formats: what a member is depends on its neighbours. Scales and elements are
// members of Formats, and every rounding is `round`. A file of this folder owns the rules of a kind; the catalogue is
// in blocks.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

/// What a block's scale and elements are made by.
enum class BlockRule : std::uint8_t {
  power_of_two,  ///< MX: a power of two from the largest magnitude
  two_levels,    ///< nvfp4: a scale of the vector, and scales of blocks
  largest,       ///< largest magnitude / largest element
  zero_point,    ///< (largest - smallest) / steps, and the integer that stands for 0
  llama,         ///< llama.cpp's reference quantisers
};

/// How MX makes a power of two of the largest magnitude m, where the largest element has the leading exponent t:
/// floor 2^(floor lg m - t), ceil 2^(ceil lg m - t), rceil 2^(ceil lg(m / largest element)), even 2^(floor lg r - t),
/// r being m rounded to the element's significand, ties up.
enum class ScaleRule : std::uint8_t { floor, ceil, rceil, even };

struct BlockFormat {
  std::string name;
  std::string summary;
  std::string source;
  BlockRule rule = BlockRule::largest;
  std::string element_notation;
  std::string scale_notation;  ///< "" where scales are rounded to the receiver's own format
  int block = 32;              ///< numbers that share a scale
  int group = 0;               ///< numbers that share the scale of scales; 0 where there is none
  int element_shift = 0;       ///< an element stands for element * 2^element_shift (mxint8: -6)
  double bits = 0;             ///< a number, scales included (but one scale for a whole vector)
  ScaleRule scale_rule = ScaleRule::floor;
  bool symmetric = false;      ///< the lowest element is the highest one's negative

  Format element() const;
  /// Of scales; `own` where they have no format of their own.
  Format scale(const Format& own) const;
};

/// The catalogue, by names without options.
std::span<const BlockFormat> block_formats();

/// A name with options: `mxfp4`, `mxfp4:ceil`, `mxint8:symmetric`, `int4/32`, `uint4/32` (with zero point). UsageError
/// with a "did you mean".
BlockFormat parse_block_format(std::string_view name);

struct Block {
  Value scale;
  Value offset;  ///< added to element * scale (of zero points: minus zero point times scale); else 0
  std::vector<Value> elements;
  std::vector<Value> values;  ///< what the elements stand for
};

struct Blocks {
  std::optional<Value> tensor_scale;  ///< two_levels
  std::vector<Block> blocks;          ///< the last one may be short
  /// Of q4_K and q6_K, one entry a group: the scales that block scales and offsets are integer multiples of.
  std::vector<Value> group_scales, group_offsets;
  Flags flags = 0;

  /// Those of all blocks, as many as numbers were quantised.
  std::vector<Value> values() const;
};

struct QuantiseOptions {
  /// What scales without a format of their own, and products, are rounded to.
  Format own;
  std::optional<Value> tensor_scale;  ///< two_levels: else from the largest magnitude
  std::uint64_t place = 0;            ///< of stochastic rounding

  QuantiseOptions();  ///< binary32
};

/// Rounds a vector to the block format, by the rule of its specification. NaN or inf in a block makes its scale NaN in
/// MX formats, a Trap elsewhere. UsageError where llama.cpp takes whole groups only.
Blocks quantise(std::span<const Value> numbers, const BlockFormat& format, const QuantiseOptions& options = {});

// ---- by kind; see the files ----
Blocks quantise_llama(std::span<const Value> numbers, const BlockFormat& format);
/// The scale by MX's rule for a positive largest magnitude.
Value power_of_two_scale(const Value& largest, const BlockFormat& format);

}  // namespace roundoff::formats
