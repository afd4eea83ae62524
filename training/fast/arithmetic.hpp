// The arithmetic of the fast tier: the same operations as training/exact/arithmetic.hpp, in binary32 by Eigen, each tensor
// rounded to its role's format where it is made (fake quantisation) and straight through backward. Sums are formed in a
// library's order: nothing here follows semantics.md, section 5, and every result names the tier.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "training/exact/arithmetic.hpp"

#include "sim/model/quantise.hpp"
#include "sim/tensors/workers.hpp"

namespace roundoff::training {

class Fast {
 public:
  /// [rows][lanes], by rows. A flipped tensor is the transpose of what is kept.
  struct Tensor {
    std::size_t rows = 0, lanes = 0;
    bool flipped = false;
    std::shared_ptr<std::vector<float>> numbers;
    float* data() { return numbers->data(); }
    const float* data() const { return numbers->data(); }
    std::size_t count() const { return rows * lanes; }
  };
  using AttentionShape = Exact::AttentionShape;

  /// UsageError for a format that is no part of binary32, for stochastic rounding, and for quantisers other than intB/G.
  Fast(const TrainingPolicy& policy, int threads);

  static Tensor room(std::size_t rows, std::size_t lanes);
  Tensor constant(const Value& value, TrainingRole role) const;
  Tensor binary(Op op, const Tensor& a, const Tensor& b, TrainingRole role) const;
  Tensor unary(Function function, const Tensor& x, TrainingRole role) const;
  Tensor round(const Tensor& x, TrainingRole role) const;
  Tensor activation(Activation activation, const Tensor& x) const;
  Tensor through_activation(Activation activation, const Tensor& dy, const Tensor& pre) const;
  Tensor quantised(const Tensor& x, TrainingRole role, std::size_t size) const;
  /// The rows of a matrix of weights.
  Tensor quantised_weights(const Tensor& x) const;
  Tensor product(const Tensor& a, const Tensor& b, TrainingRole role, const Tensor* bias = nullptr) const;
  Tensor dot_of_rows(const Tensor& a, const Tensor& b, TrainingRole role) const;
  Tensor sum_of_rows(const Tensor& a, TrainingRole role) const;
  Tensor sum_in(const Tensor& a, TrainingRole role) const { return sum_of_rows(a, role); }
  Tensor sum_of_lanes(const Tensor& a, TrainingRole role) const;
  static Tensor transposed(const Tensor& a);
  Tensor gathered(const Tensor& table, const std::vector<Token>& rows) const;
  Tensor scattered(const Tensor& dx, const std::vector<Token>& rows, std::size_t table_rows) const;

  struct Attended {
    Tensor q, k, v;
    std::vector<Tensor> weights;  ///< by (sequence, head): [key][query]
  };
  Tensor attend(const AttentionShape& shape, const Tensor& q, const Tensor& k, const Tensor& v,
                const Batch& batch, Attended& kept);
  struct AttentionGradients {
    Tensor q, k, v;
  };
  AttentionGradients attend_back(const AttentionShape& shape, const Attended& kept, const Tensor& d_out,
                                 const Batch& batch);

  struct Loss {
    double mean = 0;
    Tensor logits;
  };
  Loss loss(const Tensor& logits, const Batch& batch, const Value& loss_scale, bool gradient) const;

 private:
  /// In place, to the role's format.
  void settle(Tensor& x, TrainingRole role) const;
  static void fake(float* x, std::size_t count, std::size_t stride, float most);

  TrainingPolicy policy_;
  std::vector<std::unique_ptr<Number>> numbers_;
  std::array<const Number*, training_role_count> by_role_{};  ///< null: binary32
  struct Steps {
    std::size_t block = 0;  ///< 0: none
    float most = 0;
  };
  Steps weights_, activations_, cache_;
  mutable Workers workers_;
};

}  // namespace roundoff::training
