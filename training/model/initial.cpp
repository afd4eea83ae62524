#include "training/model/initial.hpp"

#include <cmath>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/random.hpp"

namespace roundoff::training {

namespace {

class Normal {
 public:
  explicit Normal(std::uint64_t seed) : seed_(seed) {}
  double next() {
    std::int64_t sum = 0;
    for (std::uint64_t part = 0; part < 3; ++part) {
      std::uint64_t bits = random_bits(seed_, 0x696e6974, index_++);
      for (; bits != 0; bits >>= 16) sum += static_cast<std::int64_t>(bits & 0xffff);
    }
    return static_cast<double>(2 * sum - 12 * 65535) / 131072;
  }
  Matrix matrix(int rows, int columns, double deviation) {
    Matrix made(rows, columns);
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < columns; ++c) made.set(r, c, Value::of(next() * deviation));
    return made;
  }

 private:
  std::uint64_t seed_, index_ = 0;
};

}  // namespace

Model initial_model(const ModelSpec& spec, const std::vector<std::string>& vocabulary, std::size_t positions,
                    std::uint64_t seed) {
  if (spec.layers < 1 || spec.d_model < 1 || spec.heads < 1 || spec.d_ff < 0)
    throw UsageError("a model needs at least one layer, one head and one dimension");
  if (spec.d_model % spec.heads != 0)
    throw UsageError(fmt::format("d_model = {} is no multiple of heads = {}", spec.d_model, spec.heads));
  const int d = spec.d_model, units = spec.d_ff == 0 ? 4 * d : spec.d_ff,
            tokens = static_cast<int>(vocabulary.size());
  Normal normal(seed);
  const auto linear = [&](int rows, int columns, double shrink = 1) {
    Linear map{normal.matrix(rows, columns, shrink / std::sqrt(columns)), {}};
    if (spec.biases) map.bias = Vector(static_cast<std::size_t>(rows), Value::zero());
    return map;
  };
  const auto norm = [&]() -> std::optional<Norm> {
    if (!spec.norm) return std::nullopt;
    Norm made{*spec.norm,
              Value::of(0x1.4f8b588e368f1p-17),
              Vector(static_cast<std::size_t>(d), Value::integer(1)),
              {}};  // 1e-5
    if (spec.biases) made.bias = Vector(static_cast<std::size_t>(d), Value::zero());
    return made;
  };
  const double branch = 1 / std::sqrt(2.0 * spec.layers);
  Model model;
  model.name = "trained";
  model.vocabulary = vocabulary;
  model.token_embedding = normal.matrix(tokens, d, 0.06);
  model.position_embedding = normal.matrix(static_cast<int>(positions), d, 0.06);
  for (int l = 0; l < spec.layers; ++l) {
    Layer& layer = model.layers.emplace_back();
    layer.before_attention = norm();
    Attention attention;
    attention.heads = spec.heads;
    attention.query = linear(d, d);
    attention.key = linear(d, d);
    attention.value = linear(d, d);
    attention.output = linear(d, d, branch);
    attention.scale = Value::of(1 / std::sqrt(static_cast<double>(d / spec.heads)));
    layer.attention = std::move(attention);
    layer.before_feed_forward = norm();
    FeedForward ff{linear(units, d), linear(d, units, branch), {}, spec.activation};
    if (spec.gated) ff.gate = linear(units, d);
    layer.feed_forward = std::move(ff);
  }
  model.final_norm = norm();
  model.tied = spec.tied;
  model.unembedding.weight = spec.tied ? model.token_embedding : normal.matrix(tokens, d, 1 / std::sqrt(d));
  return model;
}

}  // namespace roundoff::training
