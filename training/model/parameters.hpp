// The trainable numbers of a model, in one row: matrices by rows, then vectors, in the order in which a sequence runs
// through them; a tied unembedding is the token embedding.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "training/names.hpp"

#include "sim/model/model.hpp"

namespace roundoff::training {

struct Parameter {
  std::string name;                              ///< its path, as in model files: "layers.0.W_Q"
  std::size_t first = 0, rows = 0, columns = 0;  ///< a vector is one column
  bool matrix = true;
  bool in_layer = false;  ///< what a quantiser of weights takes: the matrices of layers
  std::size_t count() const { return rows * columns; }
};

struct LinearPlan {
  std::size_t weight = 0;  ///< index of the parameter
  std::optional<std::size_t> bias;
};
struct NormPlan {
  Norm::Kind kind = Norm::rms;
  Value epsilon;
  std::size_t width = 0;
  std::optional<std::size_t> weight, bias;
};
struct LayerPlan {
  std::optional<NormPlan> before_attention, after_attention, before_feed_forward, after_feed_forward;
  struct Attention {
    std::size_t heads = 1, groups = 1, d_k = 1, d_v = 1;
    std::optional<Value> scale;
    LinearPlan query, key, value, output;
  };
  struct FeedForward {
    LinearPlan in, out;
    std::optional<LinearPlan> gate;
    Activation activation = Activation::relu;
  };
  std::optional<Attention> attention;
  std::optional<FeedForward> feed_forward;
};

/// What is computed, and with which parameters.
struct Plan {
  std::vector<Parameter> parameters;
  std::size_t count = 0;                  ///< numbers in all
  std::size_t tokens = 0, positions = 0;  ///< parameters; positions where there are any
  bool has_positions = false, tied = false;
  std::vector<LayerPlan> layers;
  std::optional<NormPlan> final_norm;
  LinearPlan unembedding;

  /// UsageError for a model with a part that has no rule of training (theory-notes/training.md).
  explicit Plan(const Model& model);
};

/// The model's numbers by the plan's order, and the model with other ones.
std::vector<Value> numbers_of(const Model& model);
Model with_numbers(Model model, const std::vector<Value>& numbers);

}  // namespace roundoff::training
