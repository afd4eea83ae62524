// Finite automata with an output in every state (Moore machines), complete over symbols 0 .. symbols-1: what a task
// on words is, and what a causal model of fixed precision is (analyzer/automata).
#pragma once

#include <optional>
#include <vector>

#include "constructions/names.hpp"

namespace roundoff::constructions {

struct Automaton {
  int symbols = 0;
  int start = 0;
  std::vector<std::vector<int>> next;  ///< [state][symbol]
  std::vector<int> output;             ///< [state]

  int states() const { return static_cast<int>(output.size()); }
  int after(int state, int symbol) const {
    return next[static_cast<std::size_t>(state)][static_cast<std::size_t>(symbol)];
  }
  int out(int state) const { return output[static_cast<std::size_t>(state)]; }
  friend bool operator==(const Automaton&, const Automaton&) = default;
};

/// The minimal automaton of the same outputs: reachable states only, no two alike, numbered breadth first in the
/// order of symbols. Two automata have the same outputs on all words exactly when these are equal. Hopcroft, "An n
/// log n algorithm for minimizing states in a finite automaton" (1971).
Automaton minimal(const Automaton& automaton);

/// The shortest word on which the outputs differ, first in the order of symbols; nothing where they agree on all
/// words, the empty one included (or from words of `least` symbols on).
std::optional<std::vector<int>> difference(const Automaton& a, const Automaton& b, int least = 0);

}  // namespace roundoff::constructions
