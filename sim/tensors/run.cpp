#include "sim/tensors/run.hpp"

#include <algorithm>

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

void TensorRun::trace(std::function<void(const Site&, const Value&)> told) {
  tape_.trace = std::move(told);
  options_.lanes = 1;
}

void TensorRun::run(const std::vector<Feed>& feeds, const Told& told) {
  std::size_t all = 0, done = 0;
  for (const Feed& feed : feeds) {
    const int end = feed.first + static_cast<int>(feed.tokens.size());
    require_positions(*model_, end);
    if (end > capacity_) capacity_ = std::max(end, capacity_ + capacity_ / 2);
    all += feed.tokens.size();
    for (const Token token : feed.tokens)
      if (token >= static_cast<Token>(model_->token_embedding.rows()))
        throw UsageError(
            fmt::format("there is no token {}: the model has {}", token, model_->token_embedding.rows()));
  }
  std::vector<Feed> now;
  std::size_t lanes = 0;
  const auto flush = [&] {
    if (lanes == 0) return;
    if (options_.watch) options_.watch("tokens", static_cast<double>(done), static_cast<double>(all));
    pass(now, told);
    done += lanes;
    now.clear(), lanes = 0;
  };
  const auto most = static_cast<std::size_t>(options_.lanes);
  for (const Feed& feed : feeds) {
    if (tape_.policy().mask == Mask::none) {  // every position sees all: a sequence goes in whole
      if (feed.first != 0) throw UsageError("under mask = none a sequence cannot be continued");
      now.push_back(feed), lanes += feed.tokens.size();
      if (lanes >= most) flush();
      continue;
    }
    for (std::size_t at = 0; at < feed.tokens.size();) {
      const std::size_t count = std::min(most - lanes, feed.tokens.size() - at);
      const auto begin = feed.tokens.begin() + static_cast<std::ptrdiff_t>(at);
      now.push_back({feed.sequence,
                     feed.first + static_cast<int>(at),
                     {begin, begin + static_cast<std::ptrdiff_t>(count)}});
      at += count, lanes += count;
      if (lanes == most) flush();
    }
  }
  flush();
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
