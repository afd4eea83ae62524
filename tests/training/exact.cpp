// Exact training: the same bits as an independent slow implementation, as the forward pass of a recorded model, and for any
// number of threads.
#include "training/exact/trained.hpp"
#include <doctest/doctest.h>

#include "sim/tensors/run.hpp"
#include "tests/training/dense_model.hpp"
#include "tests/training/witness.hpp"

namespace roundoff::training {
namespace {

struct Case {
  const char* name;
  const char* format;                                       ///< of all roles
  std::vector<std::pair<TrainingRole, const char*>> roles;  ///< but these
  const char* order = "sequential";
  DotMode dot = DotMode::rounded;
  Softmax softmax = Softmax::stable;
};

TrainingPolicy policy_of(const Case& c) {
  TrainingPolicy policy = TrainingPolicy::uniform(parse_format(c.format));
  for (const auto& [role, format] : c.roles) policy[role] = parse_format(format);
  policy.model.order = parse_order(c.order);
  policy.model.dot = c.dot;
  policy.model.softmax = c.softmax;
  return policy;
}

using R = TrainingRole;
const std::vector<Case> cases = {
    {"bfloat16", "bfloat16", {}},
    {"binary64", "binary64", {}},
    {"bfloat16, sums and weights in binary32",
     "bfloat16",
     {{R::accumulators, "binary32"},
      {R::master, "binary32"},
      {R::moments, "binary32"},
      {R::loss, "binary32"}}},
    {"bfloat16, stochastic weights", "bfloat16", {{R::master, "bfloat16:sr(7)"}}},
    {"all stochastic", "float(6,9):sr(3)", {}},
    {"e4m3 beside others",
     "e4m3",
     {{R::accumulators, "binary16"},
      {R::gradients, "e5m2:sr(11)"},
      {R::master, "binary32"},
      {R::moments, "bfloat16"},
      {R::loss, "binary32"},
      {R::norms, "binary16"}}},
    {"fixed point", "fixed(6,16)", {}},
    {"fused", "float(7,12)", {}, "sequential", DotMode::fused},
    {"tree", "float(7,12):rtz", {}, "tree"},
    {"blocked, plain softmax",
     "bfloat16",
     {{R::scores, "float(8,6):rna"}},
     "blocked:3",
     DotMode::rounded,
     Softmax::plain},
    {"wide sums", "e5m2", {{R::master, "float(8,14):sr(5)"}, {R::moments, "binary32:rup"}}, "wide:binary32"},
};

void check_steps(const Case& c, const DenseShape& shape, std::uint64_t seed) {
  const Model model = dense_model(shape, seed);
  const TrainingPolicy policy = policy_of(c);
  OptimiserOptions options;
  options.schedule = OptimiserOptions::constant;
  options.rate = "0.01";
  options.epsilon = "0.001";  // which fixed(6,16) does not round to 0
  options.loss_scale = "4";
  ExactTraining training(model, policy, options, 10, 2);
  Witness witness(model, policy);
  witness.loss_scale = Value::integer(4);
  int different = 0;
  std::uint64_t compared = 0;
  for (std::uint64_t step = 1; step <= 2; ++step) {
    const Batch batch = dense_batch(shape, seed + step, {3, 5, 3});
    const StepResult done = training.step(batch, step);
    REQUIRE_FALSE(done.updated.skipped);
    witness.step(batch, step);
    witness.update(step, options.rate, options.beta1, options.beta2, options.epsilon, options.loss_scale);
    CHECK(done.loss == to_double(witness.loss));
    std::size_t i = 0;
    for (const std::string& name : witness.order)
      for (std::size_t r = 0; r < witness.master[name].size(); ++r)
        for (std::size_t k = 0; k < witness.master[name][r].size(); ++k, ++i) {
          const State& state = training.state();
          const bool same = state.master.value(0, i) == witness.master[name][r][k] &&
                            state.first.value(0, i) == witness.first[name][r][k] &&
                            state.second.value(0, i) == witness.second[name][r][k];
          if (!same && ++different == 1)
            FAIL_CHECK(c.name << ": " << name << " " << r << " " << k << " at step " << step);
          ++compared;
        }
    REQUIRE(i == training.plan().count);
  }
  CHECK(different == 0);
  CHECK(compared > 100);
}

TEST_CASE("a step of exact training has the bits of a slow implementation") {
  DenseShape shape;
  shape.layers = 2;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    check_steps(c, shape, 5);
  }
}

TEST_CASE("a step of exact training has the bits of a slow implementation, for other blocks") {
  DenseShape gated;
  gated.gated = true;
  gated.groups = 1;
  gated.tied = true;
  gated.biases = false;
  gated.activation = Activation::silu;
  DenseShape layered;
  layered.norm = Norm::layer;
  layered.norm_bias = true;
  layered.activation = Activation::relu;
  layered.after = true;
  layered.scale = false;
  for (const std::size_t k : {0, 3, 5}) {
    CAPTURE(cases[k].name);
    check_steps(cases[k], gated, 11);
    check_steps(cases[k], layered, 12);
  }
}

TEST_CASE("the forward pass of training has the bits of a run") {
  DenseShape shape;
  shape.gated = true;
  for (const Case& c : cases) {
    const TrainingPolicy policy = policy_of(c);
    bool draws = false;
    for (const Format& format : policy.model.formats) draws = draws || format.is_stochastic();
    if (draws) continue;  // random bits are numbered by other places there
    CAPTURE(c.name);
    const Model model = dense_model(shape, 21);
    ExactTraining training(model, policy, {}, 10, 1);
    const Batch batch = dense_batch(shape, 21, {4, 6});
    const Tensor logits = training.logits(batch);
    const Model trained = training.model();
    sim::TensorOptions options;
    options.threads = 1;
    sim::TensorRun run(trained, policy.model, options);
    std::vector<Feed> feeds;
    for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
      const auto& [first, length] = batch.sequences[s];
      feeds.push_back(
          {static_cast<int>(s), 0,
           std::vector<Token>(batch.tokens.begin() + static_cast<std::ptrdiff_t>(first),
                              batch.tokens.begin() + static_cast<std::ptrdiff_t>(first + length))});
    }
    std::size_t told = 0;
    run.run(feeds, [&](const sim::Outlook& outlook) {
      const std::size_t lane = batch.sequences[static_cast<std::size_t>(outlook.sequence)].first +
                               static_cast<std::size_t>(outlook.position);
      for (std::size_t v = 0; v < outlook.logits.size(); ++v)
        CHECK(Value::of(outlook.logits[v]) == logits.value(v, lane));
      ++told;
    });
    CHECK(told == batch.lanes());
  }
}

TEST_CASE("threads change no bit of a step") {
  DenseShape shape;
  const Model model = dense_model(shape, 31);
  const TrainingPolicy policy = policy_of(cases[5]);
  ExactTraining one(model, policy, {}, 10, 1), three(model, policy, {}, 10, 3);
  for (std::uint64_t step = 1; step <= 3; ++step) {
    const Batch batch = dense_batch(shape, step);
    CHECK(one.step(batch, step).loss == three.step(batch, step).loss);
  }
  CHECK(one.model() == three.model());
}

}  // namespace
}  // namespace roundoff::training
