// Blocks that a vector was quantised to: scales, elements, what they stand for.
#pragma once

#include <string>

#include "cli/names.hpp"
#include "cli/views/answer.hpp"
#include "formats/blocks/blocks.hpp"

namespace roundoff::cli {

/// Lines `scale<TAB>value<TAB>code` (and tensor, group, offset), then `element<TAB>value<TAB>code<TAB>number` each.
std::string blocks_text(const Blocks& blocks, const BlockFormat& format);
Table blocks_table(const Blocks& blocks, const BlockFormat& format);
Json blocks_json(const Blocks& blocks, const BlockFormat& format);

}  // namespace roundoff::cli
