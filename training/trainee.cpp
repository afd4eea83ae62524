#include "training/trainee.hpp"

#include "training/exact/trained.hpp"

namespace roundoff::training {

std::unique_ptr<Trainee> make_trainee(Tier tier, const Model& model, const TrainingPolicy& policy,
                                      const OptimiserOptions& options, std::uint64_t steps, int threads) {
  static_cast<void>(tier);
  return std::make_unique<ExactTraining>(model, policy, options, steps, threads);
}

}  // namespace roundoff::training
