// roundoff least: the least width at which any transformer of a shape can do a task, by SAT; a model at that width that
// is right on all inputs, and checked proofs that there is none below.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/least/least_store.hpp"
#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/shell/progress.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "formats/notation/family.hpp"
#include "sim/files/model_file.hpp"
#include "sim/files/write_file.hpp"

namespace roundoff::cli {
namespace {

struct LeastArguments {
  SubjectOptions subject;
  std::string format = "fixed(1,0)", store, output;
  int layers = 1, most = 8;
  std::optional<double> budget;
};

void declare_least(Arguments& arguments, LeastArguments& options) {
  arguments.positional("TASK", options.subject.task, "NAME[:key=value,...] (roundoff tasks) or FILE.toml",
                       true);
  declare_size(arguments, options.subject);
  arguments.group("Search");
  arguments.text("--format", options.format, "FORMAT",
                 "Of every role, in fixed point, at most 4 bits [fixed(1,0)]");
  arguments.number("--layers", options.layers, 1, 8,
                   "Layers, each with attention and a feed-forward part [1]");
  arguments.number("--most", options.most, 1, 64, "Widths up to this are asked [8]");
  arguments.number("--budget", options.budget, "SECONDS",
                   "Of the solver for each split of a width; then unknown [600]");
  arguments.text("--store", options.store, "FILE.sqlite",
                 "Keep what is found; a search that was cut off goes on");
  arguments.text("-o,--output", options.output, "MODEL.json", "Write the model of the least width");
}

std::string split_text(const WidthSplit& split) {
  return fmt::format("d_model {}, {} head{} of {}, d_ff {}", split.d_model, split.heads,
                     split.heads == 1 ? "" : "s", split.d_head, split.d_ff);
}

std::string answer_text(const SplitAnswer& answer) {
  switch (answer.satisfiable) {
    case Satisfiable::yes:
      return "a model, right on all inputs";
    case Satisfiable::no:
      return fmt::format("impossible: proof of {} steps checked", answer.proof_steps);
    case Satisfiable::unknown:
      break;
  }
  return "unknown: " + answer.why_unknown;
}

Json split_json(const SplitAnswer& answer) {
  const WidthSplit& split = answer.split;
  Json document = {
      {"width", split.width()},
      {"d_model", split.d_model},
      {"heads", split.heads},
      {"d_k", split.d_head},
      {"d_v", split.d_head},
      {"d_ff", split.d_ff},
      {"possible",
       answer.satisfiable == Satisfiable::unknown ? Json() : Json(answer.satisfiable == Satisfiable::yes)},
      {"variables", answer.variables},
      {"clauses", answer.clauses}};
  if (answer.satisfiable == Satisfiable::no) document["proof_steps"] = answer.proof_steps;
  if (!answer.why_unknown.empty()) document["reason"] = answer.why_unknown;
  return document;
}

int run_least(const LeastArguments& options, Session& session) {
  refuse_unused_sizes(options.subject, find_task(options.subject.task));
  const std::unique_ptr<Task> task = make_task(options.subject.task, task_size(options.subject));
  const Format format = FormatFamily(options.format).at(task->bindings());
  constexpr double most_inputs = 4096;
  if (task->input_count() > most_inputs)
    throw UsageError(fmt::format(
        "least: {} inputs at {} are too many unknowns; ask for a smaller size (at most {:.0f} inputs)",
        count_text(task->input_count()), describe(task->size()), most_inputs));
  if (task->input_count() == 0)
    throw UsageError(
        fmt::format("least: {} has no input at {}, so that every model is right; ask for another size",
                    task->name(), describe(task->size())));
  std::optional<Store> store = open_store(options.store);
  ProgressLine progress(session);
  LeastOptions how;
  how.seconds = options.budget.value_or(how.seconds);
  how.interrupted = interruption(session);
  if (store) how.known = [&](const WidthSplit& split) { return known_split(*store, *task, split, format); };
  how.asking = [&](const WidthSplit& split) {
    progress.line(fmt::format("width {}: {}", split.width(), split_text(split)));
  };
  how.progress = [&](std::string_view what, double done, double of) {
    progress.show(std::string(what), std::min(done, of), of);
  };
  how.found = [&](const SplitAnswer& answer) {
    if (store) keep_split(*store, *task, format, answer);
  };
  const Least least = least_width(*task, options.layers, format, options.most, how);

  Table table{{{"width", "width", true},
               {"split", "split", false},
               {"answer", "answer", false},
               {"variables", "variables", true},
               {"clauses", "clauses", true}},
              {}};
  Json splits = Json::array();
  for (const SplitAnswer& answer : least.answers) {
    table.rows.push_back({std::to_string(answer.split.width()), split_text(answer.split), answer_text(answer),
                          std::to_string(answer.variables), std::to_string(answer.clauses)});
    splits.push_back(split_json(answer));
  }
  std::string text = as_text(table);
  const std::string where = fmt::format("{} at {}, {} layer{}, {}", task->name(), describe(task->size()),
                                        options.layers, options.layers == 1 ? "" : "s", notation(format));
  if (least.width > 0 && least.proved)
    text += fmt::format("{}: the least width is {}\n", where, least.width);
  else if (least.width > 0)
    text += fmt::format("{}: width {} suffices; whether less does is not known\n", where, least.width);
  else
    text += fmt::format("{}: no width up to {} was found\n", where, options.most);
  Json document = {{"task", task->spec()},
                   {"size", describe(task->size())},
                   {"sizes", as_json(*task)},
                   {"asked", {{"most", options.most}, {"budget", how.seconds}}},
                   {"layers", options.layers},
                   {"format", notation(format)},
                   {"width", least.width > 0 ? Json(least.width) : Json()},
                   {"proved", least.proved},
                   {"splits", std::move(splits)}};
  if (least.width > 0) {
    ModelFile file;
    file.model = *least.answers.back().model;
    file.policy = layer_of(Policy::uniform(format));
    file.task = as_json(*task).dump();
    if (!options.output.empty()) write_file(options.output, write_model(file));
    document["model"] = Json::parse(write_model(file));
  } else if (!options.output.empty() && !how.interrupted()) {
    warnings(session)("no model was found; " + options.output + " is not written");
  }
  print(session, text, table, document);
  if (how.interrupted()) throw Interrupted(resume_hint(options.store));
  return least.width > 0 && least.proved ? exit_done : exit_unknown;
}

}  // namespace

Command least_command() {
  return make_command<LeastArguments, declare_least, run_least>(
      "least", "The least width at which any transformer can do a task, by SAT with checked proofs",
      "Every weight is an unknown. A width is impossible when every split of it into d_model, heads and d_ff "
      "is, each with a "
      "proof that a checker of its own accepts; biases and embeddings are free.\n\n"
      "Examples:\n"
      "  roundoff least add --n 1\n"
      "  roundoff least parity --k 2 --layers 2\n"
      "  roundoff least majority --k 3 --store least.sqlite -o majority.json\n");
}

}  // namespace roundoff::cli
