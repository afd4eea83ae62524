// Position-wise blocks by tuples. Between two attentions everything at a position (output projection,
// residual, feed-forward, the next queries, keys and values, or logits and arg max) is a function of what
// stands there; where that takes few distinct values together, one product diagram of value tuples is made,
// and the block is run once a tuple. It works for any activation, and a wide feed-forward block costs its
// units once a tuple, not once a node.
//
// A segment is a position and a layer. It is tried as a whole; when its inputs take too many values together
// (the digits of both operands, say), its targets are tried one by one, and then its inner nodes as they are
// asked for.
#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "analyzer/diagrams/interpreter.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::analyzer::diagrams {

// -1: not part of a position-wise block.
std::int64_t Interpreter::segment_of(NodeId node) const {
  const Site& site = program_.sites[node];
  std::int64_t stage = site.layer;
  switch (site.name) {
    case SiteName::attn:
    case SiteName::mid:
    case SiteName::pre:
    case SiteName::act:
    case SiteName::ffn:
    case SiteName::out:
    case SiteName::gate:
    case SiteName::norm_mid:
    case SiteName::norm_ffn:
    case SiteName::norm_out:
    case SiteName::norm_of_attn:
    case SiteName::norm_of_ffn:
      break;
    case SiteName::norm_attn:
    case SiteName::q:
    case SiteName::k:
    case SiteName::v:
    case SiteName::norm_q:
    case SiteName::norm_k:
      --stage;
      break;
    case SiteName::emb:
      stage = -1;
      break;
    case SiteName::norm_final:
    case SiteName::logits:
    case SiteName::next:
      stage = last_layer_;
      break;
    default:
      return -1;
  }
  return static_cast<std::int64_t>(site.position) * (last_layer_ + 2) + stage + 1;
}

void Interpreter::find_segments() {
  for (const Site& site : program_.sites) last_layer_ = std::max(last_layer_, static_cast<int>(site.layer));
  std::vector<bool> target(program_.nodes.size());
  const auto use = [&](NodeId user, NodeId operand) {
    if (segment_of(operand) >= 0 && segment_of(user) != segment_of(operand)) target[operand] = true;
  };
  for (NodeId id = 0; id < program_.nodes.size(); ++id)
    for_operands(program_, program_.nodes[id], [&](NodeId operand) { use(id, operand); });
  for (const NodeId output : program_.outputs) target[output] = true;
  for (NodeId id = 0; id < program_.nodes.size(); ++id)
    if (target[id] && segment_of(id) >= 0) segments_[segment_of(id)].targets.push_back(id);
}

// Sets values_[node] when it can be had by tuples.
bool Interpreter::by_tuples(NodeId node) {
  if (refused_[node]) return false;
  const std::int64_t at = segment_of(node);
  const Op op = program_.nodes[node].op;
  if (at < 0 || op == Op::constant || op == Op::embed) return false;
  const auto segment = segments_.find(at);
  if (segment != segments_.end() && !segment->second.refused) {
    std::vector<NodeId> targets{node};
    for (const NodeId target : segment->second.targets)
      if (target != node && values_[target] == no_ref) targets.push_back(target);
    segment->second.refused = true;  // also against coming back here from a leaf
    try {
      segment->second.refused = !tabulate(targets);
    } catch (...) {
      segment->second.refused = false;
      throw;
    }
    if (!segment->second.refused) return true;
  }
  if (tabulate({node})) return true;
  refused_[node] = true;
  ++statistics_.refused;
  return false;
}

// The nodes of one segment that the targets are computed from, in order, and what they read from outside of
// it.
std::vector<NodeId> Interpreter::cone(const std::vector<NodeId>& targets, std::vector<NodeId>& leaves) {
  const std::int64_t at = segment_of(targets[0]);
  std::vector<NodeId> inner, open;
  ++search_;
  const auto visit = [&](NodeId node) {
    if (seen_[node] == search_) return;
    seen_[node] = search_;
    if (segment_of(node) == at && program_.nodes[node].op != Op::embed &&
        program_.nodes[node].op != Op::constant) {
      inner.push_back(node);
      open.push_back(node);
    } else {
      leaves.push_back(node);
    }
  };
  for (const NodeId target : targets) visit(target);
  while (!open.empty()) {
    const Node& node = program_.nodes[open.back()];
    open.pop_back();
    if (node.op == Op::dot) {
      const auto xs = program_.list(node.a, node.c), ys = program_.list(node.b, node.c);
      for (std::size_t j = 0; j < node.c; ++j)
        if (!skips_term(node, j)) visit(xs[j]), visit(ys[j]);
    } else {
      for_operands(program_, node, visit);
    }
  }
  std::sort(inner.begin(), inner.end());
  return inner;
}

bool Interpreter::tabulate(const std::vector<NodeId>& targets) {
  std::vector<NodeId> leaves;
  const std::vector<NodeId> inner = cone(targets, leaves);
  if (inner.size() < 2) return false;
  const std::size_t before = active_.size();
  active_.insert(active_.end(), leaves.begin(), leaves.end());  // kept from here on
  for (const NodeId leaf : leaves) need(leaf);
  active_.resize(before);

  const Manager::Pause pause(manager_);
  std::vector<Ref> inputs;
  for (const NodeId leaf : leaves)
    if (!manager_.is_terminal(values_[leaf])) inputs.push_back(values_[leaf]);
  std::sort(inputs.begin(), inputs.end());
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());

  Ref product = manager_.terminal(Scalars::nan);  // any terminal: the only tuple of no inputs
  std::vector<Id> tuples;
  try {
    // Worth it only where there are fewer tuples than edges: small diagrams are as quickly run node by node.
    // Inputs that share no variable take all combinations of their values.
    std::size_t largest = 0, total = 0, least = 1;
    for (const Ref input : inputs) {
      std::size_t edges = 0;
      for (const Ref node : manager_.postorder(input)) {
        if (!manager_.is_terminal(node)) edges += manager_.arity(manager_.level(node));
        ++total;
      }
      largest = std::max(largest, edges);
    }
    const std::size_t most = inputs.empty() ? 1 : std::min(most_tuples_, largest / 4);
    std::vector<bool> used(manager_.levels());
    for (const Ref input : inputs) {
      const std::size_t values = manager_.terminals(input, most).size();
      const std::vector<bool> support = manager_.support(input);
      bool apart = true;
      for (std::size_t v = 0; v < support.size(); ++v) apart = apart && !(support[v] && used[v]);
      if (!apart) continue;
      for (std::size_t v = 0; v < support.size(); ++v) used[v] = used[v] || support[v];
      least *= values;
      if (least > most) return false;
    }
    const Manager::Bound bound(manager_, 8 * total);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      product = i == 0 ? inputs[0] : algebra_.pair(product, inputs[i]);
    tuples = manager_.terminals(product, most);
  } catch (const TooLarge&) {
    return false;
  }

  std::unordered_map<Id, std::size_t> row;
  std::vector<std::vector<Id>> results(targets.size(), std::vector<Id>(tuples.size(), Scalars::trap));
  std::vector<Id> parts(inputs.size());
  for (const NodeId leaf : leaves)
    if (manager_.is_terminal(values_[leaf])) ids_[leaf] = manager_.id(values_[leaf]);
  for (std::size_t t = 0; t < tuples.size(); ++t) {
    row.emplace(tuples[t], t);
    if (tuples[t] == Scalars::trap) continue;
    Id rest = tuples[t];
    for (std::size_t i = inputs.size(); i-- > 1;) std::tie(rest, parts[i]) = algebra_.scalars().parts(rest);
    if (!inputs.empty()) parts[0] = rest;
    for (const NodeId leaf : leaves)
      if (!manager_.is_terminal(values_[leaf])) {
        const auto found = std::lower_bound(inputs.begin(), inputs.end(), values_[leaf]);
        ids_[leaf] = parts[static_cast<std::size_t>(found - inputs.begin())];
      }
    for (const NodeId node : inner) ids_[node] = scalar(node);
    for (std::size_t i = 0; i < targets.size(); ++i) results[i][t] = ids_[targets[i]];
  }
  for (std::size_t i = 0; i < targets.size(); ++i)
    values_[targets[i]] = algebra_.replace(product, [&](Id tuple) { return results[i][row.at(tuple)]; });
  ++statistics_.blocks;
  statistics_.tuples += tuples.size();
  return true;
}

// Term j of a dot is 0 * x, which changes no bit: x is not needed.
bool Interpreter::skips_term(const Node& node, std::size_t j) const {
  const NodeId x = program_.operands[node.a + j], y = program_.operands[node.b + j];
  return (is_zero_constant(x) || is_zero_constant(y)) && skips_zero(node) &&
         program_.formats[program_.nodes[x].format].is_plain() &&
         program_.formats[program_.nodes[y].format].is_plain();
}

// One node on one tuple: the operands' ids are known.
Id Interpreter::scalar(NodeId id) {
  const Node& node = program_.nodes[id];
  Scalars& scalars = algebra_.scalars();
  const auto binary = [&](Operation::Kind kind) {
    return scalars.compute(code(kind, node.format), ids_[node.a], ids_[node.b]);
  };
  switch (node.op) {
    case Op::round:
      return scalars.compute(code(Operation::round, node.format), ids_[node.a]);
    case Op::unary:
      return scalars.compute(code(Operation::apply, node.format, node.function), ids_[node.a]);
    case Op::add:
      return binary(Operation::add);
    case Op::sub:
      return binary(Operation::sub);
    case Op::mul:
      return binary(Operation::mul);
    case Op::div:
      return binary(Operation::div);
    case Op::fma: {
      const Id product =
          scalars.compute(scalars.code({.kind = Operation::exact_mul}), ids_[node.a], ids_[node.b]);
      return scalars.compute(code(Operation::fma_tail, node.format), ids_[node.c], product);
    }
    default:
      break;
  }
  // The n-ary ones are the reductions of diagrams, on constants.
  const auto gather = [&](std::uint32_t offset, auto&& each) {
    for (const NodeId operand : program_.list(offset, node.c)) each(operand);
  };
  bool traps = false;
  switch (node.op) {
    case Op::table: {
      if (ids_[node.a] == Scalars::trap) return Scalars::trap;
      for (const auto& [from, to] : program_.maps[node.b])
        if (from == scalars.value(ids_[node.a])) return scalars.id(to);
      throw std::logic_error("a tabulated function was asked for a value outside its range");
    }
    case Op::max: {
      const std::uint32_t max = scalars.code(
          {.kind = program_.nan == NanRule::propagate ? Operation::max_or_nan : Operation::max});
      Id best = ids_[program_.operands[node.a]];
      if (node.c == 1) return scalars.compute(max, best, best);
      for (std::uint32_t j = 1; j < node.c; ++j)
        best = scalars.compute(max, best, ids_[program_.operands[node.a + j]]);
      return best;
    }
    case Op::arg_max: {
      std::uint32_t best = 0;
      for (std::uint32_t j = 0; j < node.c; ++j) {
        const Id x = ids_[program_.operands[node.a + j]];
        if (x == Scalars::trap) return Scalars::trap;
        if (x == Scalars::nan) {
          if (program_.nan == NanRule::trap) return Scalars::trap;
          // The first NaN is chosen, unless a later operand traps.
          for (std::uint32_t k = j + 1; k < node.c; ++k)
            if (ids_[program_.operands[node.a + k]] == Scalars::trap) return Scalars::trap;
          return scalars.integer(j);
        }
        if (compare(scalars.value(x), scalars.value(ids_[program_.operands[node.a + best]])) > 0) best = j;
      }
      return scalars.integer(best);
    }
    case Op::sum: {
      Roots terms(manager_);
      gather(node.a, [&](NodeId operand) {
        traps = traps || ids_[operand] == Scalars::trap;
        terms.refs.push_back(manager_.terminal(ids_[operand]));
      });
      if (traps) return Scalars::trap;
      return manager_.id(
          sum(terms, program_.reductions[node.reduction].order, program_.formats[node.format], false));
    }
    case Op::dot: {
      const Reduction& reduction = program_.reductions[node.reduction];
      const Format& format = program_.formats[node.format];
      const bool rounded = reduction.mode == DotMode::rounded;
      const std::uint32_t times =
          rounded ? code(Operation::mul, node.format) : scalars.code({.kind = Operation::exact_mul});
      const auto xs = program_.list(node.a, node.c), ys = program_.list(node.b, node.c);
      std::vector<Id> products;
      for (std::size_t j = 0; j < node.c; ++j)
        if (!skips_term(node, j)) products.push_back(scalars.compute(times, ids_[xs[j]], ids_[ys[j]]));
      if (products.empty()) return scalars.integer(0);
      if (reduction.mode == DotMode::fused || (rounded && reduction.order.kind == SumOrder::sequential)) {
        const std::uint32_t plus =
            rounded ? code(Operation::add, node.format) : code(Operation::fma_tail, node.format);
        Id total = rounded ? products[0] : scalars.compute(code(Operation::round, node.format), products[0]);
        for (std::size_t j = 1; j < products.size(); ++j) total = scalars.compute(plus, total, products[j]);
        return total;
      }
      if (std::find(products.begin(), products.end(), Scalars::trap) != products.end()) return Scalars::trap;
      Roots terms(manager_);
      for (const Id term : products) terms.refs.push_back(manager_.terminal(term));
      const SumOrder order = rounded ? reduction.order : SumOrder{SumOrder::exact, 0, {}};
      return manager_.id(sum(terms, order, format, rounded));
    }
    default:
      throw std::logic_error("not an operation of a position-wise block");
  }
}

}  // namespace roundoff::analyzer::diagrams
