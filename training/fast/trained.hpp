// A model in fast training: binary32, the same network and updates as the exact tier's without its roundings.
#pragma once

#include "training/fast/arithmetic.hpp"
#include "training/model/network.hpp"
#include "training/trainee.hpp"

namespace roundoff::training {

class FastTraining : public Trainee {
 public:
  FastTraining(const Model& model, const TrainingPolicy& policy, const OptimiserOptions& options,
               std::uint64_t steps, int threads);

  StepResult step(const Batch& batch, std::uint64_t step) override;
  double loss(const Batch& batch) override;
  std::vector<Token> choices(const Batch& batch) override;
  Model model() const override;
  Snapshot snapshot() const override;
  void restore(const Snapshot& snapshot) override;

 private:
  std::vector<Fast::Tensor> weights() const;

  Model model_;
  Plan plan_;
  OptimiserOptions options_;
  std::uint64_t steps_;
  Fast arithmetic_;
  Network<Fast> network_;
  double scale_, beta1_, beta2_, epsilon_, momentum_;
  Fast::Tensor master_, first_, second_;  ///< [1][parameters]
  std::uint64_t taken_ = 0;
};

}  // namespace roundoff::training
