// How verdicts are asked for and shown, the same in every command: the options of verification, the store,
// and a result as text and as JSON.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "analyzer/evidence/verify.hpp"
#include "analyzer/store/store.hpp"
#include "cli/names.hpp"
#include "cli/options/arguments.hpp"
#include "cli/shell/progress.hpp"
#include "cli/views/answer.hpp"

namespace roundoff::cli {

struct EvidenceOptions {
  std::string method = "auto";
  std::optional<std::uint64_t> count;  ///< samples
  std::optional<double> budget;  ///< seconds of a certificate
  std::string store;             ///< a file, or ""
  bool reference = false;
};

/// --method, --count, --budget, --store, --reference.
void declare_evidence(Arguments& arguments, EvidenceOptions& options);

/// Seed, threads and interruption come from the session; `progress` must outlive the options.
VerifyOptions verify_options(const EvidenceOptions& options, const Session& session, ProgressLine& progress);

/// How it was asked, as far as the answer depends on it: method, count, budget, seed, reference.
Json asked_json(const VerifyOptions& options);

/// One line on standard error, whatever is asked for: something was left out of the answer.
Store::Warn warnings(const Session& session);

/// The store of --store; none for "".
std::optional<Store> open_store(const std::string& path);

/// "holds for all 65536 inputs (exhaustive)", "no failure among 104096 of 1e+20 inputs (...): not a proof".
std::string evidence_text(const Result& result);
/// "exhaustive", "adversarial 3000 + 100000 samples (seed 1)".
std::string method_text(const Result& result);
/// Why the answer is not better, what a proof took for free variables, and `outside` the theorems, in a line.
std::string note_text(const Result& result, const std::string& outside = "");
/// "certified 3, by all inputs 4, refuted 7".
std::string counts_text(const EvidenceCounts& counts);
/// verdict, method, covered, of, counterexample, failing figures, reason, cut, budget.
Json as_json(const Result& result, const std::string& outside = "");

/// 0, 1 or 5.
Exit exit_code(Verdict verdict);

/// What to say after an interrupt.
std::string resume_hint(const std::string& store);

}  // namespace roundoff::cli
