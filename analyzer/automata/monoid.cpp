// See monoid.hpp. Elements are enumerated breadth first from the identity. The monoid is aperiodic exactly when no
// element turns a cycle of more than one state: m^(k+1) = m^k for large k says that every state ends in a fixed point.
#include "analyzer/automata/monoid.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "analyzer/automata/interner.hpp"

namespace roundoff::analyzer {
namespace {

using Transformation = std::vector<int>;  // [state] -> state

/// The least common multiple of the lengths of the cycles that states end in.
int cycle_length(const Transformation& element) {
  const std::size_t states = element.size();
  std::vector<int> met(states, -1), when(states, 0);
  int common = 1;
  for (std::size_t start = 0; start < states; ++start) {
    int steps = 0;
    std::size_t at = start;
    while (met[at] < 0) {
      met[at] = static_cast<int>(start);
      when[at] = steps++;
      at = static_cast<std::size_t>(element[at]);
    }
    if (met[at] == static_cast<int>(start)) common = std::lcm(common, steps - when[at]);
  }
  return common;
}

bool is_partially_ordered(const Automaton& automaton) {
  // Kahn 1962: states are taken away once all that lead to them, other than themselves, are gone.
  std::vector<int> into(static_cast<std::size_t>(automaton.states())), free;
  const auto each_edge = [&](int state, const auto& work) {
    for (const int to : automaton.next[static_cast<std::size_t>(state)])
      if (to != state) work(static_cast<std::size_t>(to));
  };
  for (int state = 0; state < automaton.states(); ++state)
    each_edge(state, [&](std::size_t to) { ++into[to]; });
  for (int state = 0; state < automaton.states(); ++state)
    if (into[static_cast<std::size_t>(state)] == 0) free.push_back(state);
  int gone = 0;
  while (!free.empty()) {
    const int state = free.back();
    free.pop_back();
    ++gone;
    each_edge(state, [&](std::size_t to) {
      if (--into[to] == 0) free.push_back(static_cast<int>(to));
    });
  }
  return gone == automaton.states();
}

bool permutes(const Automaton& automaton) {
  for (int symbol = 0; symbol < automaton.symbols; ++symbol) {
    std::vector<bool> hit(static_cast<std::size_t>(automaton.states()));
    for (int state = 0; state < automaton.states(); ++state)
      hit[static_cast<std::size_t>(automaton.after(state, symbol))] = true;
    if (std::find(hit.begin(), hit.end(), false) != hit.end()) return false;
  }
  return true;
}

}  // namespace

std::string_view name(MonoidClass c) {
  constexpr std::array<std::string_view, 5> names = {"r-trivial", "aperiodic", "group", "mixed", "undecided"};
  return names[static_cast<std::size_t>(c)];
}

Monoid monoid(const Automaton& automaton, std::uint64_t most) {
  Monoid result;
  automata::Interner<Transformation> elements;
  std::vector<std::pair<int, int>> from = {{-1, -1}};
  Transformation identity(static_cast<std::size_t>(automaton.states()));
  std::iota(identity.begin(), identity.end(), 0);
  elements.number(identity);
  int period = 1, turning = -1;
  bool all = true;
  for (int i = 0; i < elements.size() && all; ++i) {
    const Transformation element = elements[i];
    const int length = cycle_length(element);
    if (length > 1 && turning < 0) turning = i;
    period = std::max(period, length);
    for (int symbol = 0; symbol < automaton.symbols; ++symbol) {
      Transformation product = element;
      for (int& state : product) state = automaton.after(state, symbol);
      if (elements.number(product) == static_cast<int>(from.size())) from.emplace_back(i, symbol);
    }
    all = static_cast<std::uint64_t>(elements.size()) * identity.size() <= most;
  }
  if (all) result.elements = static_cast<std::uint64_t>(elements.size());
  if (all) result.period = period;
  for (int at = turning; at > 0; at = from[static_cast<std::size_t>(at)].first)
    result.turning.push_back(from[static_cast<std::size_t>(at)].second);
  std::reverse(result.turning.begin(), result.turning.end());
  if (is_partially_ordered(automaton))
    result.kind = MonoidClass::r_trivial;
  else if (permutes(automaton))
    result.kind = MonoidClass::group;
  else if (turning >= 0)
    result.kind = MonoidClass::mixed;
  else if (all)
    result.kind = MonoidClass::aperiodic;
  return result;
}

}  // namespace roundoff::analyzer
