// DYCK-1 and DYCK-2 of bounded depth: whether a word of n brackets is balanced and never nests deeper than
// `depth`. A counter, and a stack of at most 2^(depth+1) - 1 contents: finite automata. Words that leave the depth
// or close what is not open lead to a state that nothing leaves.
#include <fmt/format.h>

#include "constructions/tasks/automaton_task.hpp"
#include "constructions/tasks/parameters.hpp"

namespace roundoff::constructions {

namespace {

/// States are stacks in the order in which they are first reached, the last one is the lost one. Symbols: opening
/// and closing bracket of each kind.
Automaton brackets(int kinds, int depth) {
  std::vector<std::vector<int>> stacks = {{}};
  Automaton result;
  result.symbols = 2 * kinds;
  const int lost = -1;
  for (std::size_t i = 0; i < stacks.size(); ++i) {
    std::vector<int>& row = result.next.emplace_back(static_cast<std::size_t>(2 * kinds), lost);
    for (int kind = 0; kind < kinds; ++kind) {
      const std::vector<int> stack = stacks[i];
      if (static_cast<int>(stack.size()) < depth) {
        row[static_cast<std::size_t>(2 * kind)] = static_cast<int>(stacks.size());
        stacks.push_back(stack);
        stacks.back().push_back(kind);
      }
    }
  }
  for (std::size_t i = 0; i < stacks.size(); ++i)
    for (std::size_t below = 0; below < i; ++below)
      for (int kind = 0; kind < kinds; ++kind)
        if (result.next[below][static_cast<std::size_t>(2 * kind)] == static_cast<int>(i))
          result.next[i][static_cast<std::size_t>(2 * kind + 1)] = static_cast<int>(below);
  const int dead = static_cast<int>(stacks.size());
  for (std::vector<int>& row : result.next)
    for (int& to : row)
      if (to == lost) to = dead;
  result.next.emplace_back(static_cast<std::size_t>(2 * kinds), dead);
  result.output.assign(stacks.size() + 1, 0);
  result.output[0] = 1;
  return result;
}

decltype(TaskEntry::make) maker(std::string_view name, int kinds, int most) {
  return [name, kinds, most](const TaskSize& size, const Parameters& parameters) {
    const int depth = whole(parameters, "depth", 1, most);
    AutomatonForm form;
    form.name = name;
    form.spec = spec_of(find_task(name), parameters);
    for (int kind = 0; kind < kinds; ++kind) {
      form.alphabet.emplace_back(1, "(["[kind]);
      form.alphabet.emplace_back(1, ")]"[kind]);
    }
    form.outputs = {"0", "1"};
    form.automaton = brackets(kinds, depth);
    return automaton_task(size, std::move(form));
  };
}

TaskEntry dyck(std::string_view name, std::string_view form, std::string_view summary, int kinds, int most) {
  TaskEntry entry = word_entry(name, form, summary, maker(name, kinds, most));
  entry.parameters = {{"depth", "3", "brackets that may be open at once"}};
  return entry;
}

}  // namespace

TaskEntry dyck1_task() {
  return dyck("dyck1", "(())()=", "whether n brackets are balanced, at most `depth` deep", 1, 1000);
}

TaskEntry dyck2_task() {
  return dyck("dyck2", "([])()=", "whether n brackets of two kinds are balanced, at most `depth` deep", 2,
              10);
}

}  // namespace roundoff::constructions
