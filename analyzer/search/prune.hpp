// Pruning: attention heads, feed-forward units and residual registers are dropped one at a time, each removal
// verified anew, until nothing more can go. What remains is minimal in the sense that no single part of it is
// dispensable.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzer/evidence/verify.hpp"
#include "analyzer/store/store.hpp"

namespace roundoff::analyzer {

/// A part of a model that can be dropped. `layer` is -1 for registers.
struct Part {
  enum Kind : std::uint8_t { head, unit, register_ } kind = register_;
  int layer = -1;
  int index = 0;
};
/// "head 1 of layer 2", "unit 14 of layer 0", "register 7 (carry)".
std::string describe(const Part& part, const Model& model);

/// The model without the part; without its last head or unit the layer loses the block. UsageError for the
/// last register.
Model without(const Model& model, const Part& part);

struct PruneOptions {
  VerifyOptions verify;
  Store* store = nullptr;
  std::function<void(const std::string& what, int done, int of)> progress;
};

struct Pruned {
  Model model;
  Shape before, after;
  std::vector<std::string> dropped;  ///< in order
  Result result;                     ///< of the model that remains
  bool interrupted = false;          ///< before it was known that nothing more can go
};

/// UsageError when the model itself does not solve the task.
Pruned prune(const Model& model, const Policy& policy, const Task& task, const PruneOptions& options = {});

}  // namespace roundoff::analyzer
