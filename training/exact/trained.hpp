// A model in exact training: its master weights and averages, one step after another.
#pragma once

#include "training/model/network.hpp"
#include "training/trainee.hpp"

namespace roundoff::training {

class ExactTraining : public Trainee {
 public:
  /// The model's numbers, rounded to `master`, are the first weights. UsageError for what has no rule of training.
  ExactTraining(const Model& model, const TrainingPolicy& policy, const OptimiserOptions& options,
                std::uint64_t steps, int threads);

  /// Step `step` of all, from 1. Diverged, Trap.
  StepResult step(const Batch& batch, std::uint64_t step) override;
  /// The gradients of a batch by parameter, times the loss scale, without an update.
  Network<Exact>::Result gradients(const Batch& batch, std::uint64_t step);
  /// The loss of a batch under the weights of now, numbered as if it were step 0.
  double loss(const Batch& batch) override;
  std::vector<Token> choices(const Batch& batch) override;
  /// [V][lanes]
  Tensor logits(const Batch& batch);

  Model model() const override;
  Snapshot snapshot() const override;
  void restore(const Snapshot& snapshot) override;
  const Plan& plan() const { return plan_; }
  State& state() { return state_; }
  const State& state() const { return state_; }

 private:
  /// By parameter, as the forward pass reads them.
  std::vector<Tensor> weights();

  Model model_;
  Plan plan_;
  Exact arithmetic_;
  Network<Exact> network_;
  Update update_;
  std::optional<Quantiser> weight_quantiser_;
  Value loss_scale_;
  State state_;
};

}  // namespace roundoff::training
