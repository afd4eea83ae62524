#include "sim/model/stacks.hpp"

#include <vector>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::sim {
namespace {

struct Setting {
  std::string_view key, word;
};

PolicyLayer layer(std::initializer_list<Setting> settings) {
  PolicyLayer made;
  made.set("nan", "propagate");
  for (const auto& [key, word] : settings) made.set(key, word);
  return made;
}

}  // namespace

std::span<const Stack> stacks() {
  static const std::vector<Stack> list = {
      {"ieee-binary32", "every operation rounded to binary32, sums and products one by one in index order",
       "IEEE 754-2019, as a plain loop of scalar operations computes",
       layer({{"format", "binary32"}, {"softmax", "stable"}, {"order", "sequential"}, {"dot", "rounded"}})},
  };
  return list;
}

const Stack& find_stack(std::string_view name) {
  std::vector<std::string_view> known;
  for (const Stack& stack : stacks()) {
    if (stack.name == name) return stack;
    known.push_back(stack.name);
  }
  throw UsageError(fmt::format("stack '{}' is unknown{} (see roundoff policies)", name, did_you_mean(name, known)));
}

}  // namespace roundoff::sim
