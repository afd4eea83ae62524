// Running a cone on all combinations of its leaves.
#include "sim/passes/cut_tables.hpp"

#include <algorithm>
#include <unordered_map>

#include "formats/error.hpp"
#include "sim/passes/places.hpp"
#include "sim/passes/rewriter.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::sim {

namespace {

// A table of up to this many entries over one leaf, or over several.
constexpr std::uint32_t most_single = 1024, most_joint = most_places;

}  // namespace

Leaves::Leaves(const Program& program, const std::vector<Range>& ranges)
    : program_(program), ranges_(ranges), node_span_(program.nodes.size()) {
  for (const auto& allowed : program.shape.tokens)
    token_span_.push_back(allowed.size() <= most_joint ? static_cast<std::uint32_t>(allowed.size()) : 0);
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    const Node& node = program.nodes[id];
    if (node.op == Op::constant || node.op == Op::arg_max) continue;
    node_span_[id] = static_cast<std::uint32_t>(grid_points(ranges_[id], most_single));
  }
}

Leaves::Domain Leaves::domain(Leaf leaf) const {
  Domain domain;
  if (is_token(leaf)) {
    for (std::uint32_t j = 0; j < span(leaf); ++j) domain.places.push_back(j);
    return domain;
  }
  const Range& range = ranges_[leaf];
  const Format& format = program_.formats[program_.nodes[leaf].format];
  const auto first = steps(range.low, range.quantum);  // there is one where the span is above 1
  for (std::uint32_t j = 0; j < span(leaf); ++j) {
    const Value value = j == 0 ? range.low : from_steps(*first + j, range.quantum);
    if (round(value, format).value != value) continue;  // between the members of a floating format
    domain.values.push_back(value);
    domain.places.push_back(j);
    if (value.is_zero() && range.minus_zero) {
      domain.values.push_back(Value::zero(true));
      domain.places.push_back(j);
    }
  }
  return domain;
}

std::optional<Cut> Leaves::single(Leaf leaf) const {
  if (span(leaf) == 0) return {};
  Cut cut;
  cut.leaves[0] = leaf;
  cut.count = 1;
  cut.entries = span(leaf);
  return cut;
}

std::optional<Cut> Leaves::join(const Cut& a, const Cut& b) const {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  Cut both;
  std::size_t i = 0, j = 0;
  while (i < a.count || j < b.count) {
    const bool left = j == b.count || (i < a.count && a.leaves[i] <= b.leaves[j]);
    const Leaf leaf = left ? a.leaves[i] : b.leaves[j];
    if (i < a.count && a.leaves[i] == leaf) ++i;
    if (j < b.count && b.leaves[j] == leaf) ++j;
    if (both.count == Cut::most_leaves) return {};
    both.leaves[both.count++] = leaf;
    both.entries *= span(leaf);
    if (both.count > 1 && both.entries > most_joint) return {};
  }
  return both;
}

namespace {

// Runs the cone between a cut and some nodes, one combination of leaf values at a time.
class Cone {
 public:
  Cone(const Program& program, const Leaves& leaves, const Cut& cut, const std::vector<NodeId>& nodes)
      : program_(program), cut_(cut) {
    for (std::uint8_t l = 0; l < cut.count; ++l) {
      domains_.push_back(leaves.domain(cut.leaves[l]));
      if (!is_token(cut.leaves[l])) slot_[cut.leaves[l]] = slots_++;
    }
    for (NodeId node : nodes) visit(node);
    for (NodeId id : order_) {
      const Node& node = program.nodes[id];
      Step& step = steps_.emplace_back();
      step.node = &node;
      step.slot = slot_[id];
      step.skips_zero = node.op == Op::dot &&
                        zero_weights_exact(program.formats[node.format], program.reductions[node.reduction]);
      if (node.op == Op::dot) {
        for (NodeId operand : program.list(node.a, node.c)) step.x.push_back(slot_[operand]);
        for (NodeId operand : program.list(node.b, node.c)) step.y.push_back(slot_[operand]);
      } else {
        for_operands(program, node, [&](NodeId operand) { step.x.push_back(slot_[operand]); });
      }
    }
    std::uint32_t stride = 1;
    strides_.resize(cut.count);
    for (std::size_t l = cut.count; l-- > 0;) {
      strides_[l] = stride;
      stride *= leaves.span(cut.leaves[l]);
    }
    cells_.resize(slots_);
    tables_.resize(nodes.size());
    for (auto& table : tables_) table.emplace();
    nodes_ = &nodes;
  }

  std::vector<std::optional<LookUp>> run() {
    std::vector<std::size_t> at(cut_.count, 0);
    for (;;) {
      combination(at);
      std::size_t l = cut_.count;
      while (l > 0 && ++at[l - 1] == domains_[l - 1].places.size()) at[--l] = 0;
      if (l == 0) break;
    }
    if (signed_zeros_)
      for (auto& table : tables_)
        if (table && !one_result_a_place(*table)) table.reset();
    return std::move(tables_);
  }

 private:
  enum class State : std::uint8_t { known, trapped, impossible };  // the later decides
  struct Cell {
    Value value;
    State state = State::known;
  };

  // Both zeros of a leaf have one place: they must lead to the same result.
  static bool one_result_a_place(const LookUp& table) {
    std::unordered_map<std::uint32_t, const LookUp::Entry*> first;
    return std::all_of(table.entries.begin(), table.entries.end(), [&](const LookUp::Entry& entry) {
      return first.try_emplace(entry.place, &entry).first->second->result == entry.result;
    });
  }

  // Depth first over the nodes between the cut and `node`, operands before their users.
  void visit(NodeId node) {
    std::vector<std::pair<NodeId, bool>> stack{{node, false}};
    while (!stack.empty()) {
      const auto [id, done] = stack.back();
      stack.pop_back();
      if (done) {
        if (slot_.try_emplace(id, slots_).second) {
          ++slots_;
          order_.push_back(id);
        }
        continue;
      }
      if (slot_.contains(id)) continue;
      stack.emplace_back(id, true);
      for_operands(program_, program_.nodes[id], [&](NodeId operand) {
        if (!slot_.contains(operand)) stack.emplace_back(operand, false);
      });
    }
  }

  void combination(const std::vector<std::size_t>& at) {
    std::uint32_t place = 0;
    for (std::size_t l = 0; l < cut_.count; ++l) {
      place += strides_[l] * domains_[l].places[at[l]];
      if (is_token(cut_.leaves[l])) continue;
      const Value& value = domains_[l].values[at[l]];
      signed_zeros_ = signed_zeros_ || (value.is_zero() && value.negative);
      cells_[slot_[cut_.leaves[l]]] = {value, State::known};
    }
    for (const Step& step : steps_) cells_[step.slot] = cell(step, at);
    for (std::size_t k = 0; k < nodes_->size(); ++k) {
      if (!tables_[k]) continue;
      const Cell& cell = cells_[slot_[(*nodes_)[k]]];
      if (cell.state == State::trapped)
        tables_[k].reset();
      else
        tables_[k]->entries.push_back(
            {place, cell.state == State::known ? std::optional(cell.value) : std::nullopt});
    }
  }

  struct Step {
    const Node* node = nullptr;
    std::size_t slot = 0;
    std::vector<std::size_t> x, y;  // slots of the operands
    bool skips_zero = false;
  };

  Cell cell(const Step& step, const std::vector<std::size_t>& at) {
    const Node& node = *step.node;
    if (node.op == Op::constant) return {program_.constants[node.a]};
    if (node.op == Op::embed) {
      const auto leaf = std::find(cut_.leaves.begin(), cut_.leaves.begin() + cut_.count, token_leaf(node.a));
      if (leaf == cut_.leaves.begin() + cut_.count) return {{}, State::trapped};  // not a cut after all
      const std::size_t choice = at[static_cast<std::size_t>(leaf - cut_.leaves.begin())];
      return {program_.tables[node.b][program_.shape.tokens[node.a][choice]]};
    }
    x_.clear(), y_.clear();
    State state = State::known;
    const auto operand = [&](std::size_t slot) -> const Value& {
      state = std::max(state, cells_[slot].state);
      return cells_[slot].value;
    };
    if (node.op == Op::dot) {
      for (std::size_t j = 0; j < step.x.size(); ++j) {
        const Value &left = operand(step.x[j]), &right = operand(step.y[j]);
        const bool zero = (left.is_zero() && right.is_finite()) || (right.is_zero() && left.is_finite());
        if (step.skips_zero && zero) continue;
        x_.push_back(left);
        y_.push_back(right);
      }
      if (x_.empty()) x_.push_back(Value::zero()), y_.push_back(Value::zero());
    } else {
      for (std::size_t slot : step.x) x_.push_back(operand(slot));
    }
    if (state != State::known) return {{}, state};
    if (node.op == Op::table) {
      for (const auto& [argument, result] : program_.maps[node.b])
        if (argument == x_[0]) return {result};
      return {{}, State::impossible};
    }
    try {
      return {evaluate(program_, node, x_, y_).value};
    } catch (const Trap&) {
      return {{}, node.never_traps ? State::impossible : State::trapped};
    }
  }

  const Program& program_;
  const Cut& cut_;
  const std::vector<NodeId>* nodes_ = nullptr;
  std::vector<Leaves::Domain> domains_;
  std::vector<std::uint32_t> strides_;
  std::unordered_map<NodeId, std::size_t> slot_;
  std::size_t slots_ = 0;
  std::vector<NodeId> order_;
  std::vector<Step> steps_;
  std::vector<Cell> cells_;
  std::vector<std::optional<LookUp>> tables_;
  std::vector<Value> x_, y_;
  bool signed_zeros_ = false;
};

}  // namespace

std::vector<std::optional<LookUp>> look_ups(const Program& program, const Leaves& leaves, const Cut& cut,
                                            const std::vector<NodeId>& nodes) {
  return Cone(program, leaves, cut, nodes).run();
}

}  // namespace roundoff::sim
