// A model in training, whichever tier trains it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "training/exact/update.hpp"
#include "training/model/batch.hpp"
#include "training/model/policy.hpp"

namespace roundoff::training {

/// `exact`: every operation rounded in its role's format, in order (semantics.md, section 5); the same bits for any number of
/// threads. `fast`: each tensor rounded to its role's format where it is made, sums in binary32 in a library's order.
enum class Tier : std::uint8_t { exact, fast };

struct StepResult {
  double loss = 0;  ///< of the batch, before the update
  Updated updated;
};

/// What goes on where a training was interrupted.
struct Snapshot {
  std::vector<double> master, first, second;
  std::uint64_t taken = 0;
};

class Trainee {
 public:
  virtual ~Trainee() = default;
  /// Step `step` of all, from 1. Diverged, Trap.
  virtual StepResult step(const Batch& batch, std::uint64_t step) = 0;
  virtual double loss(const Batch& batch) = 0;
  /// The largest logit of every lane, ties to the lowest token.
  virtual std::vector<Token> choices(const Batch& batch) = 0;
  /// With the master weights, exactly.
  virtual Model model() const = 0;
  virtual Snapshot snapshot() const = 0;
  virtual void restore(const Snapshot& snapshot) = 0;
};

/// UsageError for a policy that has no rule of training.
void require_trainable(const Policy& policy);

std::unique_ptr<Trainee> make_trainee(Tier tier, const Model& model, const TrainingPolicy& policy,
                                      const OptimiserOptions& options, std::uint64_t steps, int threads);

}  // namespace roundoff::training
