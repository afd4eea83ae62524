// Everything here is closed form, or the minimum of a function with one minimum, found by golden section.
#include "analyzer/scaling/precision_law.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {

namespace {

/// Where `value` is least between two ends; it has one minimum there.
template <class Value>
double least_between(double low, double high, double tolerance, const Value& value) {
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  double left = high - ratio * (high - low), right = low + ratio * (high - low);
  double at_left = value(left), at_right = value(right);
  while (high - low > tolerance) {
    if (at_left < at_right) {
      high = right;
      right = left;
      at_right = at_left;
      at_left = value(left = high - ratio * (high - low));
    } else {
      low = left;
      left = right;
      at_left = at_right;
      at_right = value(right = low + ratio * (high - low));
    }
  }
  return (low + high) / 2;
}

/// The least of a scan, and then of the interval around it: a function that is infinite at one end has one minimum, but
/// no slope there.
template <class Value>
double least_bits(const Value& value) {
  constexpr double step = 1.0 / 64;
  double best = 1;
  for (double bits = 1; bits <= 32; bits += step)
    if (value(bits) < value(best)) best = bits;
  return least_between(std::max(1.0, best - step), best + step, 1e-7, value);
}

ScalingSetting alike(double parameters, double tokens, double bits) {
  return {.parameters = parameters, .tokens = tokens, .bits = {bits, bits, bits}, .post = {}};
}

}  // namespace

PrecisionLaw published_law() {
  PrecisionLaw law{.log_a = std::log(4.299e3), .log_b = std::log(1.806e4), .floor = 2.7648, .alpha = 0.4965};
  law.roles = {{{2.6745, 0.3037, {}}, {2.2102, 1.4072, {}}, {0.9578, 2.4185, {}}}};
  law.post = {.log_c = std::log(0.0598), .tokens = 0.5068, .parameters = 0.3439, .g = 0.5907, .b = 1.1277};
  return law;
}

PrecisionLaw without_offsets(PrecisionLaw law) {
  for (PrecisionLaw::Role& role : law.roles) role.n = 0;
  if (law.post) law.post->b = 0;
  return law;
}

double role_share(const PrecisionLaw& law, std::size_t role, std::optional<double> bits) {
  if (!bits) return 1;
  return std::max(0.0, 1 - std::exp(law.roles[role].n - *bits / law.roles[role].g));
}

double effective_share(const PrecisionLaw& law, const ScalingSetting& setting) {
  double share = 1;
  for (std::size_t role = 0; role < scaling_roles.size(); ++role)
    share *= role_share(law, role, setting.bits[role]);
  return share;
}

double training_loss(const PrecisionLaw& law, const ScalingSetting& setting) {
  const double share = effective_share(law, setting);
  if (share <= 0) return std::numeric_limits<double>::infinity();
  return std::exp(law.log_a - law.alpha * std::log(setting.parameters * share)) +
         std::exp(law.log_b - law.alpha * std::log(setting.tokens)) + law.floor;
}

double post_training_loss(const PrecisionLaw& law, const ScalingSetting& setting) {
  if (!setting.post) return 0;
  if (!law.post)
    throw UsageError("these constants have no part for quantisation after training; leave P_post out");
  const PrecisionLaw::Post& post = *law.post;
  const double share = effective_share(law, setting);
  if (share <= 0) return std::numeric_limits<double>::infinity();
  double loss =
      std::exp(post.log_c + post.b - *setting.post / post.g + post.tokens * std::log(setting.tokens) -
               post.parameters * std::log(setting.parameters * share));
  for (std::size_t role = 0; role < scaling_roles.size(); ++role) {
    if (!setting.bits[role]) continue;
    if (!law.roles[role].c)
      throw UsageError(fmt::format(
          "a model trained with P_{0} bits and quantised afterwards needs the constant C_{0}, which is not "
          "known "
          "(the paper does not list it); leave P_{0} or P_post out, or give --constants of a fit that has it",
          scaling_roles[role]));
    loss *= std::max(0.0, 1 - std::exp(-*law.roles[role].c * (*setting.bits[role] - *setting.post)));
  }
  return loss;
}

double critical_tokens(const PrecisionLaw& law, double parameters, double bits) {
  if (!law.post) throw UsageError("these constants have no part for quantisation after training");
  const PrecisionLaw::Post& post = *law.post;
  return std::exp((std::log(law.alpha) + law.log_b + post.parameters * std::log(parameters) + bits / post.g -
                   post.b - std::log(post.tokens) - post.log_c) /
                  (post.tokens + law.alpha));
}

double best_bits(const PrecisionLaw& law) {
  return least_bits([&](double bits) { return -effective_share(law, alike(1, 1, bits)) / bits; });
}

double best_bits_at(const PrecisionLaw& law, double parameters, double compute) {
  return least_bits([&](double bits) {
    return training_loss(law, alike(parameters, 16 * compute / (6 * parameters * bits), bits));
  });
}

ScalingSetting best_split(const PrecisionLaw& law, double compute, double bits) {
  const auto at = [&](double log_parameters) {
    const double parameters = std::exp(log_parameters);
    return alike(parameters, 16 * compute / (6 * parameters * bits), bits);
  };
  return at(least_between(0, std::log(compute), 1e-9, [&](double x) { return training_loss(law, at(x)); }));
}

}  // namespace roundoff::analyzer
