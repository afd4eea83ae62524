#include "training/trainee.hpp"

#include "training/exact/trained.hpp"
#include "training/fast/trained.hpp"

#include "formats/error.hpp"

namespace roundoff::training {

void require_trainable(const Policy& policy) {
  if (policy.mask != Mask::causal) throw UsageError("training: the mask is causal; leave `mask` out");
  if (policy.norm_cast != NormCast::after || policy.attention_cast != AttentionCast::none)
    throw UsageError("training: casts inside norms and attention have no rule; leave `norm_cast` and `attention_cast` out");
  if (policy.divide != Divide::first)
    throw UsageError("training: there is no rule for divide = last; leave `divide` out");
}

std::unique_ptr<Trainee> make_trainee(Tier tier, const Model& model, const TrainingPolicy& policy,
                                      const OptimiserOptions& options, std::uint64_t steps, int threads) {
  if (tier == Tier::fast) return std::make_unique<FastTraining>(model, policy, options, steps, threads);
  return std::make_unique<ExactTraining>(model, policy, options, steps, threads);
}

}  // namespace roundoff::training
