// Small dense transformers and batches for tests of training; a function of the seed alone.
#pragma once

#include <functional>

#include "training/model/batch.hpp"

#include "tests/sim/random_model.hpp"

namespace roundoff::training {

/// What a model has; sizes are small.
struct DenseShape {
  int layers = 1, heads = 2, groups = 2, d_k = 2, d_v = 3, width = 4, units = 5, vocabulary = 5,
      positions = 6;
  Activation activation = Activation::gelu;
  bool gated = false, biases = true, tied = false, scale = true, after = false;
  std::optional<Norm::Kind> norm = Norm::rms;
  bool norm_weight = true, norm_bias = false;
};

inline Model dense_model(const DenseShape& shape, std::uint64_t seed) {
  TestStream draw(seed);
  const auto weight = [&](int scale) {
    return Value::scaled(draw.below(2) != 0, static_cast<u128>(draw.between(1, 255)), -8 - scale);
  };
  const auto matrix = [&](int rows, int columns) {
    Matrix m(rows, columns);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) m.set(r, c, weight(0));
    return m;
  };
  const auto linear = [&](int rows, int columns) {
    Linear map{matrix(rows, columns), {}};
    if (shape.biases) {
      map.bias.emplace();
      for (int r = 0; r < rows; ++r) map.bias->push_back(weight(1));
    }
    return map;
  };
  const auto norm = [&]() -> std::optional<Norm> {
    if (!shape.norm) return std::nullopt;
    Norm made{*shape.norm, Value::scaled(false, 1, -3), {}, {}};
    const auto vector = [&](bool around_one) {
      Vector v;
      for (int r = 0; r < shape.width; ++r)
        v.push_back(around_one ? Value::scaled(false, static_cast<u128>(draw.between(200, 300)), -8)
                               : weight(1));
      return v;
    };
    if (shape.norm_weight) made.weight = vector(true);
    if (shape.norm_bias) made.bias = vector(false);
    return made;
  };
  Model model;
  model.name = "dense";
  for (int t = 0; t < shape.vocabulary; ++t) model.vocabulary.push_back(std::to_string(t));
  model.token_embedding = matrix(shape.vocabulary, shape.width);
  model.position_embedding = matrix(shape.positions, shape.width);
  for (int l = 0; l < shape.layers; ++l) {
    Layer layer;
    layer.before_attention = norm();
    Attention attention;
    attention.heads = shape.heads;
    attention.key_heads = shape.groups;
    attention.query = linear(shape.heads * shape.d_k, shape.width);
    attention.key = linear(shape.groups * shape.d_k, shape.width);
    attention.value = linear(shape.groups * shape.d_v, shape.width);
    attention.output = linear(shape.width, shape.heads * shape.d_v);
    if (shape.scale) attention.scale = Value::scaled(false, 181, -8);
    layer.attention = std::move(attention);
    layer.before_feed_forward = norm();
    FeedForward ff{linear(shape.units, shape.width), linear(shape.width, shape.units), {}, shape.activation};
    if (shape.gated) ff.gate = linear(shape.units, shape.width);
    layer.feed_forward = std::move(ff);
    if (shape.after) {
      layer.after_attention = norm();
      layer.after_feed_forward = norm();
    }
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = norm();
  model.unembedding = linear(shape.vocabulary, shape.width);
  if (shape.tied) {
    model.tied = true;
    model.unembedding.weight = model.token_embedding;
  }
  return model;
}

/// Sequences of different lengths, some positions without a target.
inline Batch dense_batch(const DenseShape& shape, std::uint64_t seed,
                         const std::vector<int>& lengths = {4, 6, 4}) {
  TestStream draw(seed * 77 + 5);
  Batch batch;
  for (const int length : lengths) {
    std::vector<Token> tokens;
    std::vector<int> targets;
    for (int i = 0; i < length; ++i) {
      tokens.push_back(static_cast<Token>(draw.below(shape.vocabulary)));
      targets.push_back(draw.below(4) == 0 ? -1 : draw.below(shape.vocabulary));
    }
    targets.back() = draw.below(shape.vocabulary);
    batch.add(tokens, targets);
  }
  return batch;
}

}  // namespace roundoff::training
