// Probabilities of tokens from logits, outside of what a policy computes: in binary64, every step correctly rounded
// and every sum in order, so that perplexities are the same bytes everywhere.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "analyzer/names.hpp"
#include "formats/lanes/lanes.hpp"

namespace roundoff::analyzer {

class Likelihood {
 public:
  Likelihood();
  /// log p of every token. False (and `out` unspecified) where the logits give no distribution: NaN, or an
  /// infinite largest one.
  bool log_softmax(std::span<const double> logits, std::vector<double>& out) const;
  /// sum p (log p - log q), terms with p = 0 left out.
  double divergence(std::span<const double> log_p, std::span<const double> log_q) const;
  double exp(double x) const;

 private:
  void apply(Function function, std::vector<double>& x) const;
  std::unique_ptr<LaneKernels> kernels_;
  mutable std::vector<double> room_;
};

/// The mean of some figures, and its standard error: sqrt(variance / count), 0 of fewer than two.
struct Estimate {
  double mean = 0, error = 0;
};
Estimate estimate(std::span<const double> figures);

}  // namespace roundoff::analyzer
