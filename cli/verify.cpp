// roundoff verify: does it solve its task on every input? A verdict with its evidence.
#include "analyzer/verify.hpp"

#include <chrono>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/answer.hpp"
#include "cli/command.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/subject.hpp"
#include "cli/task_json.hpp"

namespace roundoff::cli {
namespace {

struct Options {
  SubjectOptions subject;
  std::string method = "auto";
  std::uint64_t count = VerifyOptions{}.count;
  bool all = false;
  bool reference = false;
};

void declare(Arguments& arguments, Options& options) {
  declare_subject(arguments, options.subject);
  arguments.group("Method");
  arguments.choice("--method", options.method, {"auto", "exhaustive", "certify", "adversarial", "sample"},
                   "How inputs are covered");
  arguments.number("--count", options.count, "Samples, of the methods that draw them");
  arguments.flag("--all", options.all, "Go on after the first counterexample, and count the failures");
  arguments.flag("--reference", options.reference, "Run the reference interpreter instead of the lanes");
}

Method method_of(const std::string& word) {
  if (word == "exhaustive") return Method::exhaustive;
  if (word == "certify") return Method::certify;
  if (word == "adversarial") return Method::adversarial;
  if (word == "sample") return Method::sample;
  return Method::automatic;
}

int run(const Options& options, Session& session) {
  const Subject subject = resolve(options.subject);
  const Shape dimensions = shape(subject.model);
  ProgressLine progress(session);
  VerifyOptions how;
  how.method = method_of(options.method);
  how.count = options.count;
  how.seed = session.seed;
  how.threads = session.threads;
  how.reference = options.reference;
  how.first_only = !options.all;
  how.progress = [&](const Progress& at) { progress.show(at.what, at.done, at.of); };
  how.interrupted = interrupted;
  const auto started = std::chrono::steady_clock::now();
  const Result result = verify(subject.model, subject.policy, *subject.task, how);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();

  std::string text = fmt::format("{}: {} in {}, width {}\n", subject.name, name(result.verdict),
                                 subject.format, dimensions.width);
  text += fmt::format("method   {}\ncovered  {} of {} inputs\n", result.method, count_text(result.covered),
                      count_text(result.of));
  if (result.failing > 0) text += fmt::format("failing  {}\n", count_text(result.failing));
  if (result.failing_fraction) text += fmt::format("failing fraction  {:.6g}\n", *result.failing_fraction);
  Json document = {{"verdict", name(result.verdict)},
                   {"method", result.method},
                   {"covered", count_json(result.covered)},
                   {"of", count_json(result.of)}};
  if (result.counterexample) {
    const Counterexample& found = *result.counterexample;
    text += fmt::format("counterexample  {} gives {}, right is {}\nreplay   {}\n", found.input, found.got,
                        found.want, replay_line(subject, found.input));
    document["counterexample"] = {{"input", found.input}, {"got", found.got}, {"want", found.want}};
    document["replay"] = replay_line(subject, found.input);
  }
  if (result.failing_fraction) document["failing_fraction"] = *result.failing_fraction;
  if (!subject.note.empty()) text += "outside the theorem: " + subject.note + '\n';
  if (!result.note.empty()) text += result.note + '\n';
  const Json rest = {{"failing", count_json(result.failing)},
                     {"width", dimensions.width},
                     {"d_model", dimensions.d_model},
                     {"heads", dimensions.heads},
                     {"d_k", dimensions.d_k},
                     {"d_v", dimensions.d_v},
                     {"d_ff", dimensions.d_ff},
                     {"layers", dimensions.layers},
                     {"bits", subject.policy[Role::activations].bits},
                     {"format", subject.format},
                     {"name", subject.name},
                     {"task", as_json(*subject.task)},
                     {"settings", subject.settings},
                     {"outside_the_theorem", subject.note},
                     {"note", result.note},
                     {"seconds", seconds}};
  document.update(rest);
  document["provenance"] = provenance(session);
  document["provenance"]["model"] = fingerprint(subject.model);
  print(session, text, {}, document);
  if (result.verdict == Verdict::refuted) return exit_refuted;
  if (interrupted())
    throw Interrupted("interrupted after " + count_text(result.covered) + " inputs; ask again to start over");
  return exit_done;
}

}  // namespace

Command verify_command() {
  return make_command<Options, declare, run>(
      "verify", "Is it right on every input? A verdict with evidence, or a counterexample",
      "Exit code 0 when the claim holds (or nothing against it was found: see verdict and covered), 1 when "
      "it is refuted.\n\n"
      "Examples:\n"
      "  roundoff verify add-hinge --n 8\n"
      "  roundoff verify add-hinge --n 32 --method sample --count 1000000\n"
      "  roundoff verify add-match --n 6 --format 'fixed(3,0)' --set D=1 --json\n");
}

}  // namespace roundoff::cli
