// roundoff tasks: the list of tasks, and what one of them asks: its inputs, right answers and adversarial families.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "constructions/construction.hpp"
#include "constructions/tasks/task.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

struct TasksArguments {
  SubjectOptions subject;
  int examples = 6;
};

void declare_tasks(Arguments& arguments, TasksArguments& options) {
  arguments.positional("TASK", options.subject.task, "NAME[:key=value,...] or FILE.toml: this task alone",
                       false);
  declare_size(arguments, options.subject);
  arguments.number("--examples", options.examples, 0, 1000, "Inputs that are shown [6]");
}

std::vector<std::string> solvers(const TaskEntry& entry) {
  std::vector<std::string> names;
  for (const Construction& construction : all_constructions())
    if (construction.task == entry.name) names.emplace_back(construction.name);
  return names;
}

Json parameters_json(const TaskEntry& entry) {
  Json parameters = Json::object();
  for (const constructions::Parameter& parameter : entry.parameters)
    parameters[std::string(parameter.name)] = {{"default", parameter.standard},
                                               {"summary", parameter.summary}};
  return parameters;
}

int list_tasks(Session& session) {
  Table table{{{"name", "task", false}, {"form", "question", false}, {"summary", "answer", false}}, {}};
  Json document = Json::array();
  for (const TaskEntry& entry : tasks()) {
    table.rows.push_back({std::string(entry.name), std::string(entry.form), std::string(entry.summary)});
    document.push_back({{"name", entry.name},
                        {"form", entry.form},
                        {"summary", entry.summary},
                        {"sizes", entry.sizes},
                        {"parameters", parameters_json(entry)},
                        {"adversarial", entry.families},
                        {"constructions", solvers(entry)}});
  }
  const std::string text =
      as_text(table) + "\n`roundoff tasks NAME` shows one; a task of your own is a file: --task FILE.toml\n";
  print(session, text, table, {{"tasks", std::move(document)}});
  return exit_done;
}

/// "0110" of an answer, its <eos> left out.
std::string answer_of(const Task& task, const Instance& instance) {
  std::vector<Token> tokens = task.answer(instance);
  if (tokens.back() == task.eos()) tokens.pop_back();
  return task.text(tokens);
}

int show(const TasksArguments& options, Session& session) {
  const TaskEntry& entry = find_task(options.subject.task);
  const std::unique_ptr<Task> task = make_task(options.subject.task, task_size(options.subject));
  std::string text = fmt::format("{}: {}\n", entry.name, entry.summary);
  const auto line = [&](std::string_view label, std::string_view what) {
    text += fmt::format("  {:<14}{}\n", label, what);
  };
  line("question", entry.form);
  for (const constructions::Parameter& parameter : entry.parameters)
    line("parameter", fmt::format("{} = {}: {}", parameter.name, parameter.standard, parameter.summary));
  line("at", fmt::format("{}: {} inputs, {} positions", describe(task->size()),
                         count_text(task->input_count()), task->positions()));
  line("vocabulary", fmt::format("{}", fmt::join(task->vocabulary(), " ")));
  for (const std::string_view family : entry.families) line("adversarial", family);
  const std::vector<std::string> known = solvers(entry);
  line("constructions", known.empty() ? "none: give a model file" : fmt::format("{}", fmt::join(known, " ")));
  Table table{{{"question", "question", false}, {"answer", "answer", false}}, {}};
  Json examples = Json::array();
  if (task->input_count() > 0)
    for (int j = 0; j < options.examples; ++j) {
      const Instance instance = task->sample(session.seed, static_cast<std::uint64_t>(j));
      table.rows.push_back({task->text(instance), answer_of(*task, instance)});
      examples.push_back({{"question", table.rows.back()[0]}, {"answer", table.rows.back()[1]}});
    }
  if (!table.rows.empty()) text += '\n' + as_text(table);
  print(session, text, table,
        {{"name", entry.name},
         {"form", entry.form},
         {"summary", entry.summary},
         {"parameters", parameters_json(entry)},
         {"adversarial", entry.families},
         {"constructions", known},
         {"size", describe(task->size())},
         {"inputs", count_json(task->input_count())},
         {"positions", task->positions()},
         {"vocabulary", task->vocabulary()},
         {"examples", std::move(examples)}},
        "task");
  return exit_done;
}

int run_tasks(const TasksArguments& options, Session& session) {
  with_generator(options.subject, {});  // of programs it says whether they may be run
  return options.subject.task.empty() ? list_tasks(session) : show(options, session);
}

}  // namespace

Command tasks_command() {
  return make_command<TasksArguments, declare_tasks, run_tasks>(
      "tasks", "What is asked of models: the tasks, their inputs, right answers and hard inputs",
      "Examples:\n"
      "  roundoff tasks\n"
      "  roundoff tasks iteradd --p 10 --n 3 --k 4\n"
      "  roundoff tasks dyck1:depth=2 --n 6\n"
      "  roundoff tasks examples/your_own_question/dyck.toml --n 6\n");
}

}  // namespace roundoff::cli
