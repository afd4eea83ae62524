// States are compared as values, not as hashes: a map from the state at each output position to the input
// that had it. (Inputs with equal states at an earlier answer token but different prefixes count as well: the
// readout sees the state.)
#include "analyzer/blame/pairs.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "analyzer/evidence/judge.hpp"
#include "formats/error.hpp"
#include "sim/program/record.hpp"

namespace roundoff::analyzer {
namespace {

/// The nodes of the residual stream after a layer at every output position, in index order.
std::vector<std::vector<NodeId>> states_of(const Program& program, int layer) {
  std::vector<std::vector<NodeId>> states(program.outputs.size());
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    const Site& site = program.sites[id];
    const bool stream = site.name == SiteName::mid || site.name == SiteName::out;
    if (!stream || site.inner || site.layer != layer || site.position < program.shape.first_output) continue;
    auto& state = states[static_cast<std::size_t>(site.position - program.shape.first_output)];
    const auto index = static_cast<std::size_t>(site.index);
    if (state.size() <= index) state.resize(index + 1, no_node);
    state[index] = id;  // `out` comes after `mid` and replaces it
  }
  return states;
}

struct Seen {
  Instance instance;
  Token next;
};

struct StateHash {
  std::size_t operator()(const std::vector<Value>& state) const {
    std::size_t hash = 0;
    for (const Value& value : state) hash = hash * 0x9e3779b97f4a7c15u + hash_value(value);
    return hash;
  }
};

/// What is known of one sequence shape.
struct Finder {
  Program program;
  std::unique_ptr<Reference> reference;
  std::vector<std::vector<NodeId>> states;
  std::vector<std::unordered_map<std::vector<Value>, Seen, StateHash>> seen;  ///< by output
};

}  // namespace

std::optional<IndistinguishablePair> find_indistinguishable(const Model& model, const Policy& policy,
                                                            const Task& task, const PairOptions& options) {
  const int layers = static_cast<int>(model.layers.size());
  const int layer = options.layer < 0 ? layers - 1 : options.layer;
  if (layers == 0)
    throw UsageError("the model has no layers, so that no residual stream after one is to be compared");
  if (layer >= layers)
    throw UsageError(fmt::format("layer {}: the model has layers 0 to {}", options.layer, layers - 1));
  const Watch watched = watch(options.progress, options.interrupted);
  const std::vector<Instance> hard = task.adversarial(options.adversarial);
  const std::uint64_t all =
      std::max(options.count, hard.size() + options.count);  // the largest count has no sum

  std::map<std::vector<std::size_t>, Finder> finders;
  for (std::uint64_t j = 0; j < all; ++j) {
    watched("inputs", static_cast<double>(j), static_cast<double>(all));
    const Instance instance = j < hard.size() ? hard[j] : task.sample(options.seed, j - hard.size());
    Finder& finder = finders[lengths(instance)];
    if (finder.program.nodes.empty()) {
      finder.program =
          record(model, policy, task.shape(instance), {.skip_zero_weights = true, .watch = watched});
      finder.reference = std::make_unique<Reference>(finder.program);
      finder.states = states_of(finder.program, layer);
      finder.seen.resize(finder.states.size());
    }
    Reference& reference = *finder.reference;
    std::vector<Token> tokens = task.question(instance);
    const std::vector<Token> answer = task.answer(instance);
    tokens.insert(tokens.end(), answer.begin(), answer.end() - 1);
    reference.start(tokens);
    try {
      for (std::size_t o = 0; o < finder.states.size(); ++o) {
        reference.advance(finder.program.shape.first_output + static_cast<int>(o));
        std::vector<Value> state;
        for (const NodeId node : finder.states[o]) state.push_back(reference.value(node));
        const auto [found, fresh] = finder.seen[o].try_emplace(std::move(state), Seen{instance, answer[o]});
        if (fresh || found->second.next == answer[o]) continue;
        IndistinguishablePair pair{found->second.instance,
                                   instance,
                                   task.text(found->second.instance),
                                   task.text(instance),
                                   static_cast<int>(o),
                                   layer,
                                   found->second.next,
                                   answer[o]};
        return pair;
      }
    } catch (const Trap&) {
      continue;  // no state to read
    }
  }
  return std::nullopt;
}

}  // namespace roundoff::analyzer
