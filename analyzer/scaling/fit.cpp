// L-BFGS is NLopt's (Nocedal's algorithm), gradients are Eigen's dual numbers. A role that never has few bits has no
// constants, and quantisation after training has them only where some run was quantised; C_x only where runs are both.
#include "analyzer/scaling/fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#define EIGEN_DONT_VECTORIZE  // figures that are printed come from here
#include <Eigen/Core>
#include <fmt/format.h>
#include <nlopt.hpp>
#include <unsupported/Eigen/AutoDiff>

#include "formats/error.hpp"
#include "formats/random.hpp"

namespace roundoff::analyzer {

namespace {

/// All constants that there can be; those of a fit are a subset.
enum Constant : std::uint8_t {
  log_a,
  log_b,
  floor_e,
  alpha,
  role_0,
  post_0 = role_0 + 9,
  constant_count = post_0 + 5
};
// of role r: role_0 + 3 r is g, then n, then C

struct Range {
  std::string_view name;
  double low, high;              ///< what is searched
  double start_low, start_high;  ///< where starts lie
};
constexpr std::array<Range, constant_count> ranges = {{
    {"ln A", 0, 30, 2, 14},
    {"ln B", 0, 30, 2, 14},
    {"E", 0, 6, 0.5, 3.5},
    {"alpha", 0.02, 1.5, 0.1, 0.8},
    {"g_w", 0.1, 10, 0.5, 4},
    {"n_w", -2, 5, 0, 1},
    {"C_w", 0.001, 5, 0.05, 1},
    {"g_a", 0.1, 10, 0.5, 4},
    {"n_a", -2, 5, 0, 1},
    {"C_a", 0.001, 5, 0.05, 1},
    {"g_kv", 0.1, 10, 0.5, 4},
    {"n_kv", -2, 5, 0, 1},
    {"C_kv", 0.001, 5, 0.05, 1},
    {"ln C_T", -30, 10, -8, 0},
    {"g_D", 0, 3, 0.1, 1},
    {"g_N", 0, 3, 0, 0.6},
    {"g_post", 0.1, 5, 0.3, 1.5},
    {"b", -3, 3, 0, 0},
}};

using Gradient = Eigen::Matrix<double, constant_count, 1>;
using Dual = Eigen::AutoDiffScalar<Gradient>;

template <class Number>
Number at_least(const Number& x, double least) {
  return x < Number(least) ? Number(least) : x;
}

/// log of the law's loss. Where training has nothing left (N_eff = 0) the share is held at 10^-3, so that a search has a
/// finite value to leave.
template <class Number>
Number log_loss(const std::array<Number, constant_count>& x, const ScalingSetting& setting) {
  using std::exp;
  using std::log;
  Number log_share(0);
  for (std::size_t r = 0; r < scaling_roles.size(); ++r) {
    if (!setting.bits[r]) continue;
    const Number share = Number(1) - exp(x[role_0 + 3 * r + 1] - *setting.bits[r] / x[role_0 + 3 * r]);
    log_share = log_share + log(at_least(share, 1e-3));
  }
  const Number log_parameters = log_share + std::log(setting.parameters);
  Number loss = exp(x[log_a] - x[alpha] * log_parameters) +
                exp(x[log_b] - x[alpha] * std::log(setting.tokens)) + x[floor_e];
  if (setting.post) {
    Number log_post = x[post_0] + x[post_0 + 4] - *setting.post / x[post_0 + 3] +
                      x[post_0 + 1] * std::log(setting.tokens) - x[post_0 + 2] * log_parameters;
    for (std::size_t r = 0; r < scaling_roles.size(); ++r) {
      if (!setting.bits[r]) continue;
      const Number kept = Number(1) - exp(x[role_0 + 3 * r + 2] * (*setting.post - *setting.bits[r]));
      log_post = log_post + log(at_least(kept, 1e-12));
    }
    loss = loss + exp(log_post);
  }
  return log(at_least(loss, 1e-6));
}

/// Which constants the runs speak of. b cannot be told from ln C_T, and stays 0.
std::vector<std::size_t> spoken_of(const std::vector<ScalingRun>& runs) {
  std::vector<std::size_t> free = {log_a, log_b, floor_e, alpha};
  for (std::size_t r = 0; r < scaling_roles.size(); ++r) {
    const auto few = [&](const ScalingRun& run) { return run.setting.bits[r].has_value(); };
    if (std::any_of(runs.begin(), runs.end(), few))
      free.insert(free.end(), {role_0 + 3 * r, role_0 + 3 * r + 1});
    if (std::any_of(runs.begin(), runs.end(),
                    [&](const ScalingRun& run) { return few(run) && run.setting.post; }))
      free.push_back(role_0 + 3 * r + 2);
  }
  if (std::any_of(runs.begin(), runs.end(),
                  [](const ScalingRun& run) { return run.setting.post.has_value(); }))
    free.insert(free.end(), {post_0, post_0 + 1, post_0 + 2, post_0 + 3});
  return free;
}

class ScalingFitter {
 public:
  ScalingFitter(const std::vector<ScalingRun>& runs, const ScalingFitOptions& options)
      : runs_(runs), options_(options), free_(spoken_of(runs)), weight_(runs.size(), 1) {
    if (runs.size() < free_.size() + 2)
      throw UsageError(fmt::format("{} runs are too few for {} constants; give at least {}", runs.size(),
                                   free_.size(), free_.size() + 2));
    for (const ScalingRun& run : runs) log_loss_.push_back(std::log(run.loss));
  }

  ScalingFit run() {
    const double work = options_.starts + options_.resamples / 2.0;  // (a resample starts at the solution)
    std::vector<double> best;
    double least = std::numeric_limits<double>::infinity();
    std::vector<double> reached;
    for (int start = 0; start < options_.starts; ++start) {
      std::vector<double> x = start_at(start);
      reached.push_back(solve(x, 800));
      if (reached.back() < least) {
        least = reached.back();
        best = std::move(x);
      }
      if (ended((start + 1) / work)) return {.interrupted = true};
    }
    ScalingFit fit;
    fit.law = law_of(best);
    fit.reached = static_cast<int>(std::count_if(
        reached.begin(), reached.end(), [&](double value) { return value <= least * 1.01 + 1e-12; }));
    std::vector<std::vector<double>> resampled;
    std::vector<double> best_bits_of;
    const bool all_roles = law_has_roles();
    for (int sample = 0; sample < options_.resamples; ++sample) {
      resample(sample);
      std::vector<double> x = best;
      solve(x, 300);
      if (all_roles) best_bits_of.push_back(best_bits(law_of(x)));
      resampled.push_back(std::move(x));
      if (ended((options_.starts + (sample + 1) / 2.0) / work)) return {.interrupted = true};
    }
    for (std::size_t i = 0; i < free_.size(); ++i) {
      std::vector<double> values;
      for (const auto& x : resampled) values.push_back(x[i]);
      fit.constants.push_back(constant(free_[i], best[i], std::move(values)));
    }
    if (all_roles) {
      fit.best_bits = interval("P*", best_bits(fit.law), std::move(best_bits_of));
    }
    quality(best, fit);
    return fit;
  }

 private:
  std::vector<double> start_at(int start) const {
    std::vector<double> x;
    for (std::size_t i = 0; i < free_.size(); ++i) {
      const Range& range = ranges[free_[i]];
      const double u =
          static_cast<double>(random_bits(options_.seed, static_cast<std::uint64_t>(start), i) >> 11) *
          0x1p-53;
      x.push_back(range.start_low + u * (range.start_high - range.start_low));
    }
    return x;
  }
  /// As many runs as there are, drawn with replacement.
  void resample(int sample) {
    std::fill(weight_.begin(), weight_.end(), 0);
    for (std::size_t i = 0; i < runs_.size(); ++i)
      ++weight_[random_bits(options_.seed + 1, static_cast<std::uint64_t>(sample), i) % runs_.size()];
  }
  bool ended(double done) const { return options_.progress && options_.progress(done); }

  template <class Number>
  std::array<Number, constant_count> all(const std::vector<double>& x) const {
    std::array<Number, constant_count> constants;
    constants.fill(Number(0));
    for (std::size_t i = 0; i < free_.size(); ++i) constants[free_[i]] = number<Number>(x[i], i);
    return constants;
  }
  template <class Number>
  static Number number(double value, std::size_t index) {
    if constexpr (std::is_same_v<Number, double>)
      return value;
    else
      return Number(value, constant_count, static_cast<int>(index));
  }

  double objective(const std::vector<double>& x, std::vector<double>& gradient) const {
    const auto constants = all<Dual>(x);
    double total = 0;
    std::fill(gradient.begin(), gradient.end(), 0);
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      if (weight_[k] == 0) continue;
      const Dual error = log_loss(constants, runs_[k].setting) - log_loss_[k];
      const double size = std::abs(error.value()), delta = options_.huber;
      const bool near = size < delta;
      total += weight_[k] * (near ? size * size / 2 : delta * (size - delta / 2));
      const double slope = weight_[k] * (near ? error.value() : std::copysign(delta, error.value()));
      for (std::size_t i = 0; i < gradient.size(); ++i)
        gradient[i] += slope * error.derivatives()[static_cast<Eigen::Index>(i)];
    }
    constexpr double scale = 1e6;  // of the order of 1, for the tolerances of the search
    for (double& g : gradient) g *= scale;
    return total * scale;
  }
  static double call(const std::vector<double>& x, std::vector<double>& gradient, void* self) {
    return static_cast<const ScalingFitter*>(self)->objective(x, gradient);
  }
  /// Improves x; the value that it reaches.
  double solve(std::vector<double>& x, int evaluations) {
    nlopt::opt search(nlopt::LD_LBFGS, static_cast<unsigned>(free_.size()));
    std::vector<double> low, high;
    for (const std::size_t i : free_) {
      low.push_back(ranges[i].low);
      high.push_back(ranges[i].high);
    }
    search.set_lower_bounds(low);
    search.set_upper_bounds(high);
    search.set_min_objective(call, this);
    search.set_ftol_rel(1e-10);
    search.set_maxeval(evaluations);
    double value = 0;
    try {
      search.optimize(x, value);
    } catch (
        const std::exception&) {  // it stops where rounding leaves nothing to improve; x is the best so far
      std::vector<double> none;
      value = objective(x, none);
    }
    return value;
  }

  PrecisionLaw law_of(const std::vector<double>& x) const {
    const auto constants = all<double>(x);
    PrecisionLaw law{.log_a = constants[log_a],
                     .log_b = constants[log_b],
                     .floor = constants[floor_e],
                     .alpha = constants[alpha]};
    for (std::size_t r = 0; r < scaling_roles.size(); ++r) {
      law.roles[r] = {constants[role_0 + 3 * r], constants[role_0 + 3 * r + 1], {}};
      if (is_free(role_0 + 3 * r + 2)) law.roles[r].c = constants[role_0 + 3 * r + 2];
    }
    if (is_free(post_0))
      law.post = {.log_c = constants[post_0],
                  .tokens = constants[post_0 + 1],
                  .parameters = constants[post_0 + 2],
                  .g = constants[post_0 + 3],
                  .b = 0};
    return law;
  }
  bool is_free(std::size_t constant) const {
    return std::find(free_.begin(), free_.end(), constant) != free_.end();
  }
  bool law_has_roles() const { return is_free(role_0) && is_free(role_0 + 3) && is_free(role_0 + 6); }

  /// Percentiles 2.5 and 97.5 of the resamples.
  static FittedConstant interval(std::string name, double value, std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
      return values.empty()
                 ? value
                 : values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
    };
    return {std::move(name), value, at(0.025), at(0.975), true};
  }
  static FittedConstant constant(std::size_t which, double value, std::vector<double> values) {
    const Range& range = ranges[which];
    FittedConstant found = interval(std::string(range.name), value, std::move(values));
    const double margin = (range.high - range.low) * 1e-6;
    found.identified = found.low > range.low + margin && found.high < range.high - margin &&
                       found.high - found.low < std::max(std::abs(value), 0.05);
    if (found.name.starts_with("ln ")) {
      found.name.erase(0, 3);
      found.value = std::exp(found.value);
      found.low = std::exp(found.low);
      found.high = std::exp(found.high);
    }
    return found;
  }
  void quality(const std::vector<double>& x, ScalingFit& fit) const {
    const auto constants = all<double>(x);
    double mean = 0, spread = 0, rest = 0, squares = 0;
    for (const ScalingRun& run : runs_) mean += run.loss / static_cast<double>(runs_.size());
    for (std::size_t k = 0; k < runs_.size(); ++k) {
      const double predicted = log_loss(constants, runs_[k].setting);
      squares += (predicted - log_loss_[k]) * (predicted - log_loss_[k]);
      rest += (std::exp(predicted) - runs_[k].loss) * (std::exp(predicted) - runs_[k].loss);
      spread += (runs_[k].loss - mean) * (runs_[k].loss - mean);
    }
    fit.rms_log = std::sqrt(squares / static_cast<double>(runs_.size()));
    fit.r_squared = spread > 0 ? 1 - rest / spread : 0;
  }

  const std::vector<ScalingRun>& runs_;
  const ScalingFitOptions& options_;
  const std::vector<std::size_t> free_;
  std::vector<int> weight_;  ///< how often a run counts
  std::vector<double> log_loss_;
};

}  // namespace

ScalingFit fit_scaling(const std::vector<ScalingRun>& runs, const ScalingFitOptions& options) {
  return ScalingFitter(runs, options).run();
}

}  // namespace roundoff::analyzer
