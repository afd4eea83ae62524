// A proof over diagrams: is every output of a program the specification's token, on all assignments of the
// variables, and does nothing trap? Goals (outputs, and operations that may trap) are handed out one at a
// time to threads, each with diagrams of its own.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "analyzer/diagrams/count.hpp"
#include "analyzer/diagrams/specification.hpp"

namespace roundoff::analyzer::diagrams {

struct ProofOptions {
  Limits limits = {};
  /// When the seconds of `limits` are over, which a proof shares with others.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  int threads = 1;
  bool count = true;                                          ///< go on after the first goal that fails
  std::function<void(double done, double of)> progress = {};  ///< goals
  std::function<bool()> interrupted = {};
};

/// All inputs of one sequence shape (under Cut::lines: and one line).
struct Outcome {
  bool decided = false;  ///< every goal was looked at
  bool holds = false;    ///< and none fails
  /// How many inputs fail at the goals that were looked at, and one of them, where the proof speaks of
  /// inputs: without a cut, or where the sums of columns that share no digit decide alone.
  Integer failing = 0;
  std::optional<std::vector<Token>> question;  ///< of an input that fails
  Obstacle obstacle;                           ///< why not every goal was looked at
};

/// How many of the task's inputs the variables stand for (the column sums are functions of the digits).
Integer inputs(const Task& task, const Variables& variables);

/// `orders`: the same inputs in one or more orders of their variables, of which the cheapest is taken. Throws what
/// the program's operations throw beside Exhausted, which is part of the outcome.
Outcome prove(const Program& program, std::span<const Variables> orders, const Task& task,
              const ProofOptions& options);

}  // namespace roundoff::analyzer::diagrams
