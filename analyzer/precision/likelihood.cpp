#include "analyzer/precision/likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace roundoff::analyzer {

Likelihood::Likelihood()
    : kernels_(LaneKernels::make(parse_format("binary64"), Container::f64, best_isa())) {}

void Likelihood::apply(Function function, std::vector<double>& x) const {
  kernels_->apply(function, x.data(), x.data(), x.size(), nullptr);
}

double Likelihood::exp(double x) const {
  double result = 0;
  kernels_->apply(Function::exp, &x, &result, 1, nullptr);
  return result;
}

bool Likelihood::log_softmax(std::span<const double> logits, std::vector<double>& out) const {
  double largest = -std::numeric_limits<double>::infinity();
  for (const double logit : logits) {
    if (logit != logit) return false;
    largest = std::max(largest, logit);
  }
  if (!std::isfinite(largest)) return false;
  out.assign(logits.begin(), logits.end());
  for (double& x : out) x -= largest;
  room_ = out;
  apply(Function::exp, room_);
  double total = 0;
  for (const double e : room_) total += e;
  double log_total = 0;
  kernels_->apply(Function::log, &total, &log_total, 1, nullptr);
  for (double& x : out) x -= log_total;
  return true;
}

double Likelihood::divergence(std::span<const double> log_p, std::span<const double> log_q) const {
  room_.assign(log_p.begin(), log_p.end());
  apply(Function::exp, room_);
  double sum = 0;
  for (std::size_t i = 0; i < room_.size(); ++i)
    if (room_[i] != 0) sum += room_[i] * (log_p[i] - log_q[i]);
  return sum;
}

Estimate estimate(std::span<const double> figures) {
  Estimate made;
  const auto count = static_cast<double>(figures.size());
  if (figures.empty()) return made;
  for (const double x : figures) made.mean += x;
  made.mean /= count;
  if (figures.size() < 2) return made;
  double squares = 0;
  for (const double x : figures) squares += (x - made.mean) * (x - made.mean);
  made.error = std::sqrt(squares / (count - 1) / count);
  return made;
}

}  // namespace roundoff::analyzer
