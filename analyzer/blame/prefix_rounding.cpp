// Half-rounded runs. The ideal value of an operation is computed on the operands that the run has: rounded
// ones where an operation stands in the first part, ideal ones else. Two arithmetics do that by one and the
// same walk: enclosures, and rounding to another format.
#include "analyzer/blame/prefix_rounding.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "formats/notation/text.hpp"
#include "formats/rounding/rounding.hpp"
#include "sim/passes/rewriter.hpp"
#include "sim/program/record.hpp"

namespace roundoff::analyzer {
namespace {

constexpr int first_bits = 192, most_bits = 1536;

bool has_lists(Op op) { return op == Op::sum || op == Op::dot || op == Op::max || op == Op::arg_max; }

/// No rounding: enclosures at a number of bits.
struct Exactly {
  using Number = Enclosure;
  int bits;

  Number of(const Value& value) const { return {value, bits}; }
  Number evaluate(const Program&, const Node& node, std::span<const Number> x) const {
    switch (node.op) {
      case Op::add:
        return x[0] + x[1];
      case Op::sub:
        return x[0] - x[1];
      case Op::mul:
        return x[0] * x[1];
      case Op::div:
        return x[0] / x[1];
      case Op::fma:
        return x[0] * x[1] + x[2];
      case Op::unary:
        return apply(node.function, x[0]);
      case Op::max: {
        Number most = x[0];
        for (const Number& other : x.subspan(1)) most = maximum(most, other);
        return most;
      }
      case Op::sum: {
        Number total = x[0];
        for (const Number& term : x.subspan(1)) total = total + term;
        return total;
      }
      case Op::dot: {
        const std::size_t terms = x.size() / 2;
        Number total = of(Value::zero());
        for (std::size_t j = 0; j < terms; ++j)
          if (!x[j].is_zero() && !x[terms + j].is_zero()) total = total + x[j] * x[terms + j];
        return total;
      }
      default:  // conversions to another format
        return x[0];
    }
  }
  bool certainly_below(const Number& a, const Number& b) const { return certainly_less(a, b); }
  bool certainly_not_above(const Number& a, const Number& b) const { return certainly_at_most(a, b); }
  std::string difference(const Number& a, const Number& b) const { return (a - b).decimal(); }
};

/// Another format: the ideal program's own rounding.
struct InFormat {
  using Number = Value;

  Number of(const Value& value) const { return value; }
  Number evaluate(const Program& ideal, const Node& node, std::span<const Number> x) const {
    if (node.op != Op::dot) return analyzer::evaluate(ideal, node, x, {}).value;
    return analyzer::evaluate(ideal, node, x.first(x.size() / 2), x.subspan(x.size() / 2)).value;
  }
  bool certainly_below(const Number& a, const Number& b) const { return compare(a, b) < 0; }
  bool certainly_not_above(const Number& a, const Number& b) const { return compare(a, b) <= 0; }
  std::string difference(const Number& a, const Number& b) const {
    return (Enclosure(a, first_bits) - Enclosure(b, first_bits)).decimal();
  }
};

}  // namespace

std::optional<Twins> make_twins(const Model& model, const Policy& policy, const Sibling* ideal,
                                const SequenceShape& shape) {
  Twins twins{record(model, policy, shape), {}, {}};
  if (ideal != nullptr) twins.format = ideal->policy;
  twins.ideal = ideal != nullptr ? record(ideal->model, ideal->policy, shape)
                                 : record(model, policy, shape, {.exact_weights = true});
  const auto operations = [](const Program& program) {
    std::vector<Op> list;
    for (const Node& node : program.nodes)
      if (node.op != Op::constant) list.push_back(node.op);
    return list;
  };
  if (operations(twins.rounded) != operations(twins.ideal)) return std::nullopt;
  return twins;
}

PrefixRounding::PrefixRounding(const Twins& twins, const Reference& run, std::span<const Token> tokens,
                               int output, Token want)
    : twins_(twins),
      run_(run),
      tokens_(tokens),
      target_(twins.rounded.outputs[static_cast<std::size_t>(output)]),
      want_(want) {
  find_cone();
  bits_ = first_bits;
  find_changes();
  if (!twins.format)
    while (bits_ < most_bits && choose(0).tie) bits_ *= 2;
}

PrefixRounding::~PrefixRounding() = default;

void PrefixRounding::find_cone() {
  const Program& program = twins_.rounded;
  twin_.assign(program.nodes.size(), no_node);
  NodeId other = 0;
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    if (program.nodes[id].op == Op::constant) continue;
    while (twins_.ideal.nodes[other].op == Op::constant) ++other;
    twin_[id] = other++;
  }
  std::vector<bool> wanted(target_ + 1);
  wanted[target_] = true;
  for (NodeId id = target_ + 1; id-- > 0;)
    if (wanted[id]) for_operands(program, program.nodes[id], [&](NodeId operand) { wanted[operand] = true; });
  for (NodeId id = 0; id <= target_; ++id) {
    if (!wanted[id] || program.nodes[id].op == Op::constant) continue;
    cone_.push_back(id);
    cost_ += has_lists(program.nodes[id].op) ? program.nodes[id].c : 1;
  }
}

void PrefixRounding::find_changes() {
  const Program &program = twins_.rounded, &ideal = twins_.ideal;
  std::set<std::pair<NodeId, NodeId>> seen;  // a rounded constant in the place of an ideal one
  for (const NodeId id : cone_) {
    const Node& node = program.nodes[id];
    if (node.op == Op::embed) {
      const std::size_t token = tokens_[node.a];
      if (program.tables[node.b][token] != ideal.tables[node.b][token])
        changes_.push_back({true, id, twin_[id], id});
      continue;
    }
    std::vector<NodeId> here, there;
    for_operands(program, program.nodes[id], [&](NodeId operand) { here.push_back(operand); });
    for_operands(ideal, ideal.nodes[twin_[id]], [&](NodeId operand) { there.push_back(operand); });
    for (std::size_t j = 0; j < here.size(); ++j) {
      if (program.nodes[here[j]].op != Op::constant) continue;
      const bool changed =
          program.constants[program.nodes[here[j]].a] != ideal.constants[ideal.nodes[there[j]].a];
      if (changed && seen.emplace(here[j], there[j]).second)
        changes_.push_back({true, here[j], there[j], id});
    }
  }
  std::vector<Value> x, y;
  for (const NodeId id : cone_) {
    const Node& node = program.nodes[id];
    if (node.op == Op::embed || node.op == Op::arg_max) continue;
    bool changed = run_.flags(id) != 0;
    if (twins_.format && !changed) {  // what the other format makes of the same operands
      x.clear(), y.clear();
      for_operands(program, program.nodes[id], [&](NodeId operand) { x.push_back(run_.value(operand)); });
      changed = InFormat{}.evaluate(ideal, ideal.nodes[twin_[id]], x) != run_.value(id);
    }
    if (changed) changes_.push_back({false, id, twin_[id], id});
  }
}

template <class Arithmetic>
Choice PrefixRounding::choose_in(const Arithmetic& arithmetic, std::size_t on) const {
  using Number = typename Arithmetic::Number;
  const Program &program = twins_.rounded, &ideal = twins_.ideal;
  // Everything before `boundary` is rounded: up to the last operation that is switched on.
  NodeId boundary = 0;
  std::set<std::pair<NodeId, NodeId>> loaded;  // weights that are switched on
  for (std::size_t j = 0; j < on; ++j) {
    const Change& change = changes_[j];
    if (change.weight)
      loaded.emplace(change.rounded, change.ideal);
    else
      boundary = change.rounded + 1;
  }
  const auto weight = [&](NodeId here, NodeId there) {
    const bool on_here = loaded.contains({here, there});
    const Program& from = on_here ? program : ideal;
    const Node& node = from.nodes[on_here ? here : there];
    return arithmetic.of(node.op == Op::embed ? from.tables[node.b][tokens_[node.a]]
                                              : from.constants[node.a]);
  };
  std::map<NodeId, Number> values;  // of the ideal part, by rounded id
  std::vector<Number> x;
  const auto value_of = [&](NodeId here, NodeId there) -> Number {
    if (program.nodes[here].op == Op::constant) return weight(here, there);
    if (here < boundary) return arithmetic.of(run_.value(here));
    return values.at(here);
  };
  for (const NodeId id : cone_) {
    if (id < boundary && id != target_) continue;
    const Node &node = program.nodes[id], &other = ideal.nodes[twin_[id]];
    if (node.op == Op::embed) {
      values.emplace(id, weight(id, twin_[id]));
      continue;
    }
    std::vector<NodeId> there;
    for_operands(ideal, ideal.nodes[twin_[id]], [&](NodeId operand) { there.push_back(operand); });
    x.clear();
    std::size_t j = 0;
    for_operands(program, program.nodes[id],
                 [&](NodeId operand) { x.push_back(value_of(operand, there[j++])); });
    if (id != target_) values.emplace(id, arithmetic.evaluate(ideal, other, x));
  }
  // x holds the logits
  Choice choice;
  std::size_t best = 0;
  for (std::size_t j = 1; j < x.size(); ++j)
    if (arithmetic.certainly_below(x[best], x[j])) best = j;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const bool told_apart = j == best || (j < best ? arithmetic.certainly_below(x[j], x[best])
                                                   : arithmetic.certainly_not_above(x[j], x[best]));
    choice.tie = choice.tie || !told_apart;
  }
  choice.token = static_cast<Token>(best);
  std::optional<std::size_t> rival;
  for (std::size_t j = 0; j < x.size(); ++j)
    if (j != want_ && (!rival || arithmetic.certainly_below(x[*rival], x[j]))) rival = j;
  choice.leads = best == want_;
  choice.margin = rival ? arithmetic.difference(x[want_], x[*rival]) : "inf";
  return choice;
}

Choice PrefixRounding::choose(std::size_t on) const {
  if (twins_.format) return choose_in(InFormat{}, on);
  return choose_in(Exactly{bits_}, on);
}

namespace {

RoundingError between(const Enclosure& exact, const Value& result, const Format& format) {
  const Enclosure rounded(result, first_bits);
  RoundingError error{exact, -1, result.is_zero() && !exact.is_zero()};
  const Enclosure off = rounded - exact;
  if (!format.is_grid() || off.indefinite()) return error;
  const Value low = off.low(), high = off.high(), size = exact.high();
  if (!low.is_finite() || !high.is_finite() || !size.is_finite()) return error;
  const std::int64_t leading = size.is_zero() ? format.quantum : leading_exponent(size);
  const double distance = std::max(std::fabs(to_double(low)), std::fabs(to_double(high)));
  error.ulps = std::ldexp(distance, -static_cast<int>(quantum_at(format, leading)));
  return error;
}

}  // namespace

RoundingError rounding_error(const Program& program, NodeId id, const Reference& run) {
  const Node& node = program.nodes[id];
  std::vector<Enclosure> x;
  for_operands(program, node, [&](NodeId operand) { x.emplace_back(run.value(operand), first_bits); });
  return between(Exactly{first_bits}.evaluate(program, node, x), run.value(id), program.formats[node.format]);
}

RoundingError PrefixRounding::error(std::size_t which) const {
  const Program &program = twins_.rounded, &ideal = twins_.ideal;
  const Change& change = changes_[which];
  if (!change.weight) return rounding_error(program, change.rounded, run_);
  const Node &node = program.nodes[change.rounded], &other = ideal.nodes[change.ideal];
  const bool table = node.op == Op::embed;
  const Value exact = table ? ideal.tables[other.b][tokens_[other.a]] : ideal.constants[other.a];
  const Value result = table ? program.tables[node.b][tokens_[node.a]] : program.constants[node.a];
  return between({exact, first_bits}, result, program.formats[node.format]);
}

}  // namespace roundoff::analyzer
