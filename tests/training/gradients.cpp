// Gradients of every block against central differences of the loss, in binary64: the same code as in any other format.
#include <cmath>

#include "training/exact/trained.hpp"
#include <doctest/doctest.h>

#include "tests/training/dense_model.hpp"

namespace roundoff::training {
namespace {

struct Difference {
  double value = 0;
  bool smooth = true;
};

/// Of the loss by parameter i: two central differences, extrapolated. Not smooth where they disagree: a kink of relu is near.
Difference difference(ExactTraining& training, const Batch& batch, std::size_t i) {
  Tensor& master = training.state().master;
  const Number& number = master.kept->number();
  const double at = to_double(master.value(0, i));
  const auto loss = [&](double x) {
    number.store(Value::of(x), master.at(0, i));
    const double result = training.loss(batch);
    number.store(Value::of(at), master.at(0, i));
    return result;
  };
  const auto central = [&](double h) { return (loss(at + h) - loss(at - h)) / (2 * h); };
  const double wide = central(0x1p-9), narrow = central(0x1p-10);
  return {(4 * narrow - wide) / 3, std::abs(wide - narrow) < 1e-4 * (1 + std::abs(wide))};
}

void check_gradients(const DenseShape& shape, std::uint64_t seed) {
  const Model model = dense_model(shape, seed);
  const Batch batch = dense_batch(shape, seed);
  ExactTraining training(model, TrainingPolicy::uniform(parse_format("binary64")), {}, 10, 1);
  const auto result = training.gradients(batch, 1);
  std::size_t checked = 0, kinks = 0;
  for (std::size_t p = 0; p < training.plan().parameters.size(); ++p) {
    const Parameter& parameter = training.plan().parameters[p];
    for (std::size_t r = 0; r < parameter.rows; ++r)
      for (std::size_t c = 0; c < parameter.columns; ++c) {
        if ((r * 7 + c * 3 + p) % 3 != 0) continue;  // a third of them
        const double gradient = to_double(result.gradients[p].value(r, c));
        const Difference found = difference(training, batch, parameter.first + r * parameter.columns + c);
        if (!found.smooth) {
          ++kinks;
          continue;
        }
        ++checked;
        INFO(parameter.name, " ", r, " ", c, ": ", gradient, " against ", found.value);
        CHECK(std::abs(gradient - found.value) <= 1e-6 * std::max(std::abs(gradient), 1e-3));
      }
  }
  CHECK(checked > 30);
  CHECK(kinks * 20 <= checked);
}

TEST_CASE("gradients agree with central differences to six digits") {
  DenseShape shape;
  SUBCASE("RMS norms, gelu") {}
  SUBCASE("layer norms with biases, silu") {
    shape.norm = Norm::layer;
    shape.norm_bias = true;
    shape.activation = Activation::silu;
  }
  SUBCASE("gated units, grouped queries, tied embeddings, no biases") {
    shape.gated = true;
    shape.groups = 1;
    shape.tied = true;
    shape.biases = false;
    shape.activation = Activation::gelu_tanh;
  }
  SUBCASE("relu, no norms, no scale, two layers") {
    shape.norm.reset();
    shape.activation = Activation::relu;
    shape.scale = false;
    shape.layers = 2;
  }
  SUBCASE("norms after the residual, without weights") {
    shape.after = true;
    shape.norm_weight = false;
    shape.activation = Activation::identity;
  }
  check_gradients(shape, 3);
}

TEST_CASE("plain softmax has the same gradients") {
  const DenseShape shape;
  const Model model = dense_model(shape, 9);
  const Batch batch = dense_batch(shape, 9);
  TrainingPolicy policy = TrainingPolicy::uniform(parse_format("binary64"));
  ExactTraining stable(model, policy, {}, 10, 1);
  policy.model.softmax = Softmax::plain;
  ExactTraining plain(model, policy, {}, 10, 1);
  const auto a = stable.gradients(batch, 1), b = plain.gradients(batch, 1);
  for (std::size_t p = 0; p < a.gradients.size(); ++p)
    for (std::size_t r = 0; r < a.gradients[p].rows; ++r)
      for (std::size_t c = 0; c < a.gradients[p].lanes; ++c)
        CHECK(to_double(a.gradients[p].value(r, c)) ==
              doctest::Approx(to_double(b.gradients[p].value(r, c))).epsilon(1e-9));
}

}  // namespace
}  // namespace roundoff::training
