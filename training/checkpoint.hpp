// What an interrupted training goes on from: one file of safetensors (F64) that is written whole or not at all, with the
// weights, the averages, the losses so far, and what is trained, in words.
#pragma once

#include <optional>
#include <string>

#include "training/trainee.hpp"

namespace roundoff::training {

struct Progress {
  std::uint64_t step = 0;      ///< done
  std::vector<double> losses;  ///< of every step's batch
  std::vector<double> lost;    ///< of every step, the share of updates that changed no weight
  std::uint64_t skipped = 0;   ///< steps, for a gradient that was inf or NaN
  std::string ended;           ///< why it ended early, or ""
};

struct Checkpoint {
  std::string training;  ///< `describe` of its spec
  Progress progress;
  Snapshot snapshot;
};

std::string write_checkpoint(const Checkpoint& checkpoint);
/// FileError led by `source`.
Checkpoint read_checkpoint(std::string_view bytes, const std::string& source);

}  // namespace roundoff::training
