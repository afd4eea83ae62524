// Sweeps: a TOML page of questions (constructions x formats x sizes), answered through a store. Which
// questions there are, and in which order, depends on the page alone; shard i of m takes every m-th of them,
// and stores of shards merge. A sweep that was cut off is run again: what the store knows is looked up.
//
//   [[sweep]]
//   task = "add"                       # all its constructions
//   constructions = ["add-hinge"]      # instead of a task
//   regime = "logarithmic"             # of a task; optional
//   formats = ["own", "fixed(2*lg(n)+2,0)", { all = "fixed(4,0)", accumulators = "fixed(8,0)" }]
//   p = [2, 10]
//   n = "4..16"                        # or a list; likewise k, l, c
//   settings = { D = [1, 2] }
//   minimize = "bits"                  # absent: one verdict each
//   method = "auto"                    # count, seed, adversarial, exhaustive_limit
//   order = "tree"                     # and every other key of a policy: `roundoff policies` lists them
//   quantise = { weights = "int4/32" }
//   stack = "NAME"                     # a named policy, and policy = "FILE.toml", beside the page: under the above
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/search/minimise.hpp"
#include "analyzer/store/store.hpp"

namespace roundoff::analyzer {

/// One unit of work: a verdict, or a minimisation at one size.
struct SweepUnit {
  const Construction* construction = nullptr;
  Settings settings;  ///< as the page gives them
  TaskSize size;
  std::string family;  ///< format family
  PolicyLayer policy;  ///< what else the page says of it
  VerifyOptions verify;
  std::optional<Quantity> minimise;

  /// "add-hinge p=2 n=8 fixed(2*lg(n)+2,0) bits"; "own format" for the construction's family.
  std::string describe() const;
};

/// The units of a page, in order. FileError naming `source`, the key and the remedy.
std::vector<SweepUnit> plan_sweep(std::string_view toml, std::string_view source);

/// Rounded operations that a unit takes, as an order of magnitude.
double cost(const SweepUnit& unit);

struct SweepOutcome {
  SweepUnit unit;
  std::optional<Attempt> attempt;  ///< of a verdict
  std::optional<Minimum> minimum;  ///< of a minimisation
  std::string error;               ///< one line, where the unit cannot be carried out
};

struct SweepOptions {
  int shard = 0, shards = 1;  ///< units with index % shards == shard
  int threads = 0;
  /// After each unit: what it was, and the cost done and in all.
  std::function<void(const SweepUnit& unit, double done, double of)> progress;
  std::function<void(const Progress&)> within;  ///< while a unit is asked
  std::function<bool()> interrupted;
};

struct Sweep {
  std::vector<SweepOutcome> outcomes;  ///< in the order of the plan
  bool interrupted = false;
};

Sweep run_sweep(const std::vector<SweepUnit>& units, Store& store, const SweepOptions& options);

}  // namespace roundoff::analyzer
