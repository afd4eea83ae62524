#include "analyzer/precision/compare.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {

namespace {

constexpr double most_bytes = 8.0 * (1u << 30);
constexpr std::size_t most_flips = 100;

double margin_of(std::span<const double> logits) {
  double first = -std::numeric_limits<double>::infinity(), second = first;
  for (const double logit : logits) {
    if (logit > first)
      second = first, first = logit;
    else if (logit > second)
      second = logit;
  }
  return first == second ? 0 : first - second;
}

struct Norms {
  double difference = 0, size = 0;
  void add(double a, double b) {
    difference += (a - b) * (a - b);
    size += a * a;
  }
  double relative() const { return size == 0 ? (difference == 0 ? 0 : 1) : std::sqrt(difference / size); }
};

}  // namespace

PolicyRun run_policy(const Model& model, const Policy& policy, const TokenBlocks& blocks,
                     const PrecisionOptions& options) {
  PolicyRun made;
  made.vocabulary = static_cast<std::size_t>(model.unembedding.weight.rows());
  double numbers = 0;
  for (const std::vector<Token>& block : blocks)
    numbers += static_cast<double>(block.size() * made.vocabulary);
  if (numbers * sizeof(double) > most_bytes)
    throw UsageError(
        fmt::format("the probabilities of all tokens at {} positions take {:.0f} GiB; give at most {} "
                    "tokens of text at a time",
                    numbers / static_cast<double>(made.vocabulary), numbers * 8 / (1u << 30),
                    static_cast<std::int64_t>(most_bytes / 8 / static_cast<double>(made.vocabulary))));
  made.blocks.resize(blocks.size());
  TensorRun run(model, policy, options.tensors);
  const Likelihood likelihood;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> row;
  if (options.drift)
    run.watch_stream([&](int layer, std::span<const Feed> feeds, std::span<const double> x) {
      std::size_t lanes = 0;
      for (const Feed& feed : feeds) lanes += feed.tokens.size();
      const std::size_t width = x.size() / lanes;
      std::size_t lane = 0;
      for (const Feed& feed : feeds) {
        const auto b = static_cast<std::size_t>(feed.sequence);
        PolicyRun::Block& block = made.blocks[b];
        const auto l = static_cast<std::size_t>(layer + 1);
        if (block.streams.size() <= l) block.streams.resize(l + 1);
        block.streams[l].resize(width * blocks[b].size());
        for (std::size_t t = 0; t < feed.tokens.size(); ++t, ++lane)
          for (std::size_t r = 0; r < width; ++r)
            block.streams[l][r * blocks[b].size() + static_cast<std::size_t>(feed.first) + t] =
                x[r * lanes + lane];
      }
    });
  run.run_blocks(blocks, 0, [&](const Outlook& outlook) {
    PolicyRun::Block& block = made.blocks[static_cast<std::size_t>(outlook.sequence)];
    block.next.push_back(outlook.next);
    block.margin.push_back(margin_of(outlook.logits));
    if (!likelihood.log_softmax(outlook.logits, row)) row.assign(made.vocabulary, nan);
    block.log_probabilities.insert(block.log_probabilities.end(), row.begin(), row.end());
  });
  made.statistics = run.statistics();
  return made;
}

Comparison compare(const PolicyRun& a, const PolicyRun& b, const TokenBlocks& blocks) {
  Comparison made;
  const Likelihood likelihood;
  std::vector<double> losses_a, losses_b, differences, divergences;
  std::vector<std::int64_t> counted;
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const PolicyRun::Block &x = a.blocks[k], &y = b.blocks[k];
    double loss_a = 0, loss_b = 0, divergence = 0;
    std::int64_t targets = 0, compared = 0;
    for (std::size_t i = 0; i < blocks[k].size(); ++i) {
      ++made.tokens;
      made.ties_a += x.margin[i] == 0 ? 1 : 0;
      made.ties_b += y.margin[i] == 0 ? 1 : 0;
      if (x.next[i] != y.next[i]) {
        ++made.flips;
        if (made.first_flips.size() < most_flips)
          made.first_flips.push_back(
              {static_cast<int>(k), static_cast<int>(i), x.next[i], y.next[i], x.margin[i], y.margin[i]});
      }
      const std::span<const double> p(x.log_probabilities.data() + i * a.vocabulary, a.vocabulary);
      const std::span<const double> q(y.log_probabilities.data() + i * b.vocabulary, b.vocabulary);
      const bool lost_a = p[0] != p[0], lost_b = q[0] != q[0];
      made.lost_a += lost_a ? 1 : 0, made.lost_b += lost_b ? 1 : 0;
      if (lost_a || lost_b) continue;
      const double kl = likelihood.divergence(p, q);
      divergence += kl;
      ++compared;
      if (kl > made.worst_divergence)
        made.worst_divergence = kl, made.worst_block = static_cast<int>(k),
        made.worst_position = static_cast<int>(i);
      if (made.divergence_by_position.size() <= i)
        made.divergence_by_position.resize(i + 1), counted.resize(i + 1);
      made.divergence_by_position[i] += kl;
      ++counted[i];
      if (i + 1 == blocks[k].size()) continue;
      const auto target = static_cast<std::size_t>(blocks[k][i + 1]);
      loss_a -= p[target], loss_b -= q[target];
      ++targets;
    }
    if (compared > 0) divergences.push_back(divergence / static_cast<double>(compared));
    if (targets == 0) continue;
    made.targets += targets;
    losses_a.push_back(loss_a / static_cast<double>(targets));
    losses_b.push_back(loss_b / static_cast<double>(targets));
    differences.push_back(losses_b.back() - losses_a.back());
  }
  for (std::size_t i = 0; i < counted.size(); ++i)
    if (counted[i] > 0) made.divergence_by_position[i] /= static_cast<double>(counted[i]);
  made.loss_a = estimate(losses_a), made.loss_b = estimate(losses_b);
  made.loss_difference = estimate(differences), made.divergence = estimate(divergences);
  made.perplexity_a = likelihood.exp(made.loss_a.mean), made.perplexity_b = likelihood.exp(made.loss_b.mean);

  const std::size_t layers = a.blocks.empty() ? 0 : a.blocks[0].streams.size();
  for (std::size_t l = 0; l < layers; ++l) {
    Drift drift{static_cast<int>(l) - 1, 0, 0};
    Norms all;
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      const std::size_t positions = blocks[k].size();
      const std::vector<double>&x = a.blocks[k].streams[l], &y = b.blocks[k].streams[l];
      for (std::size_t i = 0; i < positions; ++i) {
        Norms one;
        for (std::size_t r = i; r < x.size(); r += positions) one.add(x[r], y[r]), all.add(x[r], y[r]);
        drift.worst = std::max(drift.worst, one.relative());
      }
    }
    drift.relative = all.relative();
    made.drift.push_back(drift);
  }
  return made;
}

}  // namespace roundoff::analyzer
