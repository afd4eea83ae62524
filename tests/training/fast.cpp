// The fast tier: near to the exact one in binary32, with the same fake quantisation.
#include "training/exact/trained.hpp"
#include "training/fast/trained.hpp"
#include "training/run.hpp"
#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "tests/training/dense_model.hpp"

namespace roundoff::training {
namespace {

TEST_CASE("the fast tier is near to the exact one in binary32, and has its quantisers") {
  DenseShape shape;
  shape.gated = true;
  shape.groups = 1;
  shape.layers = 2;
  DenseShape layered;
  layered.norm = Norm::layer;
  layered.tied = true;
  layered.activation = Activation::silu;
  for (const DenseShape& at : {shape, layered})
    for (const char* quantiser : {"", "int8/16", "int4/3"}) {
      CAPTURE(quantiser);
      TrainingPolicy policy = TrainingPolicy::uniform(parse_format("binary32"));
      policy.model.quantisers = {quantiser, quantiser, quantiser};
      const Model model = dense_model(at, 3);
      ExactTraining exact(model, policy, {}, 10, 1);
      FastTraining fast(model, policy, {}, 10, 1);
      // (Where a gradient is 0 but for rounding, Adam's first updates are as large as any other, of either sign.)
      for (std::uint64_t step = 1; step <= 3; ++step) {
        const Batch batch = dense_batch(at, step);
        CHECK(exact.step(batch, step).loss ==
              doctest::Approx(fast.step(batch, step).loss).epsilon(step == 1 ? 1e-5 : 2e-2));
      }
    }
}

TEST_CASE("formats by role in the fast tier") {
  const DenseShape shape;
  const Model model = dense_model(shape, 4);
  TrainingPolicy policy = TrainingPolicy::uniform(parse_format("bfloat16"));
  policy[TrainingRole::accumulators] = parse_format("binary32");
  ExactTraining exact(model, policy, {}, 10, 1);
  FastTraining fast(model, policy, {}, 10, 2);
  const Batch batch = dense_batch(shape, 1);
  CHECK(exact.step(batch, 1).loss == doctest::Approx(fast.step(batch, 1).loss).epsilon(0.02));
  for (const char* refused : {"fixed(4,8)", "bfloat16:sr(3)", "binary64"}) {
    policy[TrainingRole::weights] = parse_format(refused);
    CHECK_THROWS_AS(FastTraining(model, policy, {}, 10, 1), UsageError);
  }
}

}  // namespace
}  // namespace roundoff::training
