#include "sim/tensors/run.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::sim {

namespace {

Isa isa_of(const std::string& text) {
  if (text.empty()) return best_isa();
  std::vector<std::string_view> known;
  for (const Isa isa : {Isa::scalar, Isa::sse4, Isa::avx2, Isa::avx512}) {
    known.push_back(name(isa));
    if (name(isa) != text) continue;
    if (!supported(isa)) throw UsageError(fmt::format("this machine lacks {}", text));
    return isa;
  }
  throw UsageError(fmt::format("unknown instruction set '{}'{}", text, did_you_mean(text, known)));
}

}  // namespace

TensorRun::TensorRun(const Model& model, const Policy& policy, const TensorOptions& options)
    : model_(&model),
      options_(options),
      tape_(policy, options.threads, isa_of(options.isa)),
      transformer_(tape_, model) {}

std::size_t TensorRun::positions() const {
  auto most = std::numeric_limits<std::size_t>::max();
  const auto take = [&](const Matrix& rows) { most = std::min(most, static_cast<std::size_t>(rows.rows())); };
  if (!model_->position_embedding.empty() && !model_->periodic_positions) take(model_->position_embedding);
  for (const Layer& layer : model_->layers)
    if (layer.attention)
      for (const Matrix& mask : layer.attention->mask) take(mask);
  return most;
}

void TensorRun::trace(std::function<void(const Site&, const Value&)> told) {
  tape_.trace = std::move(told);
  options_.lanes = 1;
}

namespace {

std::size_t token_count(const std::vector<Feed>& feeds) {
  std::size_t count = 0;
  for (const Feed& feed : feeds) count += feed.tokens.size();
  return count;
}

}  // namespace

void TensorRun::require(const std::vector<Feed>& feeds) {
  for (const Feed& feed : feeds) {
    if (tape_.policy().mask == Mask::none && feed.first != 0)
      throw UsageError("under mask = none a sequence cannot be continued");
    const int end = feed.first + static_cast<int>(feed.tokens.size());
    require_positions(*model_, end);
    if (end > capacity_) capacity_ = std::max(end, capacity_ + capacity_ / 2);
    for (const Token token : feed.tokens)
      if (token >= static_cast<Token>(model_->token_embedding.rows()))
        throw UsageError(
            fmt::format("there is no token {}: the model has {}", token, model_->token_embedding.rows()));
  }
}

void TensorRun::run(const std::vector<Feed>& feeds, const Told& told) {
  require(feeds);
  std::size_t done = 0;
  run_counted(feeds, told, done, token_count(feeds));
}

void TensorRun::run_blocks(const std::vector<std::vector<Token>>& blocks, std::size_t first,
                           const Told& told) {
  std::vector<Feed> all;
  for (std::size_t b = first; b < blocks.size(); ++b) all.push_back({static_cast<int>(b), 0, blocks[b], 0});
  require(all);
  const std::size_t tokens = token_count(all);
  std::size_t done = 0;
  for (std::size_t b = 0; b < all.size();) {
    std::vector<Feed> together;
    std::size_t count = 0;
    do {
      all[b].slot = static_cast<int>(together.size());
      count += all[b].tokens.size();
      together.push_back(all[b++]);
    } while (b < all.size() && count + all[b].tokens.size() <= static_cast<std::size_t>(options_.lanes));
    run_counted(together, told, done, tokens);
  }
}

void TensorRun::run_counted(const std::vector<Feed>& feeds, const Told& told, std::size_t& done,
                            std::size_t all) {
  std::vector<Feed> now;
  std::size_t lanes = 0;
  const auto most = static_cast<std::size_t>(options_.lanes);
  for (const Feed& feed : feeds) {
    if (tape_.policy().mask == Mask::none) {  // every position sees all: a sequence goes in whole
      now.push_back(feed), lanes += feed.tokens.size();
      if (lanes >= most) flush(now, told, done, all), lanes = 0;
      continue;
    }
    for (std::size_t at = 0; at < feed.tokens.size();) {
      const std::size_t count = std::min(most - lanes, feed.tokens.size() - at);
      const auto begin = feed.tokens.begin() + static_cast<std::ptrdiff_t>(at);
      now.push_back({feed.sequence,
                     feed.first + static_cast<int>(at),
                     {begin, begin + static_cast<std::ptrdiff_t>(count)},
                     feed.slot});
      at += count, lanes += count;
      if (lanes == most) flush(now, told, done, all), lanes = 0;
    }
  }
  flush(now, told, done, all);
}

void TensorRun::flush(std::vector<Feed>& feeds, const Told& told, std::size_t& done, std::size_t all) {
  const std::size_t lanes = token_count(feeds);
  if (lanes == 0) return;
  if (options_.watch) options_.watch("tokens", static_cast<double>(done), static_cast<double>(all));
  const bool divisible = lanes > 1 && tape_.policy().mask != Mask::none;
  const std::vector<Statistics> before = divisible ? tape_.kept_statistics() : std::vector<Statistics>();
  try {
    pass(feeds, told);
  } catch (const Trap&) {
    if (!divisible) throw;
    // Once more, token by token: what comes before the trap is told, and the first trap is thrown.
    tape_.forget_since(before);
    for (const Feed& feed : feeds)
      for (std::size_t t = 0; t < feed.tokens.size(); ++t)
        pass({{feed.sequence, feed.first + static_cast<int>(t), {feed.tokens[t]}, feed.slot}}, told);
    throw;
  }
  done += lanes;
  feeds.clear();
}

void TensorRun::pass(const std::vector<Feed>& feeds, const Told& told) {
  tape_.stand_at(feeds, capacity_);
  const std::size_t n = tape_.lanes();
  std::vector<double> numbers;
  const auto show = [&](int layer, const Tensors::Entries& x) {
    if (!stream_) return;
    numbers.resize(static_cast<std::size_t>(x.count) * n);
    tape_.to_doubles(x, numbers.data());
    stream_(layer, feeds, numbers);
  };
  Tensors::Entries x = transformer_.embed(tape_);
  show(-1, x);
  for (std::size_t l = 0; l < transformer_.layers(); ++l) {
    tape_.enter_layer(static_cast<int>(l));
    x = transformer_.layer(tape_, l, std::move(x));
    show(static_cast<int>(l), x);
  }
  tape_.enter_layer(-1);
  const Tensors::Entries logits = transformer_.logits(tape_, x);
  const Tensors::Choice next = transformer_.choose(tape_, logits);
  const auto vocabulary = static_cast<std::size_t>(logits.count);
  numbers.resize(vocabulary * n);
  tape_.to_doubles(logits, numbers.data());
  std::vector<double> row(vocabulary);
  std::size_t lane = 0;
  for (const Feed& feed : feeds)
    for (std::size_t t = 0; t < feed.tokens.size(); ++t, ++lane) {
      for (std::size_t r = 0; r < vocabulary; ++r) row[r] = numbers[r * n + lane];
      told({feed.sequence, feed.first + static_cast<int>(t), next[lane], row});
    }
}

}  // namespace roundoff::sim
