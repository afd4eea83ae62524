// Updates of the master weights (semantics.md, section 5): Adam and SGD, every operation rounded.
#pragma once

#include <cstdint>
#include <string>

#include "training/exact/arithmetic.hpp"

namespace roundoff::training {

/// Numbers are decimals, and stand for themselves exactly.
struct OptimiserOptions {
  enum Kind : std::uint8_t { adam, sgd } kind = adam;
  std::string rate = "0.002";  ///< the largest learning rate
  std::string beta1 = "0.9", beta2 = "0.98", epsilon = "1e-8";
  std::string momentum = "0.9";  ///< of SGD
  std::string loss_scale = "1";
  /// The rate rises to its largest over `warmup` steps, then stays, or falls along a cosine to `final_share` of it at the last
  /// step.
  enum Schedule : std::uint8_t { constant, cosine } schedule = cosine;
  std::uint64_t warmup = 0;
  std::string final_share = "0.1";
  friend bool operator==(const OptimiserOptions&, const OptimiserOptions&) = default;
};

/// The learning rate of step t of `steps`, from 1: an exact real.
RealAt learning_rate(const OptimiserOptions& options, std::uint64_t step, std::uint64_t steps);

/// What an update needs beside gradients: the master weights and the averages, all parameters in one row.
struct State {
  Tensor master, first, second;  ///< [1][parameters]; second of Adam alone
  std::uint64_t taken = 0;       ///< updates, which Adam counts
};

struct Updated {
  bool skipped = false;     ///< a gradient was inf or NaN
  std::uint64_t moved = 0;  ///< parameters whose update was not 0
  std::uint64_t lost = 0;   ///< of these, those that stayed what they were
};

class Update {
 public:
  Update(const OptimiserOptions& options, std::uint64_t steps, Exact& arithmetic);
  /// Step `step` of all (from 1) with gradients [1][parameters] times the loss scale. Diverged where a weight gets inf or
  /// NaN.
  Updated operator()(State& state, const Tensor& gradients, std::uint64_t step);

 private:
  Tensor adam(State& state, const Tensor& g, std::uint64_t step);
  Tensor sgd(State& state, const Tensor& g, std::uint64_t step);

  OptimiserOptions options_;
  std::uint64_t steps_;
  Exact& a_;
};

}  // namespace roundoff::training
