// Certification: a verdict about all inputs at once, by running the model's program on decision diagrams.
//
// The question's digit tokens are the variables; the answer's tokens are given, from exact integers. If at
// every output the arg max diagram is the same node as the right token's, and nothing traps anywhere, then
// greedy decoding is right on every input, by induction over the answer, <eos> included. Otherwise the inputs
// that fail are a diagram too: it is counted exactly, and its first input is replayed by the reference
// interpreter.
//
// Sums of many numbers, products and chains of thought are first tried with some quantities of the
// specification as free variables (diagrams::Cut): what holds for all values of them holds.
//
// Trusted: the diagram package, the operations of formats/arithmetic, the executor that records the program
// and its passes.
#pragma once

#include <functional>

#include "analyzer/evidence/verify.hpp"

namespace roundoff::analyzer {

struct CertifyOptions {
  /// Then UNKNOWN, or refuted without the fraction: finding an input that fails and counting all of them share
  /// the budget.
  Limits limits = {};
  int threads = 0;           ///< 0: all cores; CERTIFIED and REFUTED never depend on it
  std::size_t probes = 256;  ///< concrete adversarial inputs, and as many samples, before the proof; 0: none
  std::uint64_t seed = 1;
  /// Tasks with at least so many inputs are first tried with a cut (diagrams::Cut).
  double cut_from = 0x1p14;
  bool exact_fraction = true;  ///< count what fails even when a counterexample is already known
  std::function<void(const Progress&)> progress = {};  ///< outputs decided, of how many
  std::function<bool()> interrupted = {};
};

/// Verdict certified, refuted (with the counterexample, and the exact failing fraction where the count was
/// finished) or unknown (with what ran out).
Result certify(const Model& model, const Policy& policy, const Task& task,
               const CertifyOptions& options = {});

}  // namespace roundoff::analyzer
