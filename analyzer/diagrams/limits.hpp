// What a proof may use up, and why one ends without a decision. Every part of the analyzer that gives up does
// so by these words; sentences are made of them in cli/ alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "analyzer/names.hpp"

namespace roundoff::analyzer {

/// The one struct of limits: options of verification carry it down to the diagrams.
struct Limits {
  double seconds = 60;  ///< of wall clock, the only limit that a machine's speed decides
  /// Results of operations computed and nodes made; 0: no such limit. With one a proof takes one thread, so
  /// that the answer is the same on every machine that is given the time.
  double steps = 0;
  std::size_t nodes = 20'000'000;  ///< diagram nodes alive in one thread, after collection
  std::size_t megabytes = 4000;    ///< of diagram nodes, all threads together
  std::size_t states = 50'000;     ///< of a machine that a model is (automata), and of any on the way to it
  std::size_t tuples = 4096;  ///< distinct inputs of a position-wise block; beyond, it is run node by node
};

enum class Reason : std::uint8_t {
  none,
  interrupted,
  // A limit was reached; with more of it the answer may be better.
  time,
  steps,
  nodes,
  memory,
  states,  ///< of a machine
  // What diagrams cannot do, whatever they are given.
  tuples,          ///< more than 2^31 distinct tuples of values
  column_sums,     ///< more than 2^16 values of a column's sum
  special_values,  ///< exact sums in a format with -0, inf or NaN
  exact_bits,      ///< an exact intermediate result beyond 120 bits
  stochastic,      ///< results depend on the place
  no_specification,
  other_layout,  ///< the model puts the task in its own way (Task::layout)
  // Why a model is no finite-state machine.
  positions,        ///< a table of positions, slopes, rotations: no two places are alike
  unbounded_order,  ///< tree and exact sums keep more the longer the word is
  repeats,          ///< layers or padding that grow with the word
  unmasked,         ///< all positions see all: there is no reading from left to right
  // What was never looked at.
  nothing_covered,
  not_stored,
  // One thread of a proof learns that another one has settled it.
  cancelled,
};
std::string_view name(Reason reason);
/// FileError for what is no reason.
Reason parse_reason(std::string_view name);

/// Why there is no better answer: `limit` is what was granted, where the reason is a limit (seconds, steps,
/// nodes, megabytes), else 0.
struct Obstacle {
  Reason reason = Reason::none;
  double limit = 0;
  friend bool operator==(const Obstacle&, const Obstacle&) = default;
};
/// Whether these limits grant more of what ran out.
bool grants_more(const Limits& limits, const Obstacle& obstacle);

namespace diagrams {
/// Thrown by diagrams. Giving up is not refuting.
struct Exhausted {
  Obstacle obstacle;
};
}  // namespace diagrams

}  // namespace roundoff::analyzer
