// Layers that are repeated, and positions that are: each is the model in which they are written out.
#include "sim/model/repeat.hpp"

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/format.hpp"
#include "sim/files/model_file.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
#include "tests/sim/random_model.hpp"

using namespace roundoff::sim;

namespace {

Bindings at(std::int64_t n) {
  Bindings bindings;
  bindings.n = n;
  return bindings;
}

}  // namespace

TEST_CASE("repeated layers are written out as often as the size says, and their weights count once") {
  const Format format = parse_format("fixed(3,2)");
  int repeated = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Model model = random_model(seed, format).model;
    const Model plain = model;
    const std::size_t layers = model.layers.size();
    model.repeated = {{layers - 1, 1, "ceil(lg(n))"}};
    if (layers > 1) model.repeated.insert(model.repeated.begin(), {0, layers - 1, "2"});
    const Model long_one = unrolled(model, at(8));
    REQUIRE(long_one.layers.size() == (layers > 1 ? 2 * (layers - 1) : 0) + 3);
    CHECK(long_one.grows);
    CHECK(long_one.repeated.empty());
    CHECK(shape(long_one).parameters == shape(plain).parameters);
    std::vector<Layer> by_hand;
    for (int turn = 0; turn < 2; ++turn)
      for (std::size_t l = 0; l + 1 < layers; ++l) by_hand.push_back(plain.layers[l]);
    for (int turn = 0; turn < 3; ++turn) by_hand.push_back(plain.layers.back());
    for (std::size_t l = 0; l < by_hand.size(); ++l) {
      Layer without = long_one.layers[l];
      without.again = false;
      CHECK(without == by_hand[l]);
    }
    // Files keep repetitions; what is not written out is not run.
    ModelFile file{model, {}, ""};
    file.policy.set("format", "fixed(3,2)");
    CHECK(read_model(write_model(file), "it") == file);
    CHECK(read_safetensors(write_safetensors(file), "it") == file);
    CHECK_THROWS_AS(record(model, Policy::uniform(format), random_model(seed, format).shape), UsageError);
    CHECK(fingerprint(model) != fingerprint(plain));
    ++repeated;
  }
  CHECK(repeated == 60);
  Model model = random_model(1, format).model;
  for (const char* times : {"0", "n-9", "5000", "k", "n+", "2 3"}) {
    CAPTURE(times);
    model.repeated = {{0, 1, times}};
    CHECK_THROWS_AS(unrolled(model, at(8)), UsageError);
  }
  model.repeated = {{0, 1, "3"}};
  CHECK_FALSE(unrolled(model, {}).grows);
}

TEST_CASE("periodic positions are a table that goes on") {
  const Format format = parse_format("fixed(3,2)");
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Model periodic = random_model(seed, format).model;
    const SequenceShape shape = random_model(seed, format).shape;
    periodic.position_embedding.resize(2, periodic.d_model());
    periodic.periodic_positions = true;
    Model whole = periodic;
    whole.periodic_positions = false;
    whole.position_embedding = Matrix(shape.positions(), whole.d_model());
    for (int i = 0; i < shape.positions(); ++i)
      for (int c = 0; c < whole.d_model(); ++c)
        whole.position_embedding.set(i, c, periodic.position_embedding.at(i % 2, c));
    const Policy policy = Policy::uniform(format);
    const Program one = record(periodic, policy, shape), other = record(whole, policy, shape);
    CHECK(print(one) == print(other));
    ModelFile file{periodic, {}, ""};
    file.policy.set("format", "fixed(3,2)");
    CHECK(read_model(write_model(file), "it") == file);
    CHECK(read_safetensors(write_safetensors(file), "it") == file);
  }
}
