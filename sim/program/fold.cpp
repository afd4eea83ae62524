// See fold.hpp.
#include "sim/program/fold.hpp"

#include "formats/error.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::sim {

std::optional<Value> ConstantFolder::evaluated(const Node& node) {
  try {
    return evaluate(program_, node, x_, y_).value;
  } catch (const Trap&) {
    return {};
  }
}

std::optional<Value> ConstantFolder::embedded(const Node& node) const {
  const auto& table = program_.tables[node.b];
  const auto& allowed = program_.shape.tokens[node.a];
  const Value& first = table[allowed[0]];
  for (Token token : allowed)
    if (table[token] != first) return {};
  return first;
}

bool ConstantFolder::skips_zero(const Node& dot) {
  constexpr std::size_t formats = 256;  // as many as Node::format can tell apart
  const std::size_t at = dot.reduction * formats + dot.format;
  if (at >= skips_zero_.size()) skips_zero_.resize(at + 1, -1);
  if (skips_zero_[at] < 0)
    skips_zero_[at] =
        zero_weights_exact(program_.formats[dot.format], program_.reductions[dot.reduction]) ? 1 : 0;
  return skips_zero_[at] == 1;
}

}  // namespace roundoff::sim
