// What precision costs a model that has been trained (examples/tiny_text): formats against each other, and models whose
// weights are planted so that one role needs more than the others, which ablate must name.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include <doctest/doctest.h>

#include "analyzer/precision/ablate.hpp"
#include "analyzer/precision/arithmetic.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/files/text_file.hpp"

using namespace roundoff::analyzer;

namespace {

const std::string folder = ROUNDOFF_SOURCE "/examples/tiny_text/model";

TokenBlocks text_of(const Model& model, std::size_t most) {
  std::map<char, Token> letters;
  for (std::size_t t = 0; t < model.vocabulary.size(); ++t)
    letters[model.vocabulary[t][0]] = static_cast<Token>(t);
  TokenBlocks blocks;
  for (const char letter : read_text_file(folder + "/text.txt")) {
    if (blocks.empty() || blocks.back().size() == 32) blocks.emplace_back();
    blocks.back().push_back(letters.at(letter));
  }
  if (blocks.size() > most) blocks.resize(most);
  return blocks;
}

Policy uniform(const char* format) {
  Policy policy = Policy::uniform(parse_format(format));
  policy.nan = NanRule::propagate;
  return policy;
}

/// Weights, activations and the cache in a format of 8 bits, sums in binary32.
Policy fp8(const char* format) {
  Policy policy = uniform("binary32");
  for (const Role role : {Role::weights, Role::activations, Role::cache}) policy[role] = parse_format(format);
  return policy;
}

Policy quantised_weights(const char* quantiser) {
  Policy policy = uniform("binary32");
  policy.quantisers.weights = quantiser;
  return policy;
}

void scale(Matrix& matrix, double factor) {
  for (int r = 0; r < matrix.rows(); ++r)
    for (int c = 0; c < matrix.columns(); ++c)
      matrix.set(r, c, Value::of(to_double(matrix.at(r, c)) * factor));
}
void scale(Vector& vector, double factor) {
  for (Value& value : vector) value = Value::of(to_double(value) * factor);
}
void scale(Linear& map, double factor) {
  scale(map.weight, factor);
  if (map.bias) scale(*map.bias, factor);
}
void scale(std::optional<Norm>& norm, double factor) {
  scale(*norm->weight, factor);
  scale(*norm->bias, factor);
}

constexpr double up = 64, down = 1 / up;

/// A model that computes the same in exact numbers; `needs` is the role whose numbers are 64 times as large, `wide` are
/// roles that those numbers pass through as well and that get room for them.
struct Planting {
  const char* what;
  Role needs;
  std::vector<Role> wide;
  void (*plant)(Model&);
};

const std::vector<Planting>& plantings() {
  static const std::vector<Planting> all = {
      {"weights of a feed-forward unit",
       Role::weights,
       {},
       [](Model& m) {
         scale(m.layers[0].feed_forward->in.weight, up);
         scale(m.layers[0].before_feed_forward, down);
       }},
      {"weights of queries, keys and values",
       Role::weights,
       {},
       [](Model& m) {
         for (Linear* map :
              {&m.layers[1].attention->query, &m.layers[1].attention->key, &m.layers[1].attention->value})
           scale(map->weight, up);
         scale(m.layers[1].before_attention, down);
       }},
      {"keys",
       Role::cache,
       {Role::weights},
       [](Model& m) {
         scale(m.layers[0].attention->key, up);
         scale(m.layers[0].attention->query, down);
       }},
      {"values",
       Role::cache,
       {Role::weights, Role::activations},
       [](Model& m) {
         scale(m.layers[1].attention->value, up);
         scale(m.layers[1].attention->output.weight, down);
       }},
      {"queries",
       Role::activations,
       {Role::weights},
       [](Model& m) {
         scale(m.layers[1].attention->query, up);
         scale(m.layers[1].attention->key, down);
       }},
      {"the last norm's outputs",
       Role::activations,
       {Role::weights, Role::norms},
       [](Model& m) {
         scale(m.final_norm, up);
         scale(m.unembedding.weight, down);
       }},
  };
  return all;
}

/// Fixed point with room for what the model has, and 7 bits more where a planting asks for it.
Policy fixed_point_policy(const std::vector<Role>& wide) {
  Policy policy = uniform("binary32");
  for (const auto& [role, bits] : {std::pair{Role::weights, 2},
                                   {Role::activations, 5},
                                   {Role::cache, 4},
                                   {Role::norms, 9},
                                   {Role::scores, 6},
                                   {Role::softmax, 6}}) {
    const bool more = std::find(wide.begin(), wide.end(), role) != wide.end();
    policy[role] = parse_format("fixed(" + std::to_string(bits + (more ? 7 : 0)) + ",20)");
  }
  return policy;
}

}  // namespace

TEST_CASE(
    "precision: formats cost a trained model what their bits say, and binary32 against itself nothing") {
  const ModelFile file = load_model(folder);
  const TokenBlocks blocks = text_of(file.model, std::getenv("ROUNDOFF_LONG") != nullptr ? 36 : 16);
  const PrecisionOptions options;
  const PolicyRun base = run_policy(file.model, uniform("binary32"), blocks, options);
  const auto cost = [&](const Policy& policy) {
    return compare(base, run_policy(file.model, policy, blocks, options), blocks);
  };
  const Comparison same = cost(uniform("binary32"));
  CHECK(same.divergence.mean == 0);
  CHECK(same.divergence.error == 0);
  CHECK(same.loss_difference.mean == 0);
  CHECK(same.flips == 0);
  CHECK(same.perplexity_a < 12);  // it has learnt: 76 letters

  std::map<std::string, Comparison> costs;
  for (const char* format : {"bfloat16", "binary16"}) costs[format] = cost(uniform(format));
  for (const char* format : {"e4m3", "e5m2"}) costs[format] = cost(fp8(format));
  for (const char* quantiser :
       {"int8/32", "int4/32", "int3/32", "mxfp4:floor", "mxfp4:ceil", "mxfp4:rceil", "mxfp4:even", "nvfp4"})
    costs[quantiser] = cost(quantised_weights(quantiser));
  for (const auto& [name, one] : costs) {
    CAPTURE(name);
    CHECK(one.divergence.mean > 3 * one.divergence.error);
    CHECK(one.divergence.error > 0);
    CHECK(one.lost_b == 0);
    CHECK(one.flips > 0);
  }
  const auto kl = [&](const char* name) { return costs.at(name).divergence.mean; };
  CHECK(kl("binary16") < kl("bfloat16"));
  CHECK(kl("e4m3") < kl("e5m2"));
  CHECK(kl("int8/32") < kl("int4/32"));
  CHECK(kl("int4/32") < kl("int3/32"));
  for (const char* rule : {"mxfp4:floor", "mxfp4:ceil", "mxfp4:rceil", "mxfp4:even"})
    CHECK(kl("nvfp4") < kl(rule));
}

TEST_CASE("precision: ablate names the role that a planting needs") {
  const ModelFile file = load_model(folder);
  const TokenBlocks blocks = text_of(file.model, std::getenv("ROUNDOFF_LONG") != nullptr ? 8 : 3);
  const Policy from = uniform("binary32");
  REQUIRE(plantings().size() >= 5);
  for (const Planting& planting : plantings()) {
    CAPTURE(std::string(planting.what));
    Model model = file.model;
    planting.plant(model);
    const Ablation found = ablate(model, from, fixed_point_policy(planting.wide), blocks, {});
    REQUIRE(found.rows.size() == 6);
    for (const Ablation::Row& row : found.rows) {
      CAPTURE(row.part);
      CAPTURE(row.alone.divergence.mean);
      CAPTURE(row.left_out.divergence.mean);
    }
    CHECK(found.rows[0].part == name(planting.needs));
    // Clearly, and what is left without it is little.
    CHECK(found.rows[0].alone.divergence.mean > 5 * found.rows[1].alone.divergence.mean);
    CHECK(found.rows[0].left_out.divergence.mean < found.all.divergence.mean / 5);
    // Without the planting nothing is lost there.
    const Comparison plain =
        compare(run_policy(file.model, from, blocks, {}),
                run_policy(file.model, fixed_point_policy(planting.wide), blocks, {}), blocks);
    CHECK(plain.divergence.mean < found.rows[0].alone.divergence.mean / 100);
  }
}

TEST_CASE("precision: the fewest bits of a role are enough, and one fewer is not") {
  const ModelFile file = load_model(folder);
  const TokenBlocks blocks = text_of(file.model, 6);
  const BitsScan scan =
      least_bits(file.model, uniform("binary16"), Role::softmax, false, {false, 0.001}, blocks, {});
  REQUIRE(scan.rows.size() == 11);
  CHECK(scan.least > 1);
  CHECK(scan.least < 11);
  for (const BitsScan::Row& row : scan.rows) {
    if (row.bits >= scan.least) CHECK(row.against.loss_difference.mean <= 0.001);
    if (row.bits == scan.least - 1) CHECK(row.against.loss_difference.mean > 0.001);
  }
  CHECK_THROWS_AS(least_bits(file.model, uniform("fixed(4,4)"), Role::softmax, false, {true, 0}, blocks, {}),
                  roundoff::formats::UsageError);
}

TEST_CASE("precision: estimates and shares by their formulas") {
  const std::vector<double> figures = {1, 2, 4, 5};
  CHECK(estimate(figures).mean == 3);
  CHECK(estimate(figures).error == doctest::Approx(std::sqrt(10.0 / 3 / 4)));
  CHECK(estimate(std::vector<double>{7}).error == 0);
  CHECK(share_of(3, 4).share == 0.75);
  CHECK(share_of(3, 4).error == doctest::Approx(std::sqrt(0.75 * 0.25 / 4)));
  const Likelihood likelihood;
  std::vector<double> p, q;
  REQUIRE(likelihood.log_softmax(std::vector<double>{0, std::log(3.0)}, p));
  CHECK(p[0] == doctest::Approx(std::log(0.25)));
  REQUIRE(likelihood.log_softmax(std::vector<double>{0, 0}, q));
  CHECK(likelihood.divergence(p, q) == doctest::Approx(0.25 * std::log(0.5) + 0.75 * std::log(1.5)));
  CHECK(!likelihood.log_softmax(std::vector<double>{0, std::nan("")}, p));
}
