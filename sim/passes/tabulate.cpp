// Tabulation: a value that depends on a few small ones is looked up.
//
// A digit's one-hot code, the p^2 units over two digits, a look-up by attention over positions: hundreds of
// operations that are a function of one token, of two, or of one sum of digits with twenty values. This is
// technology mapping with look-up tables: a *cut* of a node is a set of leaves (tokens at positions, or
// earlier nodes with few possible values) through which all its inputs pass; every node keeps its few best
// cuts, found from those of its operands; then each is covered either by its own operation or by a table over
// a cut, whichever makes the outputs cheaper by area flow (a node's cost divided among its uses). See Cong
// and Ding 1994 (FlowMap) and Mishchenko, Cho, Chatterjee, Brayton 2007 (priority cuts).
//
// Exactness. A node is a function of the leaves of any of its cuts. The table has the value of that function,
// computed by the reference arithmetic, at every combination of leaf values that can occur: the tokens
// allowed at the position, and for a node every member on the grid of its interval (intervals.cpp), both
// zeros where it may be -0. A node that may be NaN or infinite is no leaf. Combinations that cannot occur may
// be in the product as well; one that an inner table does not know, or that traps at a node proved never to
// trap, is such a one and is left out. If it traps otherwise, the node is not tabulated. Nodes that no output
// needs any more (and that cannot trap) go.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <unordered_map>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/passes/cut_tables.hpp"
#include "sim/passes/intervals.hpp"
#include "sim/passes/places.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

constexpr std::size_t most_cuts = 6;

// Costs in vector operations over the lanes, as measured on integers with AVX-512: their ratios matter, not
// their size.
float lookup_cost(std::size_t entries) {
  if (entries <= 64) return 1.5F;
  if (entries <= 128) return 3;
  if (entries <= 256) return 6;
  return 16 + static_cast<float>(entries) / 256;  // a load a lane; and a large one costs time to build
}

float own_cost(const Program& program, const Node& node) {
  const auto count = static_cast<float>(node.c);
  switch (node.op) {
    case Op::constant:
      return 0;
    case Op::embed:
      return 1.5F;
    case Op::add:
    case Op::sub:
    case Op::mul:
      return 2;
    case Op::round:
    case Op::fma:
      return 4;
    case Op::div:
      return 25;
    case Op::unary:
      return node.function == Function::relu ? 1.5F : 30;
    case Op::max:
      return count;
    case Op::sum:
      return 1.5F * count;
    case Op::dot:
      return 3 * count;
    case Op::arg_max:
      // the last of a row of rounded operations: where they are floats, they keep the whole program in floats
      return (program.formats[node.format].is_uniform() ? 2 : 8) * count;
    case Op::table:
      return lookup_cost(program.maps[node.b].size());
  }
  return 0;
}

class Mapper {
 public:
  explicit Mapper(const Analysed& from) : old_(from.program()), to_(old_), leaves_(old_, from.ranges()) {}

  Rewritten run() {
    count_uses();
    find_cuts();
    cover();
    rewrite();
    return std::move(to_).finish();
  }

 private:
  struct Choice {
    std::vector<Cut> cuts;
    int chosen = -1;  // index in cuts; -1: the node's own operation
    float flow = 0;
  };

  void count_uses() {
    uses_.assign(old_.nodes.size(), 0);
    live_.assign(old_.nodes.size(), false);
    for (NodeId output : old_.outputs) live_[output] = true, ++uses_[output];
    for (NodeId id = static_cast<NodeId>(old_.nodes.size()); id-- > 0;) {
      if (can_trap(old_, old_.nodes[id])) live_[id] = true;
      if (!live_[id]) continue;
      for_operands(old_, old_.nodes[id], [&](NodeId operand) {
        live_[operand] = true;
        ++uses_[operand];
      });
    }
  }

  void find_cuts() {
    choices_.resize(old_.nodes.size());
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      if (!live_[id]) continue;
      const Node& node = old_.nodes[id];
      Choice& choice = choices_[id];
      if (node.op == Op::embed) {
        const Leaf leaf = token_leaf(node.a);
        if (const auto cut = leaves_.single(leaf)) choice.cuts.push_back(*cut);
      } else if (node.op != Op::constant) {
        merge(node, choice.cuts);
      }
      choose(id, node, choice);
    }
  }

  // The cuts of a node from those of its operands, each operand also by itself when it has few values.
  void merge(const Node& node, std::vector<Cut>& cuts) {
    cuts.assign(1, Cut{});
    std::vector<Cut> next;
    NodeId last = no_node;
    for_operands(old_, node, [&](NodeId operand) {
      if (cuts.empty() || operand == last || old_.nodes[operand].op == Op::constant) return;
      last = operand;
      next.clear();
      for (const Cut& have : cuts) {
        for (const Cut& more : choices_[operand].cuts) join(have, more, next);
        if (const auto itself = leaves_.single(operand)) join(have, *itself, next);
      }
      prune(next);
      cuts.swap(next);
    });
    std::erase_if(cuts, [](const Cut& cut) { return cut.count == 0; });
  }
  void join(const Cut& a, const Cut& b, std::vector<Cut>& into) const {
    if (const auto both = leaves_.join(a, b)) into.push_back(*both);
  }
  // Fewest entries first, then fewest leaves.
  static void prune(std::vector<Cut>& cuts) {
    std::sort(cuts.begin(), cuts.end(), [](const Cut& a, const Cut& b) {
      return std::tuple(a.entries, a.count, a.leaves) < std::tuple(b.entries, b.count, b.leaves);
    });
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    if (cuts.size() > most_cuts) cuts.resize(most_cuts);
  }

  float flow(Leaf leaf) const { return is_token(leaf) ? 0 : choices_[leaf].flow; }

  void choose(NodeId id, const Node& node, Choice& choice) const {
    float best = own_cost(old_, node);
    for_operands(old_, node, [&](NodeId operand) { best += choices_[operand].flow; });
    for (std::size_t k = 0; k < choice.cuts.size(); ++k) {
      const Cut& cut = choice.cuts[k];
      if (node.op == Op::embed) break;
      float cost = lookup_cost(cut.entries);
      if (cut.count > 1) cost += 2.5F * static_cast<float>(cut.count);
      for (std::uint8_t l = 0; l < cut.count; ++l) cost += flow(cut.leaves[l]);
      if (cost < best) best = cost, choice.chosen = static_cast<int>(k);
    }
    choice.flow = best / static_cast<float>(std::max(1u, uses_[id]));
  }

  // From the outputs down: which nodes are needed. Then the tables, those over one cut together; a node that
  // turns out to have none computes itself, and needs what it reads.
  void cover() {
    for (;;) {
      needed_.assign(old_.nodes.size(), false);
      for (NodeId id = 0; id < old_.nodes.size(); ++id)
        needed_[id] = live_[id] && can_trap(old_, old_.nodes[id]);
      for (NodeId output : old_.outputs) needed_[output] = true;
      std::map<Cut, std::vector<NodeId>> wanted;
      for (NodeId id = static_cast<NodeId>(old_.nodes.size()); id-- > 0;) {
        if (!needed_[id]) continue;
        const Choice& choice = choices_[id];
        if (choice.chosen < 0) {
          for_operands(old_, old_.nodes[id], [&](NodeId operand) { needed_[operand] = true; });
          continue;
        }
        const Cut& cut = choice.cuts[static_cast<std::size_t>(choice.chosen)];
        for (std::uint8_t l = 0; l < cut.count; ++l)
          if (!is_token(cut.leaves[l])) needed_[cut.leaves[l]] = true;
        if (!tables_.contains(id)) wanted[cut].push_back(id);
      }
      bool settled = true;
      for (const auto& [cut, nodes] : wanted) {
        auto found = look_ups(old_, leaves_, cut, nodes);
        for (std::size_t k = 0; k < nodes.size(); ++k) {
          const bool some =
              found[k] && std::any_of(found[k]->entries.begin(), found[k]->entries.end(),
                                      [](const LookUp::Entry& entry) { return entry.result.has_value(); });
          if (some)
            tables_[nodes[k]] = std::move(*found[k]);
          else
            choices_[nodes[k]].chosen = -1, settled = false;
        }
      }
      if (settled) return;
    }
  }

  void rewrite() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      if (!needed_[id]) continue;
      const Choice& choice = choices_[id];
      if (choice.chosen < 0)
        to_.copy(id);
      else
        to_.set(id, table(id, choice.cuts[static_cast<std::size_t>(choice.chosen)], tables_.at(id).entries));
    }
  }

  NodeId table(NodeId id, const Cut& cut, const std::vector<LookUp::Entry>& entries) {
    const Node& node = old_.nodes[id];
    const bool output = node.op == Op::arg_max;
    const auto some =
        std::find_if(entries.begin(), entries.end(), [](const auto& entry) { return entry.result; });
    const Value filler = *some->result;
    const bool constant = std::all_of(entries.begin(), entries.end(), [&](const auto& entry) {
      return !entry.result || *entry.result == filler;
    });
    if (constant && !output) return to_.constant(filler, node.format);
    Map map;
    if (cut.count > 1) {
      const NodeId index = index_of(cut);
      for (const auto& entry : entries)
        if (entry.result) map.emplace_back(place_value(entry.place), *entry.result);
      return push_table(index, std::move(map), id);
    }
    const Leaf leaf = cut.leaves[0];
    if (is_token(leaf)) {
      const auto& allowed = old_.shape.tokens[position_of(leaf)];
      std::vector<Value> table(static_cast<std::size_t>(old_.shape.vocabulary), filler);
      for (std::size_t j = 0; j < allowed.size(); ++j)
        if (entries[j].result) table[allowed[j]] = *entries[j].result;
      return push_embed(position_of(leaf), std::move(table), node.format, old_.sites[id]);
    }
    const std::vector<Value> values = leaves_.domain(leaf).values;
    bool identity = old_.nodes[leaf].format == node.format && !output;
    for (std::size_t j = 0; j < entries.size(); ++j) {
      if (!entries[j].result) continue;
      identity = identity && values[j] == *entries[j].result;
      map.emplace_back(values[j], *entries[j].result);
    }
    return identity ? to_.of(leaf) : push_table(to_.of(leaf), std::move(map), id);
  }

  // ---- the index of a table over several leaves: the sum of their places times strides, exact in a format
  // for it ----
  NodeId index_of(const Cut& cut) {
    const auto [found, fresh] = indices_.try_emplace(cut, no_node);
    if (!fresh) return found->second;
    std::uint32_t stride = cut.entries;
    NodeId sum = no_node;
    for (std::uint8_t l = 0; l < cut.count; ++l) {
      const Leaf leaf = cut.leaves[l];
      stride /= leaves_.span(leaf);
      const NodeId part = place_node(leaf, stride);
      Node add{.op = Op::add, .format = index_format(), .a = sum, .b = part};
      add.never_traps = add.exact = true;
      sum = l == 0 ? part : to_.push(add, {});
    }
    return found->second = sum;
  }
  NodeId place_node(Leaf leaf, std::uint32_t stride) {
    const auto [found, fresh] = places_.try_emplace({leaf, stride}, no_node);
    if (!fresh) return found->second;
    const Leaves::Domain domain = leaves_.domain(leaf);
    if (is_token(leaf)) {
      std::vector<Value> table(static_cast<std::size_t>(old_.shape.vocabulary), Value::zero());
      const auto& allowed = old_.shape.tokens[position_of(leaf)];
      for (std::size_t j = 0; j < allowed.size(); ++j)
        table[allowed[j]] = place_value(domain.places[j] * stride);
      return found->second = push_embed(position_of(leaf), std::move(table), index_format(), {});
    }
    Map map;
    for (std::size_t j = 0; j < domain.places.size(); ++j)
      map.emplace_back(domain.values[j], place_value(domain.places[j] * stride));
    return found->second = to_.push(
               {.op = Op::table, .format = index_format(), .a = to_.of(leaf), .b = interned(std::move(map))},
               {});
  }
  Value place_value(std::uint32_t place) const { return sim::place_value(old_, place); }
  std::uint8_t index_format() { return to_.format(place_format(old_)); }

  // ---- new nodes ----
  using Map = std::vector<std::pair<Value, Value>>;
  std::uint32_t interned(Map map) { return to_.map(std::move(map)); }
  NodeId push_table(NodeId argument, Map map, NodeId id) {
    return to_.push(
        {.op = Op::table, .format = old_.nodes[id].format, .a = argument, .b = interned(std::move(map))},
        old_.sites[id]);
  }
  NodeId push_embed(std::uint32_t position, std::vector<Value> table, std::uint8_t format, const Site& site) {
    return to_.push({.op = Op::embed, .format = format, .a = position, .b = to_.table(std::move(table))},
                    site);
  }

  const Program& old_;
  Rewriter to_;
  Leaves leaves_;
  std::vector<std::uint32_t> uses_;
  std::vector<bool> live_, needed_;
  std::vector<Choice> choices_;
  std::unordered_map<NodeId, LookUp> tables_;
  std::map<Cut, NodeId> indices_;
  std::map<std::pair<Leaf, std::uint32_t>, NodeId> places_;
};

}  // namespace

Rewritten tabulate(const Analysed& from) { return Mapper(from).run(); }

}  // namespace roundoff::sim
