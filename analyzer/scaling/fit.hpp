// The precision-aware law fitted to runs: Huber's loss of the log of the loss, L-BFGS from many starts, and intervals by
// the bootstrap over runs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analyzer/scaling/runs.hpp"

namespace roundoff::analyzer {

struct ScalingFitOptions {
  std::uint64_t seed = 1;
  int starts = 40;
  int resamples = 200;
  double huber = 1e-3;  ///< of |log L - log L'|: beyond it the absolute difference counts
  /// Called between solutions, with how much of the work is done; true ends the fit, whose result says so.
  std::function<bool(double done)> progress = {};
};

struct FittedConstant {
  std::string name;          ///< "A", "g_w"
  double value = 0;          ///< of the best of all starts
  double low = 0, high = 0;  ///< 95 %: percentiles of the resamples
  /// The runs do not say what it is: the interval reaches an end of the range that was searched, or is wider than the
  /// value itself.
  bool identified = true;
};

struct ScalingFit {
  PrecisionLaw law = {};
  std::vector<FittedConstant> constants = {};  ///< those that the runs speak of, in the law's order
  double r_squared = 0;                        ///< of the losses
  double rms_log = 0;                          ///< of log L - log L'
  bool interrupted = false;                    ///< then the rest says nothing
  int reached = 0;                             ///< starts that ended within 1 % of the best
  FittedConstant best_bits = {};               ///< P*, where all three roles vary; name empty otherwise
};

/// UsageError where there are too few runs for the constants that they speak of.
ScalingFit fit_scaling(const std::vector<ScalingRun>& runs, const ScalingFitOptions& options = {});

}  // namespace roundoff::analyzer
