// roundoff automaton: the minimal automaton that a model is, or a task; its class; and whether the two are equal on words
// of all lengths.
#include "cli/views/automaton.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/automata/all_lengths.hpp"
#include "analyzer/automata/monoid.hpp"
#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/files/write_file.hpp"
#include "sim/model/repeat.hpp"

namespace roundoff::cli {
namespace {

struct AutomatonArguments {
  SubjectOptions subject;
  std::string dot;
  std::optional<int> states;
  std::optional<double> budget;
};

void declare_automaton(Arguments& arguments, AutomatonArguments& options) {
  arguments.positional(
      "MODEL", options.subject.name,
      "A model file without positions, or with periodic ones; without one, the task's own automaton", false);
  declare_size(arguments, options.subject);
  arguments.text(
      "--task", options.subject.task, "TASK",
      "An automaton as a NAME (roundoff tasks) or a FILE.toml, where the model file names none; without "
      "one, all tokens but = and <eos> are symbols");
  declare_policy(arguments, options.subject.policy, "--dot");
  arguments.group("Automaton");
  arguments.text("--dot", options.dot, "FILE", "Write the automaton for Graphviz; - is the answer itself");
  arguments.number("--states", options.states, 1, 100'000'000,
                   "The most states of any machine on the way [50000]");
  arguments.number("--budget", options.budget, "SECONDS", "What it may take; then it is unknown [300]");
}

WordTask words_of(const Task& task) {
  if (std::optional<WordTask> words = task.words()) return *words;
  throw UsageError(fmt::format(
      "automaton: {} is no automaton, as regex, dyck1 and task files of that kind are (roundoff tasks)",
      task.name()));
}

constexpr double usual_seconds = 300;
const int usual_states = static_cast<int>(Limits{}.states);

/// What is not about the question: of a task's own automaton, and of a model that no task is asked of.
void refuse_sizes(const SubjectOptions& subject, const char* why) {
  if (subject.p || subject.n || subject.k || subject.l || subject.c || subject.ragged)
    throw UsageError(fmt::format("automaton: {}; leave the size out", why));
}

Json automaton_asked(const AutomatonArguments& options) {
  return {{"states", options.states.value_or(usual_states)},
          {"budget", options.budget.value_or(usual_seconds)}};
}

int show_view(const AutomatonArguments& options, Session& session, const AutomatonView& view, Json document,
              const std::string& verdict, int code) {
  if (!options.dot.empty() && options.dot != "-") write_file(options.dot, as_dot(view));
  document.update(as_json(view));
  const std::string text = options.dot == "-" ? as_dot(view) : as_text(view) + verdict + states_text(view);
  print(session, text, as_table(view), document);
  return code;
}

int show_task(const AutomatonArguments& options, Session& session) {
  if (options.subject.task.empty()) throw UsageError("automaton: give a MODEL, or a --task (roundoff tasks)");
  refuse_sizes(options.subject, "a task's own automaton is that of words of all lengths");
  if (options.states || options.budget || !options.subject.policy.empty())
    throw UsageError(
        "automaton: --states, --budget and the arithmetic are about a MODEL, and none is named; leave them "
        "out");
  const std::unique_ptr<Task> task = make_task(options.subject.task, task_size(options.subject));
  const WordTask words = words_of(*task);
  const Automaton automaton = constructions::minimal(words.automaton);
  return show_view(options, session, view_of(task->spec(), automaton, words, task->vocabulary()),
                   {{"task", task->spec()}}, "", exit_done);
}

/// Nothing, with the reason printed, where the model has no machine.
std::optional<Automaton> machine_of(const AutomatonArguments& options, Session& session,
                                    const std::string& title, const Model& model, const Policy& policy,
                                    const WordTask& words, Json& document) {
  Limits limits;
  limits.states = static_cast<std::size_t>(options.states.value_or(usual_states));
  limits.seconds = options.budget.value_or(usual_seconds);
  Extracted extracted;
  try {
    extracted = extract(model, policy, reading_of(words), limits, interrupted);
  } catch (const Stopped&) {
    throw Interrupted("interrupted; nothing is kept of a machine that is not finished");
  }
  if (extracted.obstacle.reason == Reason::none) return extracted.by_first();
  Result unknown;
  unknown.method = Method::automaton;
  unknown.obstacle = extracted.obstacle;
  const std::string why = note_text(unknown);
  document.update(Json{{"verdict", "unknown"}, {"reason", name(extracted.obstacle.reason)}, {"note", why}});
  print(session, fmt::format("{}: no machine, {}\n", title, why), as_table(AutomatonView{}), document);
  return std::nullopt;
}

/// Of a model that names no task: words over all tokens but = and <eos>, read at =, or at every symbol where there is
/// no =.
int show_model(const AutomatonArguments& options, Session& session, ModelFile file) {
  refuse_sizes(options.subject, "a size is that of a task, which neither the model file nor --task names");
  file.model = unrolled(file.model, {});
  const Policy policy = file_policy(options.subject.policy.layer(), file, options.subject.name, {});
  WordTask words;
  for (std::size_t token = 0; token < file.model.vocabulary.size(); ++token) {
    const std::string& text = file.model.vocabulary[token];
    if (text == "=")
      words.end = static_cast<Token>(token);
    else if (text != "<eos>")
      words.alphabet.push_back(static_cast<Token>(token));
  }
  const std::string title = fmt::format(
      "{} in {}", file.model.name.empty() ? options.subject.name : file.model.name, notation(policy));
  Json document = {{"name", file.model.name},
                   {"format", notation(policy)},
                   {"policy", as_json(policy)},
                   {"asked", automaton_asked(options)}};
  add_sources(document, options.subject.policy);
  const auto automaton = machine_of(options, session, title, file.model, policy, words, document);
  if (!automaton) return exit_unknown;
  return show_view(options, session, view_of(title, *automaton, words, file.model.vocabulary),
                   std::move(document), "", exit_done);
}

int run_automaton(const AutomatonArguments& options, Session& session) {
  if (options.subject.name.empty()) return show_task(options, session);
  if (options.subject.task.empty() && is_model_file(options.subject.name))
    if (ModelFile file = load_model(options.subject.name); file.task.empty())
      return show_model(options, session, std::move(file));
  const Subject subject = resolve(options.subject);
  const WordTask words = words_of(*subject.task);
  Json document = {{"name", subject.name},
                   {"format", subject.format},
                   {"policy", as_json(subject.policy)},
                   {"task", subject.task->spec()},
                   {"asked", automaton_asked(options)}};
  if (options.subject.n) document["asked"]["n"] = *options.subject.n;  // of a family, or of repeated layers
  add_sources(document, options.subject.policy);
  const std::string title = fmt::format("{} in {}", subject.name, subject.format);
  const auto machine = machine_of(options, session, title, subject.model, subject.policy, words, document);
  if (!machine) return exit_unknown;
  const Automaton& automaton = *machine;
  const AutomatonView view = view_of(title, automaton, words, subject.model.vocabulary);
  const auto difference = first_difference(automaton, words);
  std::string verdict = fmt::format("  {:<12}{}\n  {:<12}equal on words of all lengths\n", "task",
                                    subject.task->spec(), "verdict");
  document["verdict"] = difference ? "refuted" : "certified";
  document["covered"] = document["of"] = "all lengths";
  if (difference) {
    const std::string input = subject.task->text(subject.task->instance_of(*difference));
    const std::string got = view.outputs[static_cast<std::size_t>(state_after(automaton, *difference))];
    const std::string want =
        word_output(words.automaton.out(state_after(words.automaton, *difference)), subject.model.vocabulary);
    verdict = fmt::format(
        "  {0:<12}{3}\n  {1:<12}differs, first on words of {4} symbols:\n  {2:<12}{5}\n  {2:<12}gives {6}, "
        "right is {7}\n",
        "task", "verdict", "", subject.task->spec(), difference->size(), input, got, want);
    document["counterexample"] = {
        {"input", input}, {"got", got}, {"want", want}, {"length", difference->size()}};
  }
  return show_view(options, session, view, std::move(document), verdict,
                   difference ? exit_refuted : exit_done);
}

}  // namespace

Command automaton_command() {
  return make_command<AutomatonArguments, declare_automaton, run_automaton>(
      "automaton", "The finite automaton that a model is, its class, and its task on words of all lengths",
      "A causal model of fixed precision without positions, or with periodic ones, is a finite-state "
      "machine: what "
      "holds of it holds for every length. Exit code 0 when it is equal to the task, 1 when it differs (the "
      "shortest "
      "word is shown), 5 when there is no machine within --states, or none at all.\n\n"
      "Examples:\n"
      "  roundoff automaton examples/your_own_question/automata/flipflop.json\n"
      "  roundoff automaton examples/your_own_question/automata/updown.json --dot updown.dot\n"
      "  roundoff automaton --task 'regex:pattern=(aa|b)*'\n");
}

}  // namespace roundoff::cli
