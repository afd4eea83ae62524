// When fusing is right.
//
// A comparison. A table over a difference a - b, or over max(a - b, c) with c < 0, that has one result at
// zero and another everywhere else asks whether a = b: in a uniform format the rounded difference of two
// members is zero exactly where they are equal (under `wrap` it need not be), and likewise where it is exact.
//
// A tally. Node::exact says that no sum of some of the terms is rounded, overflows or is -0, so that the
// terms may be added in any order, and those that are zero left out: of e_j v_j with e_j a comparison that is
// 1 or 0, or of e_j itself that is one number or 0.
#include "sim/lanes/fusion.hpp"

#include <algorithm>

#include "sim/lanes/layout.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

bool is_member(const Program& program, NodeId id, const Format& format) {
  const Node& node = program.nodes[id];
  if (node.op != Op::constant) return contains(format, program.formats[node.format]);
  const Value& value = program.constants[node.a];
  return round(value, format).value == value;
}

Fusion::Fusion(const Program& program) : program_(program), computed_(program.nodes.size(), true) {}

const Comparison* Fusion::comparison(NodeId node) const {
  const auto found = comparisons_.find(node);
  return found == comparisons_.end() ? nullptr : &found->second;
}
const Tally* Fusion::tally(NodeId node) const {
  const auto found = tallies_.find(node);
  return found == tallies_.end() ? nullptr : &found->second;
}

const std::vector<NodeId>& Fusion::reads(NodeId id) const {
  reads_.clear();
  if (const Comparison* comparison = this->comparison(id)) {
    reads_ = {comparison->a, comparison->b};
  } else if (const Tally* tally = this->tally(id)) {
    reads_ = tally->others;
    reads_.push_back(tally->common);
    reads_.insert(reads_.end(), tally->values.begin(), tally->values.end());
    reads_.insert(reads_.end(), tally->rest.begin(), tally->rest.end());
  } else {
    for_operands(program_, program_.nodes[id], [&](NodeId operand) { reads_.push_back(operand); });
  }
  return reads_;
}

std::optional<Comparison> Fusion::compared(NodeId id) const {
  const Node& node = program_.nodes[id];
  if (node.op != Op::table) return {};
  NodeId difference = node.a;
  if (const Node& clamp = program_.nodes[difference]; clamp.op == Op::max && clamp.c == 2) {
    const auto list = program_.list(clamp.a, 2);
    const bool swapped = program_.nodes[list[0]].op == Op::constant;
    const Node& floor = program_.nodes[list[swapped ? 0 : 1]];
    if (floor.op != Op::constant || compare(program_.constants[floor.a], Value::zero()) >= 0) return {};
    if (can_trap(program_, clamp)) return {};
    difference = list[swapped ? 1 : 0];
  }
  const Node& sub = program_.nodes[difference];
  if (sub.op != Op::sub || can_trap(program_, sub)) return {};
  const Format& format = program_.formats[sub.format];
  if (!(format.is_uniform() || sub.exact) || format.overflow == Overflow::wrap ||
      !is_member(program_, sub.a, format) || !is_member(program_, sub.b, format))
    return {};
  Comparison found{sub.a, sub.b, {}, {}};
  bool some_yes = false, some_no = false;
  for (const auto& [argument, result] : program_.maps[node.b]) {
    const bool zero = argument.is_zero();
    Value& side = zero ? found.yes : found.no;
    bool& seen = zero ? some_yes : some_no;
    if (seen && side != result) return {};
    side = result;
    seen = true;
  }
  return some_yes && some_no ? std::optional(found) : std::nullopt;
}

std::optional<Tally> Fusion::tallied(const Node& node) const {
  if ((node.op != Op::sum && node.op != Op::dot) || !node.exact || can_trap(program_, node)) return {};
  Tally tally;
  const auto add = [&](NodeId indicator, NodeId value) {
    const Comparison* e = comparison(indicator);
    if (!e || !e->no.is_zero() || e->no.negative) return false;
    if (tally.common == no_node) tally.common = e->b, tally.unit = e->yes;
    if (e->b != tally.common || e->yes != tally.unit) return false;
    tally.others.push_back(e->a);
    if (value != no_node) tally.values.push_back(value);
    return true;
  };
  const auto x = program_.list(node.a, node.c);
  for (std::uint32_t j = 0; j < node.c; ++j) {
    if (node.op == Op::sum) {
      if (!add(x[j], no_node)) tally.rest.push_back(x[j]);
    } else {
      const auto y = program_.list(node.b, node.c);
      if (!add(x[j], y[j]) && !add(y[j], x[j])) return {};
    }
  }
  if (tally.others.size() < 2 || (node.op == Op::dot && tally.unit != Value::integer(1))) return {};
  return tally;
}

Fusion Fusion::of(const Program& program) {
  Fusion fusion(program);
  std::vector<bool> chosen(program.nodes.size());  // a choice looks its token up itself
  for (NodeId output : program.outputs) chosen[output] = true;
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    if (chosen[id]) continue;
    if (auto comparison = fusion.compared(id)) fusion.comparisons_.emplace(id, std::move(*comparison));
  }
  for (NodeId id = 0; id < program.nodes.size(); ++id)
    if (auto tally = fusion.tallied(program.nodes[id])) fusion.tallies_.emplace(id, std::move(*tally));
  // What is still read, from the outputs down.
  fusion.computed_.assign(program.nodes.size(), false);
  for (NodeId output : program.outputs) fusion.computed_[output] = true;
  for (NodeId id = static_cast<NodeId>(program.nodes.size()); id-- > 0;) {
    if (!fusion.computed_[id] && !can_trap(program, program.nodes[id])) continue;
    fusion.computed_[id] = true;
    for (NodeId operand : fusion.reads(id)) fusion.computed_[operand] = true;
  }
  return fusion;
}

}  // namespace roundoff::sim
