// Verification: does a model solve a task on every input? Answers with evidence: what was covered, and the
// smallest counterexample found. Teacher forcing decides greedy decoding: it is right on an input exactly
// when every answer token, <eos> included, is the arg max given the right prefix.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "analyzer/evidence/evidence.hpp"
#include "analyzer/names.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"
#include "sim/program/program.hpp"

namespace roundoff::analyzer {

struct Progress {
  double done = 0, of = 0;  ///< inputs
  std::string what;
};

/// What a program under construction tells, as progress; it throws Stopped once `interrupted` says so. Both
/// may be empty, and must outlive the watch.
Watch watch(const std::function<void(const Progress&)>& progress, const std::function<bool()>& interrupted);

/// How far an enumeration came: inputs 0 .. done-1 are decided.
struct Checkpoint {
  std::uint64_t done = 0;
  std::uint64_t failing = 0;
  std::optional<std::uint64_t> first_failing;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

struct VerifyOptions {
  Method method = Method::automatic;
  std::uint64_t count = 100000;  ///< samples
  std::uint64_t seed = 1;
  std::size_t adversarial = 4096;  ///< about how many adversarial inputs
  double exhaustive_limit = 2e7;   ///< automatic goes exhaustive up to this many inputs
  double at_once = 1 << 20;        ///< automatic enumerates up to this many without asking for a certificate
  Limits limits;                   ///< of a certificate; of 0 seconds: automatic does not ask for one
  int threads = 0;                 ///< 0: all cores; the answer never depends on it
  bool reference = false;          ///< run the reference interpreter instead of lanes
  bool first_only = true;          ///< stop at the first counterexample (searches); else count all failures
  std::function<void(const Progress&)> progress;  ///< from any one thread at a time
  std::function<bool()> interrupted;
  /// Exhaustive runs go on from here, and report how far they came (from any one thread at a time).
  Checkpoint resume;
  std::function<void(const Checkpoint&)> checkpoint;
};

/// UsageError where the method cannot be carried out (more than 2^63 inputs to enumerate).
Result verify(const Model& model, const Policy& policy, const Task& task, const VerifyOptions& options = {});

}  // namespace roundoff::analyzer
