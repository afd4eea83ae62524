// The precision-aware scaling law: published constants give what its authors say of them, and a fit finds the constants
// that runs were made from, with intervals that cover them as often as they say.
#include <cmath>
#include <cstdlib>

#include <doctest/doctest.h>

#include "analyzer/scaling/fit.hpp"
#include "formats/error.hpp"
#include "formats/random.hpp"

using namespace roundoff::analyzer;
using doctest::Approx;

namespace {

/// A standard normal number of the stream `seed` (Box and Muller).
double normal(std::uint64_t seed, std::uint64_t index) {
  const auto uniform = [&](std::uint64_t which) {
    return (static_cast<double>(random_bits(seed, index, which) >> 11) + 0.5) * 0x1p-53;
  };
  return std::sqrt(-2 * std::log(uniform(0))) * std::cos(6.283185307179586 * uniform(1));
}

/// The runs of the paper's grid, each role quantised alone and all together, with losses of the law and noise.
std::vector<ScalingRun> grid(const PrecisionLaw& law, double noise, std::uint64_t seed) {
  std::vector<ScalingRun> runs;
  const auto add = [&](double parameters, double tokens, std::optional<double> w, std::optional<double> a,
                       std::optional<double> kv) {
    const ScalingSetting setting{.parameters = parameters, .tokens = tokens, .bits = {w, a, kv}, .post = {}};
    runs.push_back({setting, training_loss(law, setting) * std::exp(noise * normal(seed, runs.size()))});
  };
  for (const double parameters : {30e6, 60e6, 110e6, 220e6})
    for (const double tokens : {1.5e9, 3e9, 6e9, 13e9, 26e9}) {
      add(parameters, tokens, {}, {}, {});
      for (const double bits : {3, 4, 5, 6, 7, 8, 12}) {
        add(parameters, tokens, bits, {}, {});
        if (bits < 4) continue;
        add(parameters, tokens, {}, bits, {});
        add(parameters, tokens, {}, {}, bits);
        add(parameters, tokens, bits, bits, bits);
      }
    }
  return runs;
}

/// How many of the constants' intervals cover what the runs were made from.
int covered(const ScalingFit& fit, const PrecisionLaw& law) {
  const std::vector<double> truth = {std::exp(law.log_a), std::exp(law.log_b), law.floor,      law.alpha,
                                     law.roles[0].g,      law.roles[0].n,      law.roles[1].g, law.roles[1].n,
                                     law.roles[2].g,      law.roles[2].n};
  REQUIRE(fit.constants.size() == truth.size());
  int count = 0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    count += fit.constants[i].low <= truth[i] && truth[i] <= fit.constants[i].high ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("published constants: seven bits with the offsets, half of that without") {
  const PrecisionLaw law = published_law();
  CHECK(best_bits(law) == Approx(7.0).epsilon(0.002));
  CHECK(best_bits(without_offsets(law)) == Approx(3.47).epsilon(0.002));
  const std::array<double, 8> bits = {3, 4, 5, 6, 7, 8, 12, 16},
                              share = {0, .191, .427, .611, .740, .828, .967, .994};
  for (std::size_t i = 0; i < bits.size(); ++i)
    CHECK(effective_share(law,
                          {.parameters = 1, .tokens = 1, .bits = {bits[i], bits[i], bits[i]}, .post = {}}) ==
          Approx(share[i]).epsilon(0.01));
  CHECK(critical_tokens(law, 30e6, 3) == Approx(5.3e9).epsilon(0.02));
  CHECK(critical_tokens(without_offsets(law), 30e6, 4) == Approx(8.9e10).epsilon(0.02));
}

TEST_CASE(
    "the best bits at fixed compute maximise f(P)/P for any exponent, and more compute asks for more bits at "
    "fixed N") {
  PrecisionLaw law = published_law();
  const double joint = best_bits(law);
  for (const double alpha : {0.2, 0.5, 0.9}) {
    law.alpha = alpha;
    double least = 1e300, at = 0;
    for (double bits = 4; bits < 12; bits += 0.125) {
      const double loss = training_loss(law, best_split(law, 1e20, bits));
      if (loss < least) {
        least = loss;
        at = bits;
      }
    }
    CHECK(std::abs(at - joint) <= 0.13);
  }
  law = published_law();
  CHECK(best_bits_at(law, 1e8, 1e22) > best_bits_at(law, 1e8, 1e19));
}

TEST_CASE("quantising after training: overtraining hurts beyond the critical tokens, and nowhere else") {
  const PrecisionLaw law = published_law();
  const double critical = critical_tokens(law, 30e6, 4);
  const auto loss = [&](double tokens) {
    const ScalingSetting setting{.parameters = 30e6, .tokens = tokens, .bits = {}, .post = 4};
    return training_loss(law, setting) + post_training_loss(law, setting);
  };
  CHECK(loss(critical) < loss(critical * 1.05));
  CHECK(loss(critical) < loss(critical / 1.05));
  const ScalingSetting both{.parameters = 30e6, .tokens = 1e9, .bits = {8, {}, {}}, .post = 4};
  CHECK_THROWS_AS(post_training_loss(law, both), roundoff::formats::UsageError);
}

TEST_CASE("a fit finds the constants that runs were made from, and says what they do not tell") {
  const PrecisionLaw law = published_law();
  const int seeds = std::getenv("ROUNDOFF_LONG") != nullptr ? 20 : 2;
  ScalingFitOptions options;
  options.starts = seeds > 2 ? 40 : 8;
  options.resamples = 100;
  int inside = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    options.seed = static_cast<std::uint64_t>(seed);
    const ScalingFit fit = fit_scaling(grid(law, 0.002, options.seed), options);
    inside += covered(fit, law);
    CHECK(fit.r_squared > 0.95);
    CHECK(fit.best_bits.value == Approx(7.0).epsilon(0.03));
  }
  CHECK(inside >= 0.85 * 10 * seeds);
  const ScalingFit noisy = fit_scaling(grid(law, 0.01, 1), options);
  CHECK(std::any_of(noisy.constants.begin(), noisy.constants.end(),
                    [](const auto& c) { return !c.identified; }));
}

TEST_CASE("runs are read by the names of their columns, and errors name the line") {
  const auto runs = parse_runs("loss,D,N,P_post,host\n3.5,1e9,3e7,,a\n3.7,1e9,3e7,4,b\n\n", "runs.csv");
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].setting.parameters == 3e7);
  CHECK_FALSE(runs[0].setting.post);
  CHECK(runs[1].setting.post == 4);
  for (const char* text : {"", "N,D\n1,2\n", "N,D,loss,N\n", "N,D,loss\n1,2\n", "N,D,loss\n1,2,x\n",
                           "N,D,loss\n1,2,-3\n", "N,D,loss\n1,2,3,4\n", "N,D,loss\n1,2,nan\n"})
    CHECK_THROWS_AS(parse_runs(text, "runs.csv"), roundoff::formats::FileError);
}
