// Recording, position by position and layer by layer.
#include "sim/program/record.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/blocks/transformer.hpp"
#include "sim/program/finite.hpp"
#include "sim/program/memory.hpp"
#include "sim/program/recorder.hpp"

namespace roundoff::sim {

bool zero_weights_exact(const Format& format, const Reduction& reduction) {
  const bool order_by_term =
      reduction.order.kind == SumOrder::sequential || reduction.order.kind == SumOrder::exact;
  return format.is_plain() && order_by_term && !format.is_stochastic();
}

namespace {

// Whether what stands after the keys and values of the last attention cannot trap, at any position: in
// formats without infinities and NaN, that do not trap at overflow, or where neither occurs, with a denominator above zero and no
// partial function.
bool last_layers_never_trap(const Model& model, const Policy& policy, int last, bool finite) {
  const bool plain = std::all_of(policy.formats.begin(), policy.formats.end(), [](const Format& format) {
    return format.is_plain() && format.overflow != Overflow::trap;
  });
  if ((!plain && !finite) || policy.order.kind == SumOrder::wide || policy.softmax != Softmax::stable ||
      policy.quantisers.activations != "" || policy.quantisers.cache != "")
    return false;
  for (std::size_t l = static_cast<std::size_t>(std::max(0, last)); l < model.layers.size(); ++l) {
    const Layer& layer = model.layers[l];
    if (layer.projection || layer.before_attention || layer.after_attention || layer.before_feed_forward ||
        layer.after_feed_forward || layer.of_attention || layer.of_feed_forward || layer.keep || layer.add)
      return false;
    if (layer.attention && (layer.attention->divides || layer.attention->cap)) return false;
    if (layer.attention && (layer.attention->weighting != Weighting::softmax || layer.attention->query_norm ||
                            layer.attention->rotary))
      return false;
    if (layer.feed_forward && layer.feed_forward->activation != Activation::relu) return false;
  }
  // Z is at least rnd(1).
  const Format& softmax = policy[Role::softmax];
  return softmax.overflow != Overflow::wrap && !round(Value::integer(1), softmax).value.is_zero();
}

std::size_t bytes(const Program& program) {
  return program.nodes.size() * (sizeof(Node) + sizeof(Site)) + program.operands.size() * sizeof(NodeId) +
         program.constants.size() * sizeof(Value);
}

// All positions see all: each layer is entered everywhere before it is left anywhere.
std::vector<Recorder::Entries> at_once(Recorder& tape, Transformer<Recorder>& transformer,
                                       const Watch& watch) {
  const int positions = tape.program().shape.positions();
  const auto every = [&](int layer, const auto& work) {
    for (int i = 0; i < positions; ++i) {
      tape.stand_at(i, layer);
      work(static_cast<std::size_t>(i));
    }
  };
  std::vector<Recorder::Entries> x(static_cast<std::size_t>(positions));
  every(-1, [&](std::size_t i) { x[i] = transformer.embed(tape); });
  for (std::size_t l = 0; l < transformer.layers(); ++l) {
    if (watch)
      watch("building the program", static_cast<double>(l), static_cast<double>(transformer.layers()));
    std::vector<Transformer<Recorder>::Entered> entered(x.size());
    const int layer = static_cast<int>(l);
    every(layer, [&](std::size_t i) { entered[i] = transformer.enter(tape, l, std::move(x[i])); });
    every(layer, [&](std::size_t i) { x[i] = transformer.leave(tape, l, std::move(entered[i])); });
  }
  return x;
}

/// What attention alone takes where nothing is folded: two nodes at least (score, exp or step) for every head and pair
/// of positions.
double attention_bytes(const Model& model, int positions) {
  double heads = 0;
  for (const Layer& layer : model.layers)
    if (layer.attention) heads += layer.attention->heads;
  const double pairs = 0.5 * positions * (positions - 1.0);
  return heads * pairs * 2 * (sizeof(Node) + sizeof(Site));
}

Program run(const Model& model, Recorder& tape, const RecordOptions& options) {
  Transformer<Recorder> transformer(tape, model);
  Program& program = tape.program();
  // Later positions read of this one the keys and values, and no output reads what follows the last of them.
  int last = -1;
  for (std::size_t l = 0; l < model.layers.size(); ++l)
    if (model.layers[l].attention) last = static_cast<int>(l);
  const bool brief = options.fold && !options.all_outputs &&
                     last_layers_never_trap(model, tape.policy(), last, options.finite);
  const auto finish = [&](int i, const Recorder::Entries& x) {
    tape.stand_at(i, -1);
    const bool output = i >= program.shape.first_output;
    if (!output && !options.all_outputs) return;
    const NodeId next = transformer.choose(tape, transformer.logits(tape, x));
    if (output) program.outputs.push_back(next);
  };
  if (tape.policy().mask == Mask::none) {
    const std::vector<Recorder::Entries> x = at_once(tape, transformer, options.watch);
    for (int i = 0; i < program.shape.positions(); ++i) finish(i, x[static_cast<std::size_t>(i)]);
    program.position_end.assign(x.size(), static_cast<NodeId>(program.nodes.size()));
    return std::move(program);
  }
  // Passes hold a program and its next form, with what they know of its nodes.
  Forecast forecast("the program", program.shape.positions(), options.fold ? 4 : 1.5);
  if (!options.fold) forecast.at_least(attention_bytes(model, program.shape.positions()));
  for (int i = 0; i < program.shape.positions(); ++i) {
    forecast.at(i, bytes(program));
    if (options.watch) options.watch("building the program", i, program.shape.positions());
    tape.stand_at(i, -1);
    std::vector<NodeId> x = transformer.embed(tape);
    for (std::size_t l = 0; l < transformer.layers(); ++l) {
      tape.stand_at(i, static_cast<int>(l));
      if (brief && i < program.shape.first_output && static_cast<int>(l) >= last) {
        if (static_cast<int>(l) == last) transformer.remember(tape, l, x);
        break;
      }
      x = transformer.layer(tape, l, std::move(x));
    }
    finish(i, x);
    program.position_end.push_back(static_cast<NodeId>(program.nodes.size()));
  }
  return std::move(program);
}

}  // namespace

Program record(const Model& model, const Policy& policy, const SequenceShape& shape,
               const RecordOptions& options) {
  if (shape.vocabulary != static_cast<int>(model.vocabulary.size()))
    throw UsageError(fmt::format(
        "the task has {} tokens but the model's vocabulary has {}; use the task the model was built for",
        shape.vocabulary, model.vocabulary.size()));
  require_positions(model, shape.positions());
  if (policy.mask == Mask::none && !shape.one_pass && shape.positions() - shape.first_output > 1)
    throw UsageError(
        "under mask = none every position sees the answer that is being written; it takes a task that is "
        "read in "
        "one pass, or forward");
  RecordOptions facts = options;
  const bool plain = std::all_of(policy.formats.begin(), policy.formats.end(),
                                 [](const Format& format) { return format.is_plain(); });
  facts.finite = options.fold && !plain && stays_finite(model, policy, shape.positions());
  Recorder tape(policy, shape, facts);
  return run(model, tape, facts);
}

}  // namespace roundoff::sim
