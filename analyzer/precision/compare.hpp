// What a precision policy costs a model on text: the model run under two policies on the same blocks of tokens,
// position by position on the same bits of input, and what differs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/names.hpp"
#include "analyzer/precision/likelihood.hpp"
#include "sim/tensors/run.hpp"

namespace roundoff::analyzer {

using TokenBlocks = std::vector<std::vector<Token>>;

struct PrecisionOptions {
  TensorOptions tensors;
  bool drift = false;  ///< keep the residual stream of every layer
};

/// What one policy did: by block and position.
struct PolicyRun {
  struct Block {
    std::vector<Token> next;
    std::vector<double>
        log_probabilities;       ///< [position][token]; NaN throughout where there is no distribution
    std::vector<double> margin;  ///< of the largest logit above the second
    std::vector<std::vector<double>> streams;  ///< [1 + layer], entry r of position i at r * positions + i
  };
  std::vector<Block> blocks;
  Statistics statistics;
  std::size_t vocabulary = 0;
};

/// UsageError where what must be remembered has no room (8 GiB).
PolicyRun run_policy(const Model& model, const Policy& policy, const TokenBlocks& blocks,
                     const PrecisionOptions& options);

struct Flip {
  int block = 0, position = 0;
  Token a = 0, b = 0;
  double margin_a = 0, margin_b = 0;  ///< between the largest two logits, in each run
};

struct Drift {
  int layer = -1;       ///< -1: the embedding
  double relative = 0;  ///< |x_a - x_b| / |x_a| over all positions, root mean square
  double worst = 0;     ///< the largest of a position
};

struct Comparison {
  std::int64_t tokens = 0;  ///< positions compared
  std::int64_t targets =
      0;  ///< of them, positions with a next token in their block and distributions in both
  std::int64_t lost_a = 0, lost_b = 0;  ///< positions without a distribution
  Estimate loss_a, loss_b;              ///< mean -log p(next token), errors over blocks
  Estimate loss_difference;             ///< b - a by block
  double perplexity_a = 0, perplexity_b = 0;
  Estimate divergence;  ///< KL(a || b) a position, error over blocks
  double worst_divergence = 0;
  int worst_block = 0, worst_position = 0;
  std::int64_t flips = 0;
  std::vector<Flip> first_flips;               ///< at most 100
  std::int64_t ties_a = 0, ties_b = 0;         ///< positions whose largest two logits are equal
  std::vector<double> divergence_by_position;  ///< mean over blocks
  std::vector<Drift> drift;
};
Comparison compare(const PolicyRun& a, const PolicyRun& b, const TokenBlocks& blocks);

}  // namespace roundoff::analyzer
