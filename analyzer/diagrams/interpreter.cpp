// Demand, node by node evaluation, and what is dropped at collections.
#include "analyzer/diagrams/interpreter.hpp"

#include <stdexcept>

#include "analyzer/diagrams/products.hpp"
#include "sim/passes/rewriter.hpp"
#include "sim/program/record.hpp"

namespace roundoff::analyzer::diagrams {

Interpreter::Interpreter(const Program& program, Algebra& algebra, std::vector<Ref> tokens,
                         const Limits& limits)
    : program_(program),
      algebra_(algebra),
      manager_(algebra.manager()),
      most_tuples_(limits.tuples),
      tokens_(manager_, std::move(tokens)),
      values_(manager_, std::vector<Ref>(program.nodes.size(), no_ref)),
      members_(program.formats.size() * program.constants.size()),
      refused_(program.nodes.size(), limits.tuples == 0),
      ids_(program.nodes.size()),
      seen_(program.nodes.size()),
      spans_(program) {
  for (const Format& format : program.formats)
    if (format.is_stochastic()) throw Exhausted{{Reason::stochastic}};
  manager_.before_collection([this] { drop(); });
  find_segments();
  exact_add_ = algebra.scalars().code({.kind = Operation::exact_add});
  exact_mul_ = algebra.scalars().code({.kind = Operation::exact_mul});
}

Interpreter::~Interpreter() = default;

std::uint32_t Interpreter::code(Operation::Kind kind, std::uint8_t format, Function function) {
  constexpr std::size_t functions = 32;
  const std::size_t index =
      (static_cast<std::size_t>(format) * 16 + kind) * functions + static_cast<std::size_t>(function);
  if (index >= codes_.size()) codes_.resize(index + 1);
  if (codes_[index] == 0) codes_[index] = code(kind, program_.formats[format], function, 0);
  return codes_[index];
}

bool Interpreter::is_zero_constant(NodeId node) const {
  const Node& n = program_.nodes[node];
  return n.op == Op::constant && program_.constants[n.a].is_zero();
}

bool Interpreter::skips_zero(const Node& node) const {
  return zero_weights_exact(program_.formats[node.format], program_.reductions[node.reduction]);
}

// Whether all of a node's values are members of a format of the program.
bool Interpreter::member(NodeId node, std::uint8_t format) {
  const Node& n = program_.nodes[node];
  if (n.op == Op::constant) {
    std::uint8_t& known = members_[format * program_.constants.size() + n.a];
    if (known == 0) {
      const Value& value = program_.constants[n.a];
      const Id rounded =
          algebra_.scalars().compute(code(Operation::round, format), algebra_.scalars().id(value));
      known = !Scalars::special(rounded) && algebra_.scalars().value(rounded) == value ? 1 : 2;
    }
    return known == 1;
  }
  return n.op != Op::arg_max && n.format == format;
}

Ref Interpreter::value(NodeId node) {
  active_.clear();  // an exception may have left it
  need(node);
  return values_[node];
}

// Computes a node unless it is known. Callers hold no Ref across this: a collection may move all.
void Interpreter::need(NodeId node) {
  if (values_[node] != no_ref) return;
  active_.push_back(node);
  manager_.collect_if_due();
  if (!by_cut(node) && !by_tuples(node)) {
    const Ref result = compute(node);
    values_[node] = result;
    ++statistics_.nodes;
  }
  active_.pop_back();
}

Ref Interpreter::compute(NodeId id) {
  const Node& node = program_.nodes[id];
  const auto unary = [&](Operation::Kind kind, NodeId a) {
    need(a);
    return algebra_.apply(code(kind, node.format, node.function), values_[a], member(a, node.format));
  };
  const auto binary = [&](Operation::Kind kind) {
    need(node.a), need(node.b);
    return algebra_.apply(code(kind, node.format), values_[node.a], values_[node.b],
                          member(node.a, node.format) && member(node.b, node.format));
  };
  switch (node.op) {
    case Op::constant:
      return algebra_.constant(program_.constants[node.a]);
    case Op::embed: {
      const auto& table = program_.tables[node.b];
      Scalars& scalars = algebra_.scalars();
      return algebra_.replace(tokens_[node.a], [&](Id token) {
        return scalars.id(table[static_cast<std::size_t>(scalars.to_integer(token))]);
      });
    }
    case Op::round:
      return unary(Operation::round, node.a);
    case Op::add:
      return binary(Operation::add);
    case Op::sub:
      return binary(Operation::sub);
    case Op::mul:
      if (program_.formats[node.format].is_plain() && member(node.a, node.format) &&
          member(node.b, node.format)) {
        need(node.a);
        if (algebra_.is_zero(values_[node.a])) return algebra_.constant(Value::zero());
      }
      return binary(Operation::mul);
    case Op::div:
      if (node.nonzero_divisor && program_.formats[node.format].is_plain()) {
        need(node.a);
        if (algebra_.is_zero(values_[node.a])) return algebra_.constant(Value::zero());
      }
      return binary(Operation::div);
    case Op::fma: {
      need(node.a), need(node.b), need(node.c);
      Roots factors(manager_, {values_[node.a], values_[node.b]});
      const Ref product =
          algebra_.apply(algebra_.scalars().code({.kind = Operation::exact_mul}), factors[0], factors[1]);
      return algebra_.apply(code(Operation::fma_tail, node.format), values_[node.c], product);
    }
    case Op::unary: {
      // softmax's exp(s - max) is one operation, monotone in both: what lies far below the maximum costs
      // nothing
      const Node& inner = program_.nodes[node.a];
      if (node.function == Function::exp && inner.op == Op::sub && inner.format == node.format &&
          values_[node.a] == no_ref) {
        need(inner.a), need(inner.b);
        return algebra_.apply(code(Operation::apply_to_difference, node.format, node.function),
                              values_[inner.a], values_[inner.b]);
      }
      return unary(Operation::apply, node.a);
    }
    case Op::table: {
      need(node.a);
      const auto& map = program_.maps[node.b];
      Scalars& scalars = algebra_.scalars();
      return algebra_.replace(values_[node.a], [&](Id argument) {
        if (argument == Scalars::trap) return Scalars::trap;
        for (const auto& [from, to] : map)
          if (from == scalars.value(argument)) return scalars.id(to);
        throw std::logic_error("a tabulated function was asked for a value outside its range");
      });
    }
    case Op::max:
      return compute_max(node);
    case Op::sum:
      return compute_sum(node);
    case Op::dot:
      return compute_dot(node);
    case Op::arg_max:
      return compute_arg_max(node);
  }
  throw std::logic_error("unknown operation");
}

Ref Interpreter::compute_max(const Node& node) {
  const auto list = program_.list(node.a, node.c);
  bool signed_zero = false;
  for (const NodeId operand : list) {
    need(operand);
    signed_zero = signed_zero || program_.formats[program_.nodes[operand].format].has_negative_zero;
  }
  Roots terms(manager_);
  for (const NodeId operand : list) terms.refs.push_back(values_[operand]);
  // NaN reaching a max traps (or is the result), also where it is the only operand
  const bool propagates = program_.nan == NanRule::propagate;
  const std::uint32_t max =
      algebra_.scalars().code({.kind = propagates ? Operation::max_or_nan : Operation::max});
  if (list.size() == 1 && !algebra_.is_regular(terms[0])) return algebra_.apply(max, terms[0], terms[0]);
  // the first of two equal operands wins, which shows only in the sign of a zero
  if (!signed_zero) deepest_first(terms, 0, terms.refs.size());
  return fold(max, terms, 0, terms.refs.size(), false);
}

Ref Interpreter::compute_arg_max(const Node& node) {
  const auto list = program_.list(node.a, node.c);
  for (const NodeId operand : list) need(operand);
  Scalars& scalars = algebra_.scalars();
  Roots best(manager_,
             {manager_.terminal(scalars.pair(scalars.id(Value::infinity(true)), scalars.integer(0)))});
  for (std::size_t j = 0; j < list.size(); ++j) {
    const Operation contend{.kind = program_.nan == NanRule::propagate ? Operation::contend_or_nan
                                                                       : Operation::contend,
                            .parameter = static_cast<std::uint32_t>(j)};
    best[0] = algebra_.apply(scalars.code(contend), best[0], values_[list[j]]);
    manager_.collect_if_due();
  }
  return algebra_.apply(scalars.code({.kind = Operation::winner}), best[0]);
}

// Values are kept when a node in progress or still expected needs them: those reached from there through
// nodes that are not yet known.
void Interpreter::drop() {
  std::vector<NodeId> open;
  std::vector<bool> keep(program_.nodes.size());
  const auto visit = [&](NodeId node) {
    if (keep[node]) return;
    keep[node] = true;
    if (values_[node] == no_ref) open.push_back(node);
  };
  for (const NodeId node : active_) visit(node);
  for (const NodeId node : expected_) visit(node);
  while (!open.empty()) {
    const Node& node = program_.nodes[open.back()];
    open.pop_back();
    for_operands(program_, node, visit);
  }
  for (NodeId node = 0; node < program_.nodes.size(); ++node)
    if (!keep[node]) values_[node] = no_ref;
}

std::vector<NodeId> trapping_nodes(const Program& program) {
  std::vector<NodeId> found;
  for (NodeId id = 0; id < program.nodes.size(); ++id)
    if (can_trap(program, program.nodes[id])) found.push_back(id);
  return found;
}

}  // namespace roundoff::analyzer::diagrams
