#include "cli/views/blocks.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/views/evaluation.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::cli {
namespace {

std::string scale_code(const Value& scale, const BlockFormat& format) {
  // integers take the receiver's format, and q4_K's and q6_K's scales are products: no code of their own
  if (format.scale_notation.empty() || format.group > 0) return "-";
  return code_of(scale, format.scale({}));
}

bool has_offset(const BlockFormat& format) {
  return format.rule == BlockRule::zero_point || format.name == "q4_1" || format.name == "q4_K";
}

}  // namespace

std::string blocks_text(const Blocks& blocks, const BlockFormat& format) {
  const Format element = format.element();
  std::string text;
  if (blocks.tensor_scale) text += fmt::format("tensor\t{}\n", hex(*blocks.tensor_scale));
  const std::size_t per_group = format.group > 0 ? static_cast<std::size_t>(format.group / format.block) : 1;
  for (std::size_t b = 0; b < blocks.blocks.size(); ++b) {
    const Block& block = blocks.blocks[b];
    if (format.group > 0 && b % per_group == 0) {
      text += fmt::format("group\t{}", hex(blocks.group_scales[b / per_group]));
      if (!blocks.group_offsets.empty()) text += '\t' + hex(blocks.group_offsets[b / per_group]);
      text += '\n';
    }
    text += fmt::format("scale\t{}\t{}\n", hex(block.scale), scale_code(block.scale, format));
    if (has_offset(format)) text += fmt::format("offset\t{}\n", hex(block.offset));
    for (std::size_t i = 0; i < block.elements.size(); ++i)
      text += fmt::format("element\t{}\t{}\t{}\n", hex(block.elements[i]), code_of(block.elements[i], element),
                          hex(block.values[i]));
  }
  return text + fmt::format("flags\t{}\n", describe(blocks.flags));
}

Table blocks_table(const Blocks& blocks, const BlockFormat& format) {
  Table table{{{"block", "block", true},
               {"scale", "scale", false},
               {"offset", "offset", false},
               {"element", "element", false},
               {"code", "code", false},
               {"value", "value", false}},
              {}};
  const Format element = format.element();
  for (std::size_t b = 0; b < blocks.blocks.size(); ++b) {
    const Block& block = blocks.blocks[b];
    for (std::size_t i = 0; i < block.elements.size(); ++i)
      table.rows.push_back({std::to_string(b), hex(block.scale), hex(block.offset), hex(block.elements[i]),
                            code_of(block.elements[i], element), hex(block.values[i])});
  }
  return table;
}

Json blocks_json(const Blocks& blocks, const BlockFormat& format) {
  const Format element = format.element();
  const auto texts = [](const std::vector<Value>& values) {
    Json list = Json::array();
    for (const Value& value : values) list.push_back(hex(value));
    return list;
  };
  Json list = Json::array();
  for (const Block& block : blocks.blocks) {
    Json codes = Json::array();
    for (const Value& value : block.elements) codes.push_back(code_of(value, element));
    const std::string code = scale_code(block.scale, format);
    Json one = {{"scale", hex(block.scale)}, {"scale_code", code == "-" ? Json() : Json(code)}};
    if (has_offset(format)) one["offset"] = hex(block.offset);
    one.update({{"elements", texts(block.elements)}, {"codes", codes}, {"values", texts(block.values)}});
    list.push_back(std::move(one));
  }
  Json document = {{"format", format.name}, {"op", "quantise"}};
  if (blocks.tensor_scale) document["tensor_scale"] = hex(*blocks.tensor_scale);
  if (!blocks.group_scales.empty()) document["group_scales"] = texts(blocks.group_scales);
  if (!blocks.group_offsets.empty()) document["group_offsets"] = texts(blocks.group_offsets);
  document.update({{"blocks", std::move(list)},
                   {"values", texts(blocks.values())},
                   {"flags", describe(blocks.flags)},
                   {"bits_per_number", format.bits}});
  return document;
}

}  // namespace roundoff::cli
