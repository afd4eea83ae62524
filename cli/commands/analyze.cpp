// roundoff analyze: the fewest bits, or the smallest width, with which a construction solves its task, per
// size.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/bounds/bounds.hpp"
#include "analyzer/search/minimise.hpp"
#include "analyzer/search/prune.hpp"
#include "analyzer/search/ranges.hpp"
#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/minimisation.hpp"
#include "cli/views/task_json.hpp"
#include "constructions/families/model_family.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

struct AnalyzeArguments {
  std::vector<std::string> names;
  std::string task, regime = "any";
  std::string quantity = "bits";
  std::string n, k;
  bool prune = false;
  SubjectOptions subject;
  EvidenceOptions evidence;
};

void declare_analyze(Arguments& arguments, AnalyzeArguments& options) {
  arguments.positionals("NAME", options.names, "Constructions of one task, or a model file");
  arguments.group("Question");
  arguments.choice("--minimize", options.quantity,
                   {"width", "bits", "int", "frac", "significand", "exponent"}, "What is to be least");
  arguments.text("--task", options.task, "TASK", "Instead of NAME: all constructions of this task");
  arguments.choice("--regime", options.regime, {"any", "constant", "logarithmic"},
                   "Of --task: the precision");
  arguments.flag("--prune", options.prune,
                 "Then drop heads, units and registers of each minimum, one at a time, while it still works");
  arguments.group("Size");
  arguments.text("--n", options.n, "SIZES", "Digits per operand: 8 or 2..64 or 2,4,8 or 2..64*2 [2..8]");
  arguments.text("--k", options.k, "SIZES", "Operands [2]");
  arguments.number("--p", options.subject.p, 2, 1000, "Base [2]");
  arguments.number("--l", options.subject.l, 1, 200000, "Low digits of a product [2n]");
  arguments.number("--c", options.subject.c, 1, 16, "Digits per token [1]");
  arguments.flag("--ragged", options.subject.ragged, "Operands of 1 to n digits");
  declare_generator(arguments, options.subject);
  declare_knobs(arguments, options.subject);
  declare_policy(arguments, options.subject.policy);
  declare_evidence(arguments, options.evidence);
}

std::vector<const Construction*> chosen(const AnalyzeArguments& options) {
  if (!options.task.empty()) {
    if (!options.names.empty()) throw UsageError("analyze: take construction names or --task, not both");
    find_task(options.task);  // an unknown task is an error of its own
    std::optional<Regime> regime;
    if (options.regime != "any")
      regime = options.regime == "constant" ? Regime::constant : Regime::logarithmic;
    std::vector<const Construction*> list = constructions_of(options.task, regime);
    if (list.empty())
      throw UsageError(
          fmt::format("analyze: no construction solves {} in {} precision; see roundoff constructions",
                      options.task, options.regime));
    return list;
  }
  if (options.regime != "any")
    throw UsageError("analyze: --regime chooses among the constructions of --task; leave it out");
  const std::vector<std::string> names = with_generator(options.subject, options.names);
  if (names.empty())
    throw UsageError("analyze: NAME is missing; name constructions (roundoff constructions), or --task TASK");
  std::vector<const Construction*> list;
  for (const std::string& name : names) list.push_back(&find_construction(name));
  return list;
}

/// What no model can undercut, beside the largest minimum.
std::string bounds_text(const Minimisation& found) {
  std::string text;
  for (auto minimum = found.minima.rbegin(); minimum != found.minima.rend(); ++minimum) {
    if (!minimum->value) continue;
    const Attempt& best = minimum->best();
    const std::unique_ptr<Task> task = make_task(find_construction(best.construction).task, minimum->size);
    for (const Bound& bound : lower_bounds(*task, best.policy, best.shape.layers))
      text +=
          fmt::format("lower bound {}: {} ({})\n", size_text(found, minimum->size),
                      bound.applies ? bound.statement : bound.name + " says nothing here", bound.condition);
    break;
  }
  return text;
}

/// Prunes the minimum of each size; whether it was interrupted. What is left is minimal in that no single
/// part of it can go.
bool prune_minima(const Minimisation& found, const MinimiseOptions& how, std::string& text, Json& document) {
  Json pruned_list = Json::array();
  bool cut = false;
  for (const Minimum& minimum : found.minima) {
    if (!minimum.value || cut) continue;
    const Attempt& best = minimum.best();
    const Construction& construction = find_construction(best.construction);
    const std::unique_ptr<Task> task = make_task(construction.task, minimum.size);
    const Policy& policy = best.policy;
    PruneOptions options;
    options.verify = how.verify;
    options.store = how.store;
    options.progress = how.progress;
    const Pruned pruned = prune(build(construction, *task, policy, best.settings), policy, *task, options);
    cut = pruned.interrupted;
    std::string parts;
    for (const std::string& part : pruned.dropped) parts += (parts.empty() ? "" : ", ") + part;
    text += fmt::format("pruned {}: width {} -> {}, parameters {} -> {}, {}; dropped: {}\n",
                        size_text(found, minimum.size), pruned.before.width, pruned.after.width,
                        pruned.before.nonzero, pruned.after.nonzero, evidence_text(pruned.result),
                        parts.empty() ? "nothing can go" : parts);
    pruned_list.push_back({{"n", minimum.size.n},
                           {"k", minimum.size.k},
                           {"construction", best.construction},
                           {"width_before", pruned.before.width},
                           {"width", pruned.after.width},
                           {"nonzero_before", pruned.before.nonzero},
                           {"nonzero", pruned.after.nonzero},
                           {"dropped", pruned.dropped},
                           {"evidence", as_json(pruned.result)},
                           {"interrupted", pruned.interrupted}});
  }
  document["pruned"] = std::move(pruned_list);
  return cut;
}

/// Of one model file: its own task, size and format.
Minimisation of_file(const AnalyzeArguments& options, const MinimiseOptions& how) {
  SubjectOptions asked = options.subject;
  asked.name = options.names.front();
  asked.task = options.task;
  asked.policy = {};
  if (how.format) asked.policy.words.set("format", how.format->text());
  const Subject subject = resolve(asked);
  MinimiseOptions with = how;
  with.format.reset();  // resolved
  return minimise(subject.model, *subject.task, subject.policy, asked.name, with);
}

/// Of a model file its own (resolved later); else one for each n and k that the task has.
std::vector<TaskSize> sizes(const AnalyzeArguments& options, const Construction* construction) {
  SubjectOptions asked = options.subject;
  if (construction == nullptr) {
    if (!options.n.empty() || !options.k.empty())
      throw UsageError("a model file has one size, and it stands in the file; leave --n and --k out");
    return {task_size(asked)};
  }
  if (!options.n.empty()) asked.n = 1;
  if (!options.k.empty()) asked.k = 1;
  const TaskEntry& task = find_task(construction->task);
  refuse_unused_sizes(asked, task, construction->name);
  const auto used = [&](char letter) {
    return task.uses(letter) || constructions::depends_on(construction->name, letter);
  };
  const auto range = [](std::string_view option, const std::string& text, std::string_view standard,
                        bool asked_of) {
    if (asked_of) return parse_range(option, text.empty() ? standard : std::string_view(text));
    return std::vector<int>{0};
  };
  std::vector<TaskSize> result;
  for (const int n : range("--n", options.n, "2..8", used('n')))
    for (const int k : range("--k", options.k, "2", used('k'))) {
      TaskSize size = task_size(options.subject);
      if (n > 0) size.n = n;
      if (k > 0) size.k = k;
      result.push_back(size);
    }
  return result;
}

int run_analyze(const AnalyzeArguments& options, Session& session) {
  const bool file = options.names.size() == 1 && is_model_file(options.names.front());
  if (file && options.prune) throw UsageError("--prune goes with constructions, not with a model file");
  const auto constructions = file ? std::vector<const Construction*>{} : chosen(options);
  MinimiseOptions how;
  how.quantity = parse_quantity(options.quantity);
  how.sizes = sizes(options, file ? nullptr : constructions.front());
  set_policy(options.subject.policy.layer(), how);
  how.settings = parse_settings(options.subject.settings);
  ProgressLine progress(session);
  how.verify = verify_options(options.evidence, session, progress);
  how.progress = [&](const std::string& what, int done, int of) { progress.show(what, done, of); };
  std::optional<Store> store = open_store(options.evidence.store);
  how.store = store ? &*store : nullptr;
  const Minimisation found = file ? of_file(options, how) : minimise(constructions, how);
  std::string text = as_text(found);
  Json document = as_json(found);
  document["held"] = held_json(how);
  add_sources(document["held"], options.subject.policy);
  bool cut = found.interrupted;
  if (!file) text += bounds_text(found);
  if (options.prune && !cut) cut = prune_minima(found, how, text, document);
  print(session, text, as_table(found), document);
  if (cut) throw Interrupted(resume_hint(options.evidence.store));
  return exit_done;
}

}  // namespace

Command analyze_command() {
  return make_command<AnalyzeArguments, declare_analyze, run_analyze>(
      "analyze", "Minimal bits, or minimal width, per size, with evidence and a growth law",
      "Every candidate is scanned, since success is not monotone in precision. The minimum's evidence, the "
      "counterexample one\n"
      "step below and exceptions to monotonicity are part of the answer.\n\n"
      "Examples:\n"
      "  roundoff analyze add-hinge --minimize bits --n 2..32*2\n"
      "  roundoff analyze --task add --regime constant --minimize width --n 2..8 --prune\n"
      "  roundoff analyze examples/rope_adder/rope_adder.json --minimize significand --method adderboard\n"
      "  roundoff analyze --task add --regime logarithmic --minimize bits --n 2..8 --csv\n");
}

}  // namespace roundoff::cli
