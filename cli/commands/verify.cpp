// roundoff verify: does it solve its task on every input? A verdict with its evidence.
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

namespace roundoff::cli {
namespace {

struct VerifyArguments {
  SubjectOptions subject;
  EvidenceOptions evidence;
  bool all = false;
};

void declare_verify(Arguments& arguments, VerifyArguments& options) {
  declare_family(arguments, options.subject);
  declare_evidence(arguments, options.evidence);
  arguments.flag("--all", options.all,
                 "Go on after the first counterexample, and count the failures (certify always does)");
}

std::string as_text(const Subject& subject, const Result& result, const Shape& dimensions) {
  std::string text = fmt::format("{} in {}, width {}\n{}\n", subject.name, subject.format, dimensions.width,
                                 evidence_text(result));
  const auto line = [&](std::string_view label, const std::string& what) {
    text += fmt::format("  {:<17}{}\n", label, what);
  };
  if (result.failing > 1) line("failing", count_text(result.failing));
  if (result.failing_fraction && *result.failing_fraction > 0)
    line("failing fraction", fmt::format("{:.6g}", *result.failing_fraction));
  if (result.fraction_bound)
    line("at most failing",
         fmt::format("{:.2g} of uniform inputs, at 95 % confidence", *result.fraction_bound));
  if (result.counterexample) {
    const Counterexample& found = *result.counterexample;
    line("counterexample", fmt::format("{} gives {}, right is {}", found.input, found.got, found.want));
    line("replay", replay_line(subject, found));
  }
  if (!subject.inexact.empty()) line("rounded weights", subject.inexact);
  if (const std::string note = note_text(result, subject.note); !note.empty()) line("note", note);
  return text;
}

int run_verify(const VerifyArguments& options, Session& session) {
  const Subject subject = resolve(options.subject);
  const Shape dimensions = shape(subject.model);
  ProgressLine progress(session);
  VerifyOptions how = verify_options(options.evidence, session, progress);
  // a certificate that fails says how much fails
  how.first_only = !options.all && how.method != Method::certify;
  std::optional<Store> store = open_store(options.evidence.store);

  const Question question = question_of(subject, subject.policy, how);
  if (store && subject.construction == nullptr) store->keep_model(subject.model);

  const auto started = std::chrono::steady_clock::now();
  const Result result = ask(store ? &*store : nullptr, question, subject.model, *subject.task, how);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();

  Json document = as_json(result, subject.note);
  if (result.counterexample) document["replay"] = replay_line(subject, *result.counterexample);
  const Json rest = {{"width", dimensions.width},   {"d_model", dimensions.d_model},
                     {"heads", dimensions.heads},   {"d_k", dimensions.d_k},
                     {"d_v", dimensions.d_v},       {"d_ff", dimensions.d_ff},
                     {"layers", dimensions.layers}, {"bits", subject.policy[Role::activations].bits},
                     {"seconds", seconds}};
  document.update(rest);
  document.update(as_json(subject));
  document["provenance"] = provenance(session);
  document["provenance"]["model"] = question.model;
  document["provenance"]["question"] = key(question);
  print(session, as_text(subject, result, dimensions), {}, document);
  if (result.interrupted) throw Interrupted(resume_hint(options.evidence.store));
  return exit_code(result.verdict);
}

}  // namespace

Command verify_command() {
  return make_command<VerifyArguments, declare_verify, run_verify>(
      "verify", "Is it right on every input? A verdict with evidence, or a counterexample",
      "Exit code 0 when nothing against the claim was found (the verdict says whether that is a proof), 1 "
      "when it is refuted, 5 when it is unknown.\n\n"
      "Examples:\n"
      "  roundoff verify add-hinge --n 8\n"
      "  roundoff verify add-hinge --n 32 --method sample --count 1000000\n"
      "  roundoff verify add-match --n 6 --format 'fixed(3,0)' --set D=1 --json\n");
}

}  // namespace roundoff::cli
