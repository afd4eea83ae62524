// A task that is a finite automaton with output: a word of n symbols, an end symbol, and the output of the state
// that the word leads to, one token (or, where it says `each`, the output behind every symbol). Hard inputs are derived: words that take every edge early, midway and last,
// and pairs of words that lead to two different states and then go on alike.
#pragma once

#include <string>
#include <vector>

#include "constructions/automata/automaton.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

struct AutomatonForm {
  std::string name, spec, digest;
  std::vector<std::string> alphabet;  ///< at most 256 symbols
  std::string end = "=";
  bool each = false;  ///< an output behind every symbol, read in one pass: no end symbol and no <eos>
  std::vector<std::string> outputs;  ///< by Automaton::output
  Automaton automaton;
  /// 1 after the words that are inputs; absent: all words.
  std::optional<Automaton> inputs;
  std::vector<std::string> words;  ///< stated adversarial inputs
};

/// The task has no inputs where no word of n symbols is one.
std::unique_ptr<Task> automaton_task(const TaskSize& size, AutomatonForm form);

/// A registry's entry of such a task: words of n symbols.
TaskEntry word_entry(std::string_view name, std::string_view form, std::string_view summary,
                     decltype(TaskEntry::make) make);

}  // namespace roundoff::constructions
