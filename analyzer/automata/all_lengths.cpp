// See all_lengths.hpp.
#include "analyzer/automata/all_lengths.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "analyzer/evidence/judge.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

/// The automaton beside another one: its own output where that one's is 1, else `other`, which is no output.
Automaton restricted(const Automaton& automaton, const Automaton& where, int other) {
  Automaton both;
  both.symbols = automaton.symbols;
  both.start = automaton.start * where.states() + where.start;
  for (int x = 0; x < automaton.states(); ++x)
    for (int y = 0; y < where.states(); ++y) {
      std::vector<int> row;
      for (int symbol = 0; symbol < both.symbols; ++symbol)
        row.push_back(automaton.after(x, symbol) * where.states() + where.after(y, symbol));
      both.next.push_back(std::move(row));
      both.output.push_back(where.out(y) != 0 ? automaton.out(x) : other);
    }
  return both;
}

/// A shortest word, possibly empty, from each state to an output other than 0; nothing where there is none.
std::vector<std::optional<std::vector<int>>> ways_on(const Automaton& automaton) {
  std::vector<std::optional<std::vector<int>>> ways(static_cast<std::size_t>(automaton.states()));
  for (int state = 0; state < automaton.states(); ++state)
    if (automaton.out(state) != 0) ways[static_cast<std::size_t>(state)].emplace();
  for (bool more = true; more;) {
    more = false;
    const auto before = ways;
    for (int state = 0; state < automaton.states(); ++state)
      for (int symbol = 0; symbol < automaton.symbols && !ways[static_cast<std::size_t>(state)]; ++symbol)
        if (const auto& on = before[static_cast<std::size_t>(automaton.after(state, symbol))]) {
          std::vector<int> word = {symbol};
          word.insert(word.end(), on->begin(), on->end());
          ways[static_cast<std::size_t>(state)] = std::move(word);
          more = true;
        }
  }
  return ways;
}

constexpr int no_output = nothing - 1;

}  // namespace

std::optional<std::vector<int>> first_difference(const Automaton& machine, const WordTask& task) {
  if (!task.inputs) return constructions::difference(machine, task.automaton, 1);
  Automaton where = *task.inputs;
  const auto ways = ways_on(where);
  // Read at every symbol, every beginning of an input counts.
  if (!task.end)
    for (int state = 0; state < where.states(); ++state)
      where.output[static_cast<std::size_t>(state)] = ways[static_cast<std::size_t>(state)] ? 1 : 0;
  auto word = constructions::difference(restricted(machine, where, no_output),
                                        restricted(task.automaton, where, no_output), 1);
  if (!word || task.end) return word;
  int state = where.start;
  for (const int symbol : *word) state = where.after(state, symbol);
  const std::vector<int>& on = *ways[static_cast<std::size_t>(state)];
  word->insert(word->end(), on.begin(), on.end());
  return word;
}

Result verify_all_lengths(const Model& model, const Policy& policy, const Task& task, const Limits& limits,
                          std::function<bool()> interrupted) {
  const std::optional<WordTask> words = task.words();
  if (!words)
    throw UsageError(
        fmt::format("--method automaton: {} is no automaton, as regex, dyck1 and task files of that kind "
                    "are; use certify, exhaustive or sample",
                    task.name()));
  Result result;
  result.method = Method::automaton;
  Reading reading = reading_of(*words);
  if (words->end)
    for (const int output : words->automaton.output) {
      const auto token = static_cast<Token>(output);
      if (std::find(reading.fed_back.begin(), reading.fed_back.end(), token) == reading.fed_back.end())
        reading.fed_back.push_back(token);
    }
  const Extracted extracted = extract(model, policy, reading, limits, std::move(interrupted));
  if (extracted.obstacle.reason != Reason::none) {
    result.obstacle = extracted.obstacle;
    return result;
  }
  Automaton machine = extracted.automaton;
  for (int& output : machine.output) {
    const Written& written = extracted.written[static_cast<std::size_t>(output)];
    // A right token that nothing follows is no answer.
    output = !words->end || written.then == static_cast<int>(task.eos()) ? written.first : no_output;
  }
  const auto word = first_difference(machine, *words);
  result.verdict = word ? Verdict::refuted : Verdict::certified;
  if (!word) return result;
  Counterexample found;
  found.instance = task.instance_of(*word);
  found.input = task.text(found.instance);
  const Subject subject(model, policy, task, Subject::Engine::reference);
  const Subject::Replay replay = subject.replay(found.instance);
  if (replay.right)
    throw std::logic_error(
        fmt::format("{}: its machine and the reference interpreter disagree on {}", model.name, found.input));
  found.got = replay.got;
  found.want = replay.want;
  result.counterexample = std::move(found);
  result.failing = 1;
  return result;
}

}  // namespace roundoff::analyzer
