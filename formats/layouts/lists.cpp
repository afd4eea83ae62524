// Formats that list their values. nf4, the 4-bit NormalFloat of QLoRA: quantiles of the normal distribution in
// binary32, as bitsandbytes has them; codes are in the order of the values. Source: Dettmers, Pagnoni, Holtzman,
// Zettlemoyer, "QLoRA: Efficient Finetuning of Quantized LLMs" (2023, arXiv:2305.14314), appendix E.
#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

constexpr std::array<float, 16> normal_floats = {
    -1.0F,
    -0.6961928009986877F,
    -0.5250730514526367F,
    -0.39491748809814453F,
    -0.28444138169288635F,
    -0.18477343022823334F,
    -0.09105003625154495F,
    0.0F,
    0.07958029955625534F,
    0.16093020141124725F,
    0.24611230194568634F,
    0.33791524171829224F,
    0.44070982933044434F,
    0.5626170039176941F,
    0.7229568362236023F,
    1.0F,
};

Format listed(const char* name, int bits, const ValueList& list) {
  Format format;
  format.layout = Layout::list;
  format.encoding = Encoding::place;
  format.name = name;
  format.first = bits;
  format.bits = bits;
  format.list = &list;
  format.lowest = list.members.front();
  format.highest = list.members.back();
  format.quantum = std::numeric_limits<int>::max();
  for (const Value& member : list.members) {
    if (member.is_zero()) continue;
    format.quantum = std::min(format.quantum, member.exponent);
    format.precision = std::max(format.precision, bit_width(member.significand));
  }
  return format;
}

Format make_nf4(Parameters) {
  static const std::vector<Value> values = [] {
    std::vector<Value> members;
    for (const float number : normal_floats) members.push_back(Value::of(static_cast<double>(number)));
    return members;
  }();
  static const ValueList list{values};
  return listed("nf4", 4, list);
}

constexpr CatalogueEntry lists_list[] = {
    {.name = "nf4",
     .example = "nf4",
     .summary = "4-bit NormalFloat, 16 quantiles from -1 to 1",
     .source = "Dettmers et al. 2023 (arXiv:2305.14314), appendix E; values of bitsandbytes",
     .make_from = make_nf4,
     .aliases = "normalfloat4",
     .rules = "ties go to the even code; bitsandbytes compares with midpoints rounded to binary32"},
};

}  // namespace

std::span<const CatalogueEntry> lists_entries() { return lists_list; }

}  // namespace roundoff::formats
