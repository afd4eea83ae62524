// Evidence: what is known about a question, and how. An answer is data: method, coverage, reason, cut,
// budget; the faces make sentences of it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/diagrams/cut.hpp"
#include "analyzer/diagrams/limits.hpp"
#include "analyzer/names.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::analyzer {

enum class Verdict : std::uint8_t { holds, certified, refuted, unknown };
std::string_view name(Verdict verdict);
/// Whether the verdict says that no input that was covered fails.
inline bool passes(Verdict verdict) { return verdict == Verdict::holds || verdict == Verdict::certified; }

/// `automatic`: more than `at_once` inputs are certified; where that cannot tell, and of few inputs, adversarial
/// ones come first, since they settle gross failures; then up to `exhaustive_limit` inputs are enumerated,
/// and beyond are samples. `adderboard`: a leaderboard's protocol (constructions/tasks/adderboard.hpp). `automaton`:
/// words of all lengths (analyzer/automata), whatever the size; inputs are not counted then.
enum class Method : std::uint8_t {
  automatic,
  exhaustive,
  certify,
  adversarial,
  sample,
  adderboard,
  automaton
};
std::string_view name(Method method);
/// UsageError with a "did you mean" for an unknown name; "auto" is automatic.
Method parse_method(std::string_view name);

struct Counterexample {
  Instance instance;
  std::string input, got, want;  ///< as text; `got` is "trap: ..." where the run stops
};

struct Result {
  Verdict verdict = Verdict::unknown;
  /// What decided: never `automatic`, which takes others. None where nobody was asked.
  std::optional<Method> method;
  std::uint64_t listed = 0;             ///< inputs of the families or of a protocol's list that were tried
  std::uint64_t samples = 0, seed = 0;  ///< draws that were tried, and their stream
  double covered = 0, of = 0;           ///< inputs
  double failing = 0;                   ///< inputs that failed, of those covered
  /// The same counts of a finished proof, as decimal integers (10^512 has no double).
  std::string failing_exactly, of_exactly;
  std::optional<Counterexample> counterexample;  ///< the first in the method's order of inputs, then shrunk
  std::optional<double> failing_fraction;        ///< exact, where the method knows it
  /// 95 % upper confidence bound on the failing fraction under uniform inputs (Clopper and Pearson), where
  /// samples give one.
  std::optional<double> fraction_bound;
  diagrams::Cut cut = diagrams::Cut::none;  ///< what a proof took for free variables
  /// Why the answer is not better: of an unknown one why it is open, of a refuted one why its fraction is not
  /// known, of samples why there is no certificate.
  Obstacle obstacle;
  bool interrupted = false;  ///< stopped by `interrupted` before it was decided; never stored
};

/// Whether every input is known to be right: a certificate, or an enumeration of all.
bool proves_all(const Result& result);

/// Whether two answers to one question cannot both be true: every input is right and one fails; two exact
/// fractions that differ; the same inputs, decided otherwise. "Refuted" and "refuted, with this fraction"
/// agree, and so do samples that hold and a proof that finds the input that fails.
bool contradict(const Result& a, const Result& b);

/// How much an answer settles: unordered where two contradict each other. Nothing is known < no failure among
/// some (the more the better) < an input fails < the exact fraction of inputs that fail, 0 included.
std::partial_ordering strength(const Result& a, const Result& b);

/// The answer to keep of two that do not contradict each other, the same in either order: the stronger; of
/// equals that of the larger budget; of equals still the one whose text comes first.
const Result& stronger(const Result& a, const Result& b);

/// A result as one line of JSON with sorted keys, and back; stores of version 1 of the semantics are read,
/// too. FileError for what cannot be read.
std::string text(const Result& result);
Result result_from(std::string_view text);

/// Verdicts counted by what they rest on.
struct EvidenceCounts {
  int certified = 0, all = 0, part = 0, refuted = 0, unknown = 0;
  void add(const Result& result);
};

}  // namespace roundoff::analyzer
