// See position.hpp. The program is recorded at one position that sees itself alone, so that each sum over keys has
// one term; positions of other phases are recorded as far as their embeddings.
#include "analyzer/automata/position.hpp"

#include <algorithm>

#include "formats/error.hpp"
#include "sim/blocks/transformer.hpp"
#include "sim/program/recorder.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::analyzer::automata {
namespace {

std::vector<NodeId> joined(std::vector<NodeId> list, std::span<const NodeId> more) {
  list.insert(list.end(), more.begin(), more.end());
  return list;
}

/// The nodes that a node reads.
std::vector<NodeId> operands(const Program& program, const Node& node) {
  switch (node.op) {
    case Op::constant:
    case Op::embed:
      return {};
    case Op::round:
    case Op::unary:
    case Op::table:
      return {node.a};
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
      return {node.a, node.b};
    case Op::fma:
      return {node.a, node.b, node.c};
    case Op::max:
    case Op::sum:
    case Op::arg_max:
    case Op::dot: {
      const auto x = program.list(node.a, node.c);
      std::vector<NodeId> all(x.begin(), x.end());
      return node.op == Op::dot ? joined(std::move(all), program.list(node.b, node.c)) : all;
    }
  }
  return {};
}

}  // namespace

OnePosition::OnePosition(const Model& model, const Policy& policy) {
  phases_ = model.position_embedding.empty() ? 1 : model.position_embedding.rows();
  Policy alone = policy;
  alone.mask = Mask::causal;
  SequenceShape shape;
  shape.vocabulary = static_cast<int>(model.vocabulary.size());
  std::vector<Token> every(model.vocabulary.size());
  for (std::size_t t = 0; t < every.size(); ++t) every[t] = static_cast<Token>(t);
  shape.tokens.assign(static_cast<std::size_t>(phases_), every);
  Recorder tape(alone, shape, {});
  Transformer<Recorder> transformer(tape, model);
  for (int phase = 0; phase < phases_; ++phase) {
    tape.stand_at(phase, -1);
    embedded_.push_back(transformer.embed(tape));
  }
  std::vector<NodeId> x = embedded_.front();
  struct Ends {
    NodeId first, last;
    std::vector<NodeId> in, entered, out;
  };
  std::vector<Ends> ends;
  for (std::size_t l = 0; l < transformer.layers(); ++l) {
    tape.stand_at(0, static_cast<int>(l));
    Ends& here = ends.emplace_back();
    here.first = static_cast<NodeId>(tape.program().nodes.size());
    here.in = x;
    auto entered = transformer.enter(tape, l, x);
    here.entered = entered.x;
    x = here.out = transformer.leave(tape, l, std::move(entered));
    here.last = static_cast<NodeId>(tape.program().nodes.size());
  }
  tape.stand_at(0, -1);
  const NodeId next = transformer.choose(tape, transformer.logits(tape, x));
  program_ = std::move(tape.program());
  values_.resize(program_.nodes.size());
  for (NodeId id = 0; id < program_.nodes.size(); ++id)
    if (program_.nodes[id].op == Op::constant) values_[id] = program_.constants[program_.nodes[id].a];

  for (const std::vector<NodeId>& each : embedded_) embeddings_.push_back(cone({}, each));
  for (std::size_t l = 0; l < ends.size(); ++l) {
    LayerCut& layer = layers_.emplace_back();
    layer.stream = ends[l].entered.size();
    layer.safe = safe(ends[l].first, ends[l].last);
    std::vector<NodeId> entered = ends[l].entered, left = ends[l].entered;
    if (const auto& attention = model.layers[l].attention) {
      layer.d_k = static_cast<std::size_t>(attention->query.weight.rows() / attention->heads);
      layer.d_v = static_cast<std::size_t>(attention->value.weight.rows() / attention->groups());
      for (int h = 0; h < attention->heads; ++h) {
        const HeadCut& cut = layer.heads.emplace_back(head(l, h, *attention));
        entered = joined(std::move(entered), cut.score.pinned);
        for (const NodeId mix : cut.mix) entered.push_back(program_.operands[program_.nodes[mix].b]);
        for (const Cone& output : cut.output) left.push_back(output.targets[0]);
      }
    }
    layer.enter = cone(ends[l].in, std::move(entered));
    layer.leave = cone(std::move(left), ends[l].out);
  }
  choice_ = cone(x, {next});
}

Cone OnePosition::cone(std::vector<NodeId> pinned, std::vector<NodeId> targets) const {
  std::vector<bool> fixed(program_.nodes.size()), wanted(program_.nodes.size());
  for (const NodeId id : pinned) fixed[id] = true;
  NodeId last = 0;
  for (const NodeId id : targets) wanted[id] = true, last = std::max(last, id);
  Cone cone;
  // Operands come before what reads them.
  for (NodeId id = last + 1; id-- > 0;) {
    if (!wanted[id] || fixed[id] || program_.nodes[id].op == Op::constant) continue;
    cone.nodes.push_back(id);
    for (const NodeId operand : operands(program_, program_.nodes[id])) wanted[operand] = true;
  }
  std::reverse(cone.nodes.begin(), cone.nodes.end());
  cone.pinned = std::move(pinned);
  cone.targets = std::move(targets);
  return cone;
}

HeadCut OnePosition::head(std::size_t layer, int h, const Attention& attention) const {
  const auto d_v = static_cast<std::size_t>(attention.value.weight.rows() / attention.groups());
  NodeId first_score = no_node, score = no_node, largest = no_node;
  HeadCut cut;
  cut.mix.assign(d_v, no_node);
  std::vector<NodeId> outputs(d_v, no_node);
  for (NodeId id = 0; id < program_.nodes.size(); ++id) {
    const Site& site = program_.sites[id];
    if (site.layer != static_cast<int>(layer)) continue;
    const Op op = program_.nodes[id].op;
    if (site.name == SiteName::score && site.head == h) {
      if (op == Op::dot && first_score == no_node) first_score = id;
      if (!site.inner) score = id;
    }
    if (site.name == SiteName::exp && site.head == h && op == Op::max && largest == no_node) largest = id;
    if (site.name == SiteName::z && site.head == h && op == Op::sum) cut.z = id;
    if (site.name == SiteName::head && site.index >= 0) {
      const std::size_t index = static_cast<std::size_t>(site.index),
                        first = static_cast<std::size_t>(h) * d_v;
      if (index < first || index >= first + d_v) continue;
      if (op == Op::dot && cut.mix[index - first] == no_node) cut.mix[index - first] = id;
      if (!site.inner) outputs[index - first] = id;
    }
  }
  const auto list = [&](std::uint32_t offset, std::uint32_t count) {
    const auto ids = program_.list(offset, count);
    return std::vector<NodeId>(ids.begin(), ids.end());
  };
  const Node& dot = program_.nodes[first_score];
  cut.score = cone(joined(list(dot.a, dot.c), list(dot.b, dot.c)), {score});
  const NodeId weight = program_.operands[program_.nodes[cut.mix[0]].a];
  NodeId e = weight;
  if (cut.z != no_node) e = program_.operands[program_.nodes[cut.z].a];
  if (attention.weighting == Weighting::hard_first || attention.weighting == Weighting::hard_last) {
    const Node& difference = program_.nodes[program_.nodes[weight].a];  // of relu(e - seen)
    e = difference.a;
    cut.weight = cone({e, difference.b}, {weight});
  } else if (cut.z != no_node) {
    cut.weight = cone({e, cut.z}, {weight});
    if (program_.nodes[cut.z].c > 1) {
      const NodeId more = program_.operands[program_.nodes[cut.z].a + 1];
      cut.more = largest == no_node ? cone({}, {more}) : cone({largest}, {more});
    }
  } else {
    cut.weight = cone({e}, {weight});
  }
  if (largest != no_node) {
    cut.shift = cone({score, largest}, {e});
    const Node& max = program_.nodes[largest];
    if (max.c > 1) cut.beside = values_[program_.operands[max.a + 1]];
  } else {
    cut.term = cone({score}, {e});
  }
  for (std::size_t t = 0; t < d_v; ++t)
    cut.output.push_back(cut.z == no_node ? cone({cut.mix[t]}, {outputs[t]})
                                          : cone({cut.mix[t], cut.z}, {outputs[t]}));
  return cut;
}

bool OnePosition::safe(NodeId first, NodeId last) const {
  for (NodeId id = first; id < last; ++id) {
    const Node& node = program_.nodes[id];
    const Format& format = program_.formats[node.format];
    if (!format.is_plain() || format.overflow == Overflow::trap) return false;
    if (node.op == Op::div && !node.nonzero_divisor) return false;
    if (node.op == Op::sum || node.op == Op::dot) {
      const SumOrder& order = program_.reductions[node.reduction].order;
      if (order.kind == SumOrder::wide &&
          (!order.wide_format.is_plain() || order.wide_format.overflow == Overflow::trap))
        return false;
    }
    if (node.op == Op::unary && (node.function == Function::rsqrt || node.function == Function::sqrt ||
                                 node.function == Function::log || node.function == Function::reciprocal))
      return false;
  }
  return true;
}

Outcome<Values> OnePosition::run(const Cone& cone, const Values& pinned) {
  Scratch scratch;
  std::vector<std::pair<NodeId, Value>> constants;  // that are pinned, and are as they were afterwards
  for (std::size_t i = 0; i < cone.pinned.size(); ++i) {
    Value& value = values_[cone.pinned[i]];
    if (program_.nodes[cone.pinned[i]].op == Op::constant) constants.emplace_back(cone.pinned[i], value);
    value = pinned[i];
  }
  Outcome<Values> result;
  try {
    for (const NodeId id : cone.nodes) values_[id] = evaluate(program_, id, values_, tokens_, scratch).value;
    result.emplace();
    for (const NodeId id : cone.targets) result->push_back(values_[id]);
  } catch (const Trap&) {
    result.reset();
  }
  for (const auto& [id, value] : constants) values_[id] = value;
  return result;
}

Outcome<Values> OnePosition::embed(Token token, int phase) {
  tokens_.assign(static_cast<std::size_t>(phases_), token);
  return run(embeddings_[static_cast<std::size_t>(phase)], {});
}

Outcome<Token> OnePosition::choose(const Values& stream) {
  const Outcome<Values> chosen = run(choice_, stream);
  if (!chosen) return std::nullopt;
  return static_cast<Token>(to_double(chosen->front()));
}

}  // namespace roundoff::analyzer::automata
