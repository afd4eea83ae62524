#include "cli/views/automaton.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/automata/extract.hpp"

namespace roundoff::cli {
namespace {

/// A text between quotes in Graphviz's language.
std::string dot_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string spelled(const AutomatonView& view, std::span<const int> word) {
  const bool spaced = std::any_of(view.symbols.begin(), view.symbols.end(),
                                  [](const std::string& symbol) { return symbol.size() > 1; });
  std::string text;
  for (const int symbol : word)
    text += (spaced && !text.empty() ? " " : "") + view.symbols[static_cast<std::size_t>(symbol)];
  return text;
}

}  // namespace

std::string word_output(int output, std::span<const std::string> vocabulary) {
  if (output == analyzer::trapped) return "trap";
  return output < 0 ? "" : vocabulary[static_cast<std::size_t>(output)];
}

int state_after(const Automaton& automaton, std::span<const int> word) {
  int state = automaton.start;
  for (const int symbol : word) state = automaton.after(state, symbol);
  return state;
}

AutomatonView view_of(std::string title, const Automaton& automaton, const WordTask& words,
                      std::span<const std::string> vocabulary) {
  AutomatonView view;
  view.title = std::move(title);
  view.automaton = automaton;
  for (const Token token : words.alphabet) view.symbols.push_back(vocabulary[token]);
  for (const int output : automaton.output) view.outputs.push_back(word_output(output, vocabulary));
  // States are numbered breadth first: one that is met first has the shortest word.
  std::vector<std::vector<int>> shortest(automaton.output.size());
  std::vector<bool> met(automaton.output.size());
  std::vector<int> order = {automaton.start};
  met[static_cast<std::size_t>(automaton.start)] = true;
  for (std::size_t i = 0; i < order.size(); ++i)
    for (int symbol = 0; symbol < automaton.symbols; ++symbol) {
      const auto to = static_cast<std::size_t>(automaton.after(order[i], symbol));
      if (met[to]) continue;
      met[to] = true;
      shortest[to] = shortest[static_cast<std::size_t>(order[i])];
      shortest[to].push_back(symbol);
      order.push_back(static_cast<int>(to));
    }
  for (const std::vector<int>& word : shortest) view.words.push_back(spelled(view, word));
  view.monoid = analyzer::monoid(automaton);
  view.turning = spelled(view, view.monoid.turning);
  return view;
}

std::string class_text(const Monoid& monoid) {
  switch (monoid.kind) {
    case MonoidClass::r_trivial:
      return "R-trivial: partially ordered, LTL[P]";
    case MonoidClass::aperiodic:
      return "aperiodic (star-free), not R-trivial";
    case MonoidClass::group:
      return monoid.elements > 0 ? fmt::format("a group of {} elements", monoid.elements) : "a group";
    case MonoidClass::mixed:
      return "neither aperiodic nor a group: it holds a group";
    case MonoidClass::undecided:
      break;
  }
  return "not R-trivial; whether it is aperiodic is not decided: its monoid is too large";
}

std::string as_text(const AutomatonView& view) {
  std::string text = fmt::format("{}\n", view.title);
  const auto line = [&](std::string_view label, const std::string& what) {
    text += fmt::format("  {:<12}{}\n", label, what);
  };
  line("states", std::to_string(view.automaton.states()));
  line("class", class_text(view.monoid));
  if (view.monoid.elements > 0) line("monoid", fmt::format("{} elements", view.monoid.elements));
  if (!view.monoid.turning.empty())
    line("turns", fmt::format("states in a cycle, by repetition of {}", view.turning));
  return text;
}

Table as_table(const AutomatonView& view) {
  Table table{{{"state", "state", true}, {"word", "after", false}, {"output", "output", false}}, {}};
  for (const std::string& symbol : view.symbols) table.columns.push_back({symbol, symbol, true});
  for (int state = 0; state < view.automaton.states(); ++state) {
    const auto s = static_cast<std::size_t>(state);
    std::vector<std::string> row = {std::to_string(state), view.words[s], view.outputs[s]};
    for (int symbol = 0; symbol < view.automaton.symbols; ++symbol)
      row.push_back(std::to_string(view.automaton.after(state, symbol)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string states_text(const AutomatonView& view) {
  constexpr std::size_t most_rows = 32, most_symbols = 8, longest = 24;
  Table table = as_table(view);
  if (table.columns.size() > 3 + most_symbols) return "";
  const std::size_t more = table.rows.size() > most_rows ? table.rows.size() - most_rows : 0;
  table.rows.resize(table.rows.size() - more);
  for (auto& row : table.rows)
    if (row[1].size() > longest) row[1] = row[1].substr(0, longest - 3) + "...";
  return '\n' + as_text(table) +
         (more > 0 ? fmt::format("{} more states: --csv, --json or --dot has all\n", more) : "");
}

std::string as_dot(const AutomatonView& view) {
  std::string text =
      fmt::format("digraph {} {{\n  rankdir=LR;\n  node [shape=circle];\n  start [shape=point];\n",
                  dot_quoted(view.title));
  for (int state = 0; state < view.automaton.states(); ++state)
    text +=
        fmt::format("  {} [label={}];\n", state,
                    dot_quoted(fmt::format("{}: {}", state, view.outputs[static_cast<std::size_t>(state)])));
  text += fmt::format("  start -> {};\n", view.automaton.start);
  for (int state = 0; state < view.automaton.states(); ++state)
    for (int to = 0; to < view.automaton.states(); ++to) {
      std::string symbols;
      for (int symbol = 0; symbol < view.automaton.symbols; ++symbol)
        if (view.automaton.after(state, symbol) == to)
          symbols += (symbols.empty() ? "" : ",") + view.symbols[static_cast<std::size_t>(symbol)];
      if (!symbols.empty()) text += fmt::format("  {} -> {} [label={}];\n", state, to, dot_quoted(symbols));
    }
  return text + "}\n";
}

Json as_json(const AutomatonView& view) {
  Json monoid = {{"class", name(view.monoid.kind)}};
  if (view.monoid.elements > 0) monoid["elements"] = view.monoid.elements;
  if (view.monoid.period > 0) monoid["period"] = view.monoid.period;
  if (!view.monoid.turning.empty()) monoid["turning"] = view.turning;
  return {{"states", view.automaton.states()}, {"class", name(view.monoid.kind)},
          {"monoid", std::move(monoid)},       {"alphabet", view.symbols},
          {"start", view.automaton.start},     {"transitions", view.automaton.next},
          {"outputs", view.outputs},           {"words", view.words}};
}

}  // namespace roundoff::cli
