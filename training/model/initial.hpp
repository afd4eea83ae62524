// Models to begin with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "training/names.hpp"

#include "sim/model/model.hpp"

namespace roundoff::training {

struct ModelSpec {
  int layers = 2, d_model = 32, heads = 4, d_ff = 0;  ///< d_ff 0: 4 d_model
  std::optional<Norm::Kind> norm = Norm::rms;         ///< before attention, feed-forward and unembedding
  Activation activation = Activation::relu;
  bool gated = false, biases = false, tied = false;
  friend bool operator==(const ModelSpec&, const ModelSpec&) = default;
};

/// Weights of deviation 1/sqrt(inputs), smaller by sqrt(2 layers) where a branch ends, 0.06 in embeddings, drawn as sums of twelve
/// uniform numbers of 16 bits; norms are 1, biases 0. A function of its arguments alone. UsageError for sizes that do not
/// go together.
Model initial_model(const ModelSpec& spec, const std::vector<std::string>& vocabulary, std::size_t positions,
                    std::uint64_t seed);

}  // namespace roundoff::training
