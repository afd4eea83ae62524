// See automaton.hpp.
#include "constructions/automata/automaton.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace roundoff::constructions {
namespace {

/// States in breadth-first order from the start.
std::vector<int> reachable(const Automaton& automaton) {
  std::vector<int> order = {automaton.start};
  std::vector<bool> seen(static_cast<std::size_t>(automaton.states()));
  seen[static_cast<std::size_t>(automaton.start)] = true;
  for (std::size_t i = 0; i < order.size(); ++i)
    for (int symbol = 0; symbol < automaton.symbols; ++symbol) {
      const int to = automaton.after(order[i], symbol);
      if (seen[static_cast<std::size_t>(to)]) continue;
      seen[static_cast<std::size_t>(to)] = true;
      order.push_back(to);
    }
  return order;
}

/// With the states in this order, which holds every one that they lead to.
Automaton renumbered(const Automaton& automaton, const std::vector<int>& order) {
  std::vector<int> number(static_cast<std::size_t>(automaton.states()), -1);
  for (std::size_t i = 0; i < order.size(); ++i)
    number[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  Automaton result;
  result.symbols = automaton.symbols;
  for (const int state : order) {
    std::vector<int>& row = result.next.emplace_back();
    for (int symbol = 0; symbol < automaton.symbols; ++symbol)
      row.push_back(number[static_cast<std::size_t>(automaton.after(state, symbol))]);
    result.output.push_back(automaton.out(state));
  }
  return result;
}

/// Blocks of states, split one by another: each block is a range of `states_`, its marked members first.
class Partition {
 public:
  explicit Partition(const Automaton& automaton)
      : automaton_(automaton),
        states_(static_cast<std::size_t>(automaton.states())),
        place_(states_.size()),
        block_(states_.size()),
        from_(static_cast<std::size_t>(automaton.symbols), std::vector<std::vector<int>>(states_.size())) {
    std::iota(states_.begin(), states_.end(), 0);
    std::stable_sort(states_.begin(), states_.end(),
                     [&](int a, int b) { return automaton.out(a) < automaton.out(b); });
    for (std::size_t i = 0; i < states_.size(); ++i) {
      place_[at(states_[i])] = i;
      if (i == 0 || automaton.out(states_[i]) != automaton.out(states_[i - 1])) {
        if (i > 0) blocks_.back().end = i;
        blocks_.push_back({i, states_.size(), 0});
      }
      block_[at(states_[i])] = blocks_.size() - 1;
    }
    for (int state = 0; state < automaton.states(); ++state)
      for (int symbol = 0; symbol < automaton.symbols; ++symbol)
        from_[at(symbol)][at(automaton.after(state, symbol))].push_back(state);
  }

  /// The block of every state.
  std::vector<std::size_t> refine() {
    std::vector<std::pair<std::size_t, int>> waiting;
    for (std::size_t b = 0; b < blocks_.size(); ++b)
      for (int symbol = 0; symbol < automaton_.symbols; ++symbol) waiting.emplace_back(b, symbol);
    while (!waiting.empty()) {
      const auto [by, symbol] = waiting.back();
      waiting.pop_back();
      std::vector<int> sources;
      for (std::size_t i = blocks_[by].begin; i < blocks_[by].end; ++i)
        for (const int source : from_[at(symbol)][at(states_[i])]) sources.push_back(source);
      std::vector<std::size_t> touched;
      for (const int source : sources) {
        const std::size_t b = block_[at(source)];
        if (blocks_[b].marked == 0) touched.push_back(b);
        mark(source);
      }
      for (const std::size_t b : touched) {
        if (split(b))
          for (int each = 0; each < automaton_.symbols; ++each)
            waiting.emplace_back(blocks_.size() - 1, each);
      }
    }
    return block_;
  }

 private:
  struct Block {
    std::size_t begin, end, marked;
  };
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }

  void mark(int state) {
    Block& block = blocks_[block_[at(state)]];
    const std::size_t to = block.begin + block.marked, from = place_[at(state)];
    if (from < to) return;
    std::swap(states_[from], states_[to]);
    place_[at(states_[from])] = from;
    place_[at(states_[to])] = to;
    ++block.marked;
  }

  /// The smaller part of a block becomes a new one, the last; false where all or none of it is marked.
  bool split(std::size_t b) {
    const Block block = blocks_[b];
    blocks_[b].marked = 0;
    const std::size_t cut = block.begin + block.marked;
    if (cut == block.end) return false;
    const bool head = block.marked <= block.end - cut;
    const Block fresh = head ? Block{block.begin, cut, 0} : Block{cut, block.end, 0};
    (head ? blocks_[b].begin : blocks_[b].end) = cut;
    blocks_.push_back(fresh);
    for (std::size_t i = fresh.begin; i < fresh.end; ++i) block_[at(states_[i])] = blocks_.size() - 1;
    return true;
  }

  const Automaton& automaton_;
  std::vector<int> states_;
  std::vector<std::size_t> place_, block_;  ///< by state
  std::vector<std::vector<std::vector<int>>> from_;
  std::vector<Block> blocks_;
};

}  // namespace

// A new part is the smaller one and waits with every symbol: then each state is looked at O(log n) times a symbol,
// and where the whole block still waited, its rest does, too.
Automaton minimal(const Automaton& automaton) {
  const Automaton all = renumbered(automaton, reachable(automaton));
  const std::vector<std::size_t> block = Partition(all).refine();
  Automaton merged;
  merged.symbols = all.symbols;
  std::map<std::size_t, int> number;
  std::vector<int> chosen;
  for (int state = 0; state < all.states(); ++state)
    if (number.try_emplace(block[static_cast<std::size_t>(state)], static_cast<int>(number.size())).second)
      chosen.push_back(state);
  for (const int state : chosen) {
    std::vector<int>& row = merged.next.emplace_back();
    for (int symbol = 0; symbol < all.symbols; ++symbol)
      row.push_back(number.at(block[static_cast<std::size_t>(all.after(state, symbol))]));
    merged.output.push_back(all.out(state));
  }
  return renumbered(merged, reachable(merged));
}

std::optional<std::vector<int>> difference(const Automaton& a, const Automaton& b, int least) {
  struct Step {
    int x, y, from, symbol, length;
  };
  // Beyond `least` symbols the length of a way to a pair of states does not matter.
  std::vector<Step> steps = {{a.start, b.start, -1, -1, 0}};
  std::map<std::vector<int>, bool> seen;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step step = steps[i];
    if (step.length >= least && a.out(step.x) != b.out(step.y)) {
      std::vector<int> word;
      for (int at = static_cast<int>(i); steps[static_cast<std::size_t>(at)].from >= 0;
           at = steps[static_cast<std::size_t>(at)].from)
        word.push_back(steps[static_cast<std::size_t>(at)].symbol);
      std::reverse(word.begin(), word.end());
      return word;
    }
    for (int symbol = 0; symbol < a.symbols; ++symbol) {
      const int x = a.after(step.x, symbol), y = b.after(step.y, symbol);
      const int length = step.length + 1;
      if (!seen.try_emplace({x, y, std::min(length, least)}, true).second) continue;
      steps.push_back({x, y, static_cast<int>(i), symbol, length});
    }
  }
  return std::nullopt;
}

}  // namespace roundoff::constructions
