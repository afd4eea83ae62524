// Verdicts about words of every length: the machine that a model is, against the automaton that a task is.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "analyzer/automata/extract.hpp"
#include "analyzer/evidence/evidence.hpp"

namespace roundoff::analyzer {

/// The shortest input of the task, of one symbol or more, on which the machine (outputs are tokens) is wrong; the
/// first in the order of symbols. Where outputs are read at every symbol: on which it is wrong at one of them.
std::optional<std::vector<int>> first_difference(const Automaton& machine, const WordTask& task);

/// Whether greedy decoding is right on every input, <eos> included: certified, refuted with the shortest
/// counterexample, or unknown. UsageError for a task that is no automaton.
Result verify_all_lengths(const Model& model, const Policy& policy, const Task& task, const Limits& limits,
                          std::function<bool()> interrupted = {});

}  // namespace roundoff::analyzer
