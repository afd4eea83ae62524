// Automata for people: the class in words, a table of states, and a drawing for Graphviz.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analyzer/automata/monoid.hpp"
#include "cli/names.hpp"
#include "cli/views/answer.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::cli {

struct AutomatonView {
  std::string title;
  Automaton automaton;               ///< minimal; states breadth first
  std::vector<std::string> symbols;  ///< as text
  std::vector<std::string> outputs;  ///< by state
  std::vector<std::string> words;    ///< by state: the first of the shortest words that lead there
  Monoid monoid;
  std::string turning;  ///< of the monoid
};

/// Outputs are tokens of the vocabulary, or `trapped`, or `nothing`.
AutomatonView view_of(std::string title, const Automaton& automaton, const WordTask& words,
                      std::span<const std::string> vocabulary);
std::string word_output(int output, std::span<const std::string> vocabulary);
int state_after(const Automaton& automaton, std::span<const int> word);

/// "R-trivial (partially ordered, LTL[P])".
std::string class_text(const Monoid& monoid);

/// The title, the number of states, the class.
std::string as_text(const AutomatonView& view);
/// The table of states, cut where it is long.
std::string states_text(const AutomatonView& view);
Table as_table(const AutomatonView& view);
std::string as_dot(const AutomatonView& view);
/// states, class, monoid, alphabet, start, transitions, outputs, words.
Json as_json(const AutomatonView& view);

}  // namespace roundoff::cli
