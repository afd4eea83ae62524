// Verification: does a model solve a task on every input? Answers with evidence: what was covered, and the smallest
// counterexample found. Teacher forcing decides greedy decoding: it is right on an input exactly when every answer
// token, <eos> included, is the arg max given the right prefix.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "constructions/task.hpp"
#include "sim/model.hpp"
#include "sim/policy.hpp"

namespace roundoff {

enum class Verdict : std::uint8_t { holds, certified, refuted, unknown };
std::string_view name(Verdict verdict);

enum class Method : std::uint8_t { automatic, exhaustive, certify, adversarial, sample };

struct Counterexample {
  Instance instance;
  std::string input, got, want;  ///< as text; `got` is "trap: ..." where the run stops
};

struct Progress {
  double done = 0, of = 0;  ///< inputs
  std::string what;
};

struct VerifyOptions {
  Method method = Method::automatic;
  std::uint64_t count = 100000;      ///< samples
  std::uint64_t seed = 1;
  std::size_t adversarial = 4096;    ///< about how many adversarial inputs
  double exhaustive_limit = 2e7;     ///< automatic goes exhaustive up to this many inputs
  int threads = 0;                   ///< 0: all cores; the answer never depends on it
  bool reference = false;            ///< run the reference interpreter instead of lanes
  bool first_only = true;            ///< stop at the first counterexample (searches); else count all failures
  std::function<void(const Progress&)> progress;
  std::function<bool()> interrupted;
};

struct Result {
  Verdict verdict = Verdict::unknown;
  std::string method;       ///< "exhaustive", "adversarial 3000 + 100000 samples (seed 1)"
  double covered = 0, of = 0;
  double failing = 0;       ///< inputs that failed, of those covered
  std::optional<Counterexample> counterexample;  ///< the first in input order, then shrunk
  std::optional<double> failing_fraction;  ///< exact, where the method knows it
  std::string note;         ///< outside the theorem, what ran out, ...
};

Result verify(const Model& model, const Policy& policy, const Task& task, const VerifyOptions& options = {});

}  // namespace roundoff
