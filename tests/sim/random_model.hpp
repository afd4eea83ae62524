// Small random transformers for tests: sparse small weights that a format can mostly hold, one to three
// layers, any mixture of blocks. A function of the seed alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "formats/format.hpp"
#include "sim/model/model.hpp"
#include "sim/program/program.hpp"

namespace roundoff::sim {

/// A counter-based stream: draw j of stream `seed` is a function of (seed, j) only.
class TestStream {
 public:
  explicit TestStream(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t word() {
    std::uint64_t z = seed_ * 0xd6e8feb86659fd93ULL + (++counter_) * 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// 0 .. below-1 (bias below 2^-50 for the small bounds of tests).
  int below(int bound) { return static_cast<int>(word() % static_cast<std::uint64_t>(bound)); }
  int between(int low, int high) { return low + below(high - low + 1); }

 private:
  std::uint64_t seed_, counter_ = 0;
};

struct RandomModel {
  Model model;
  SequenceShape shape;
};

/// Weights are half zeros, else +-1, +-2, +-1/2, or the format's largest magnitude.
/// `rich` adds the optional blocks: norms, grouped queries, gates, slopes, masks, rotary positions, other
/// attention weights, projections, the arg min.
inline RandomModel random_model(std::uint64_t seed, const Format& format, bool rich = false) {
  TestStream draw(seed);
  const auto weight = [&]() -> Value {
    switch (draw.below(12)) {
      case 0:
      case 1:
      case 2:
        return Value::integer(1);
      case 3:
      case 4:
        return Value::integer(-1);
      case 5:
        return Value::scaled(draw.below(2) != 0, 1, 1);
      case 6:
        return Value::scaled(draw.below(2) != 0, 1, -1);
      case 7:
        return draw.below(4) == 0 ? negated(format.highest) : Value::zero();
      default:
        return Value::zero();
    }
  };
  const auto matrix = [&](int rows, int columns) {
    Matrix m(rows, columns);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) m.set(r, c, weight());
    return m;
  };
  const auto linear = [&](int rows, int columns) {
    Linear map{matrix(rows, columns), {}};
    if (draw.below(2)) {
      map.bias.emplace();
      for (int r = 0; r < rows; ++r) map.bias->push_back(weight());
    }
    if (rich && draw.below(6) == 0) {
      const int rank = draw.between(1, 3);
      map.factor = matrix(rank, columns);
      map.weight = matrix(rows, rank);
    }
    return map;
  };
  const auto norm = [&](std::optional<Norm>& into, int width) {
    if (!rich || draw.below(2)) return;
    into.emplace();
    into->kind = draw.below(2) ? Norm::rms : Norm::layer;
    into->epsilon = Value::scaled(false, 1, -2);
    const auto vector = [&] {
      Vector v;
      for (int r = 0; r < width; ++r) v.push_back(weight());
      return v;
    };
    if (draw.below(2)) into->weight = vector();
    if (draw.below(2)) into->bias = vector();
    into->one_plus = draw.below(3) == 0;
  };
  RandomModel random;
  const int vocabulary = draw.between(2, 4), positions = draw.between(3, 6);
  int d = draw.between(2, 5);
  for (int t = 0; t < vocabulary; ++t) random.model.vocabulary.push_back(std::to_string(t));
  random.model.name = "random";
  random.model.token_embedding = matrix(vocabulary, d);
  random.model.position_embedding = matrix(positions, d);
  const int layers = draw.between(1, 3);
  for (int l = 0; l < layers; ++l) {
    Layer layer;
    const int blocks = draw.between(1, 3);
    if (rich && draw.below(3) == 0) {
      const int wider = draw.between(2, 5);
      layer.projection = linear(wider, d);
      d = wider;
    }
    if (blocks & 1) {
      Attention attention;
      attention.heads = draw.between(1, 2);
      const int d_k = draw.between(1, 3), d_v = draw.between(1, 3);
      if (rich) attention.key_heads = draw.between(1, attention.heads);
      attention.query = linear(attention.heads * d_k, d);
      attention.key = linear(attention.groups() * d_k, d);
      attention.value = linear(attention.groups() * d_v, d);
      attention.output = linear(d, attention.heads * d_v);
      if (draw.below(3) == 0) attention.scale = Value::scaled(false, 1, -1);
      if (rich) {
        if (draw.below(3) == 0) attention.slopes = Vector{Value::scaled(false, 1, -1), Value::integer(-1)};
        if (attention.slopes) attention.slopes->resize(static_cast<std::size_t>(attention.heads));
        if (draw.below(3) == 0)
          for (int h = 0; h < attention.heads; ++h) attention.mask.push_back(matrix(positions, positions));
        attention.whole_norms = draw.below(3) == 0;
        norm(attention.query_norm, attention.whole_norms ? attention.heads * d_k : d_k);
        norm(attention.key_norm, attention.whole_norms ? attention.groups() * d_k : d_k);
        if (draw.below(3) == 0) attention.window = draw.between(1, 3);
        if (draw.below(4) == 0) attention.cap = Value::scaled(false, 3, -1);
        attention.divides = attention.scale && draw.below(2) != 0;
        attention.weighting = static_cast<Weighting>(draw.below(6));
        if (d_k >= 2 && draw.below(2)) {
          attention.rotary.emplace();
          attention.rotary->interleaved = draw.below(2) != 0;
          attention.rotary->periodic = draw.below(2) != 0;
          attention.rotary->rate = {Value::scaled(false, 5, draw.between(-2, 1))};
          if (draw.below(3) == 0) attention.rotary->amplitude = Value::scaled(false, 3, -1);
          if (draw.below(2)) attention.rotary->phase = {Value::integer(-1)};
          if (draw.below(2))
            for (int h = 0; h < attention.heads; ++h) attention.rotary->phase.push_back(Value::integer(h));
          if (attention.rotary->phase.size() > static_cast<std::size_t>(attention.heads))
            attention.rotary->phase.resize(1);
        }
      }
      layer.attention = std::move(attention);
    }
    if (blocks & 2) {
      constexpr Activation activations[] = {Activation::relu,      Activation::relu, Activation::gelu,
                                            Activation::gelu_tanh, Activation::silu, Activation::identity};
      const int units = draw.between(1, 5);
      layer.feed_forward = FeedForward{linear(units, d), linear(d, units), {}, activations[draw.below(6)]};
      if (rich && draw.below(2)) layer.feed_forward->gate = linear(units, d);
    }
    for (auto* place : {&layer.before_attention, &layer.after_attention, &layer.before_feed_forward,
                        &layer.after_feed_forward, &layer.of_attention, &layer.of_feed_forward})
      norm(*place, d);
    if (rich && layer.attention && layer.feed_forward && !layer.after_attention && draw.below(2)) {
      layer.parallel = true;
    } else if (rich && draw.below(3) == 0) {
      layer.keep = Value::scaled(false, 3, -2);
      if (draw.below(2)) layer.add = Value::scaled(true, 1, -1);
    }
    random.model.layers.push_back(std::move(layer));
  }
  norm(random.model.final_norm, d);
  random.model.unembedding = linear(vocabulary, d);
  random.model.arg_min = rich && format.lowest == negated(format.highest) && draw.below(3) == 0;
  if (rich && draw.below(4) == 0) random.model.embedding_scale = Value::scaled(false, 3, -1);
  if (rich && draw.below(4) == 0) random.model.logit_cap = Value::integer(2);
  if (rich && draw.below(4) == 0) random.model.candidates = draw.between(1, vocabulary);
  random.shape.vocabulary = vocabulary;
  random.shape.one_pass = true;
  for (int i = 0; i < positions; ++i) {
    std::vector<Token> allowed;
    for (int t = 0; t < vocabulary; ++t)
      if (draw.below(3)) allowed.push_back(static_cast<Token>(t));
    if (allowed.empty()) allowed.push_back(static_cast<Token>(draw.below(vocabulary)));
    random.shape.tokens.push_back(std::move(allowed));
  }
  random.shape.first_output = draw.below(positions);
  return random;
}

/// A token sequence that the shape allows.
inline std::vector<Token> random_tokens(const SequenceShape& shape, std::uint64_t seed) {
  TestStream draw(seed ^ 0x5bd1e995);
  std::vector<Token> tokens;
  for (const auto& allowed : shape.tokens)
    tokens.push_back(allowed[static_cast<std::size_t>(draw.below(static_cast<int>(allowed.size())))]);
  return tokens;
}

}  // namespace roundoff::sim
