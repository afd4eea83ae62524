// The blocks of a transformer forward and backward, spelled once for both tiers: a tier is an arithmetic of tensors
// (training/exact/arithmetic.hpp says which operations) with its own attention, sums and loss. The forward pass has the bits
// of the recorded program under the same policy in the exact tier (a test compares the two).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "training/exact/arithmetic.hpp"
#include "training/model/batch.hpp"
#include "training/model/parameters.hpp"

namespace roundoff::training {

template <class Arithmetic>
class Network {
 public:
  using T = typename Arithmetic::Tensor;
  Network(const Plan& plan, Arithmetic& arithmetic) : plan_(plan), a_(arithmetic) {}

  struct Result {
    double loss = 0;           ///< of the batch; NaN never (Diverged)
    std::vector<T> gradients;  ///< by parameter, times the loss scale; empty where none were asked for
  };
  /// The parameters as the forward pass reads them: [rows][columns], by the plan's order.
  Result run(const std::vector<T>& weights, const Batch& batch, const Value& loss_scale, bool gradients);
  /// [V][lanes]
  T logits(const std::vector<T>& weights, const Batch& batch);

 private:
  struct KeptNorm {
    T x, factor;  ///< what is scaled (centred, of a layer norm), and by what
  };
  struct KeptLayer {
    KeptNorm before_attention, after_attention, before_feed_forward, after_feed_forward;
    T attention_in, heads, feed_forward_in, gate, pre, activated, hidden;
    typename Arithmetic::Attended attended;
  };
  struct KeptPass {
    std::vector<KeptLayer> layers;
    KeptNorm final_norm;
    T head_in;
  };

  T forward(const Batch& batch, KeptPass& kept);
  void backward(const Batch& batch, const KeptPass& kept, const T& d_logits, std::vector<T>& gradients);

  T norm(const std::optional<NormPlan>& plan, const T& x, KeptNorm& kept);
  T norm_back(const std::optional<NormPlan>& plan, const T& dy, const KeptNorm& kept,
              std::vector<T>& gradients);
  T linear(const LinearPlan& plan, const T& x, TrainingRole role);
  T linear_back(const LinearPlan& plan, const T& dy, const T& x, std::vector<T>& gradients);
  T activations(const T& x) { return a_.quantised(x, TrainingRole::activations, x.rows); }
  const T& weight(std::size_t parameter) const { return (*weights_)[parameter]; }
  typename Arithmetic::AttentionShape shape(const LayerPlan::Attention& plan) const {
    return {plan.heads, plan.groups, plan.d_k, plan.d_v, plan.scale};
  }

  const Plan& plan_;
  Arithmetic& a_;
  const std::vector<T>* weights_ = nullptr;
};

}  // namespace roundoff::training
