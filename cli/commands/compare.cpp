// roundoff compare: which roundings matter? One question under several policies: every operation rounded,
// weights only, storage only with wide accumulation (as tensor cores do), and so on, in one table.
#include <array>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/store/question.hpp"
#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::cli {
namespace {

struct CompareArguments {
  SubjectOptions subject;
  EvidenceOptions evidence;
  std::string wide = "binary32";
};

void declare_compare(Arguments& arguments, CompareArguments& options) {
  declare_family(arguments, options.subject);
  arguments.text("--rest", options.wide, "FORMAT", "What the other roles compute in [binary32]");
  declare_evidence(arguments, options.evidence);
}

constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
constexpr unsigned all_roles = (1U << role_count) - 1;

/// A policy by what stays in the given format; the other roles are wide.
struct Variant {
  std::string_view name, summary;
  unsigned narrow;    ///< bits of roles
  bool once = false;  ///< dot products are rounded once, at their end
};
constexpr std::array variants = {
    Variant{"every-operation", "every operation rounded", all_roles},
    Variant{"exact-dots", "dot products rounded once", all_roles, true},
    Variant{"wide-accumulators", "accumulators wide", all_roles & ~bit(Role::accumulators)},
    Variant{"wide-softmax", "scores and softmax wide", all_roles & ~(bit(Role::scores) | bit(Role::softmax))},
    Variant{"storage", "weights, activations, cache; the rest wide",
            bit(Role::weights) | bit(Role::activations) | bit(Role::cache)},
    Variant{"weights", "weights only", bit(Role::weights)},
    Variant{"activations", "activations and cache only", bit(Role::activations) | bit(Role::cache)},
    Variant{"none", "nothing: all wide", 0},
};

Policy apply(const Variant& variant, Policy policy, const Format& wide) {
  for (int role = 0; role < role_count; ++role)
    if ((variant.narrow >> role & 1U) == 0) policy.formats[static_cast<std::size_t>(role)] = wide;
  if (variant.once) policy.dot = DotMode::exact_dot;
  return policy;
}

/// Whether some operation saturates on this input, in the subject's own policy.
bool saturates(const Subject& subject, const Instance& instance) {
  const Task& task = *subject.task;
  const Program program =
      record(subject.model, subject.policy, task.shape(instance), {.skip_zero_weights = true});
  Reference reference(program);
  try {
    decode(reference, program, task.question(instance), task.eos());
  } catch (const Trap&) {
    return false;
  }
  for (NodeId node = 0; node < reference.done(); ++node)
    if ((reference.flags(node) & flag_saturated) != 0) return true;
  return false;
}

int run_compare(const CompareArguments& options, Session& session) {
  const Subject subject = resolve(options.subject);
  const Format wide = FormatFamily(options.wide).at(subject.task->bindings());
  ProgressLine progress(session);
  VerifyOptions how = verify_options(options.evidence, session, progress);
  how.first_only = true;
  std::optional<Store> store = open_store(options.evidence.store);
  if (store && subject.construction == nullptr) store->keep_model(subject.model);

  Table table{{{"variant", "rounded", false},
               {"verdict", "verdict", false},
               {"method", "evidence", false},
               {"counterexample", "counterexample", false},
               {"got", "gives", false},
               {"want", "right is", false}},
              {}};
  Json list = Json::array();
  EvidenceCounts counts;
  bool own_holds = false;             // every operation rounded
  std::optional<Instance> elsewhere;  // an input on which a wider row is wrong
  for (const Variant& variant : variants) {
    const Policy policy = apply(variant, subject.policy, wide);
    const Question question = question_of(subject, policy, how);
    const Result result = ask(store ? &*store : nullptr, question, subject.model, *subject.task, how);
    if (result.interrupted) throw Interrupted(resume_hint(options.evidence.store));
    Json entry = {{"variant", variant.name}, {"rounded", variant.summary}, {"formats", notation(policy)}};
    entry.update(as_json(result, outside_the_theorem(policy)));
    list.push_back(std::move(entry));
    const auto& found = result.counterexample;
    table.rows.push_back({std::string(variant.summary), std::string(name(result.verdict)),
                          method_text(result), found ? found->input : "", found ? found->got : "",
                          found ? found->want : ""});
    counts.add(result);
    if (variant.narrow == all_roles && !variant.once) own_holds = passes(result.verdict);
    if (found && !elsewhere) elsewhere = found->instance;
  }
  Json document = as_json(subject);
  document.update(Json{{"wide", notation(wide)}, {"variants", list}, {"asked", asked_json(how)}});
  std::string text = fmt::format("{} in {}; what is not rounded to it is {}\n\n{}", subject.name,
                                 subject.format, notation(wide), as_text(table));
  document["computes_by_saturation"] = own_holds && elsewhere && saturates(subject, *elsewhere);
  if (document["computes_by_saturation"].get<bool>())
    text +=
        "This design computes by saturation: sums stop at the largest number of its format. With wider "
        "numbers "
        "it is\nnot meant to be right, and its rows there say nothing about roundings.\n";
  print(session, text, table, document);
  return counts.refuted > 0 ? exit_refuted : counts.unknown > 0 ? exit_unknown : exit_done;
}

}  // namespace

Command compare_command() {
  return make_command<CompareArguments, declare_compare, run_compare>(
      "compare", "Which roundings matter: every operation, weights only, wide accumulators, ...",
      "Exit code 0 when it is right in every row, 1 when some row is refuted, 5 when some row is unknown and "
      "none refuted.\n\n"
      "Examples:\n"
      "  roundoff compare add-hinge --n 6 --format 'fixed(5,0)'\n"
      "  roundoff compare add-match --p 10 --n 2 --rest binary64 --json\n");
}

}  // namespace roundoff::cli
