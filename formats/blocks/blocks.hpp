// Block formats: vectors cut into blocks, each with a scale of its own (mxfp8_e4m3 ... nvfp4). They are
// quantisers of vectors and not number formats: what a member is depends on its neighbours. A block's members
// are scale * element with the scale in `scale` and the element in `element`; both are Formats, and each
// rounding is `round`.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

struct BlockFormat {
  std::string_view name;
  std::string_view summary;
  std::string_view source;
  std::string_view element_notation;
  std::string_view scale_notation;
  int block = 32;
  int element_shift = 0;  ///< an element is element * 2^element_shift (mxint8: -6)

  Format element() const;
  Format scale() const;
  /// Bits a number, scales included: 8 + 8/32 for mxfp8.
  double bits_per_number() const;
};

std::span<const BlockFormat> block_formats();
/// UsageError with a "did you mean" for an unknown name.
const BlockFormat& parse_block_format(std::string_view name);

/// A quantised vector: one scale a block (the last block may be short) and one element a number.
struct Blocks {
  std::vector<Value> scales;
  std::vector<Value> elements;
  Flags flags = 0;
};

/// Rounds to the block format, by the rule of the format's specification (blocks.cpp). NaN or inf in a block
/// makes its scale NaN in MX formats; Trap in nvfp4.
Blocks quantise(std::span<const Value> numbers, const BlockFormat& format, std::uint64_t place = 0);
/// scale * element, exactly.
std::vector<Value> values(const Blocks& blocks, const BlockFormat& format);

}  // namespace roundoff::formats
