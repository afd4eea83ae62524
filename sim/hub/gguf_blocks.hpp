// The kinds of tensors in GGUF files, one record each: how many numbers a block holds, in how many bytes, and what they
// are, as llama.cpp's dequantize_row_* computes them in binary32. A new kind is one more record in gguf_blocks.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "sim/names.hpp"

namespace roundoff::sim {

struct GgufBlocks {
  std::uint32_t kind;  ///< ggml_type
  std::string_view name;
  int count;  ///< numbers of a block
  int bytes;
  float (*read)(const unsigned char* block, int i);
  bool (*finite)(const unsigned char* block);
  std::string_view format;  ///< of one number a block: whose codes they are
};

std::span<const GgufBlocks> gguf_blocks();
/// Null for a kind that is not read.
const GgufBlocks* find_gguf_blocks(std::uint32_t kind);

}  // namespace roundoff::sim
