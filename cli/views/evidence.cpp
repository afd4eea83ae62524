#include "cli/views/evidence.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/interrupt.hpp"

namespace roundoff::cli {

void declare_evidence(Arguments& arguments, EvidenceOptions& options) {
  arguments.group("Evidence");
  arguments.choice("--method", options.method,
                   {"auto", "exhaustive", "certify", "adversarial", "sample", "adderboard"},
                   "How the inputs are covered");
  arguments.number("--count", options.count, "Samples, where the method draws them");
  arguments.number("--budget", options.budget, "SECONDS",
                   "What a certificate may take; then the verdict is unknown [auto: 60, certify: 300]");
  arguments.text("--store", options.store, "FILE.sqlite",
                 "Keep every verdict here; what is known is not asked again");
  arguments.flag("--reference", options.reference, "Run the reference interpreter instead of the lanes");
}

VerifyOptions verify_options(const EvidenceOptions& options, const Session& session, ProgressLine& progress) {
  VerifyOptions how;
  how.method = parse_method(options.method);
  how.count = options.count;
  if (how.method == Method::certify) how.certify_seconds = 300;
  if (options.budget) how.certify_seconds = *options.budget;
  how.seed = session.seed;
  how.threads = session.threads;
  how.reference = options.reference;
  how.progress = [&progress](const Progress& at) { progress.show(at.what, at.done, at.of); };
  how.interrupted = interrupted;
  return how;
}

std::optional<Store> open_store(const std::string& path) {
  if (path.empty()) return std::nullopt;
  return Store(path, version_line());
}

std::string evidence_text(const Result& result) {
  const std::string covered = count_text(result.covered), of = count_text(result.of);
  switch (result.verdict) {
    case Verdict::certified:
      return fmt::format("certified for all {} inputs ({})", of, result.method);
    case Verdict::holds:
      if (result.covered >= result.of) return fmt::format("holds for all {} inputs ({})", of, result.method);
      return fmt::format("no failure among {} of {} inputs ({}): not a proof", covered, of, result.method);
    case Verdict::refuted:
      return fmt::format("refuted after {} of {} inputs ({})", covered, of, result.method);
    case Verdict::unknown:
      break;
  }
  return fmt::format("unknown after {} of {} inputs ({})", covered, of, result.method);
}

Json as_json(const Result& result) {
  Json document = {{"verdict", name(result.verdict)},
                   {"method", result.method},
                   {"covered", count_json(result.covered)},
                   {"of", count_json(result.of)},
                   {"failing", count_json(result.failing)}};
  if (result.counterexample) {
    const Counterexample& found = *result.counterexample;
    document["counterexample"] = {{"input", found.input}, {"got", found.got}, {"want", found.want}};
  }
  if (result.failing_fraction) document["failing_fraction"] = *result.failing_fraction;
  if (result.fraction_bound) document["failing_fraction_bound_95"] = *result.fraction_bound;
  document["note"] = result.note;
  return document;
}

std::string resume_hint(const std::string& store) {
  if (store.empty())
    return "interrupted; with --store FILE.sqlite the same question goes on where it stopped";
  return "interrupted; the same question with --store " + store + " goes on from here";
}

}  // namespace roundoff::cli
