// The blocks of models from outside through every road: rich random models by the reference, by what passes
// make of their programs, and by lanes; quantisers against the definitions of formats/; sinusoidal tables.
#include <cmath>

#include <doctest/doctest.h>

#include "formats/blocks/blocks.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/model/quantise.hpp"
#include "sim/model/sinusoids.hpp"
#include "sim/program/record.hpp"
#include "tests/sim/agreement.hpp"

using namespace roundoff::sim;

namespace {

void every_road(const RandomModel& random, const Policy& policy, std::uint64_t seed) {
  const Program program = record(random.model, policy, random.shape);
  validate(program);
  const Rewritten best = optimise(program);
  for (std::uint64_t input = 0; input < 2; ++input)
    REQUIRE(difference(program, best, random_tokens(random.shape, seed * 10 + input)) == "");
  if (!Lanes::supports(program)) return;
  Lanes plain(program, {"", "", true});
  REQUIRE(difference(program, plain, seed, 5, true) == "");
  if (!Lanes::supports(best.program)) return;
  Lanes optimised(best.program);
  REQUIRE(difference(best.program, optimised, seed, 17, false) == "");
}

/// A model whose projection is the identity of d entries: `proj` is the vector that the maps of a layer read.
struct Wire {
  Model model;
  SequenceShape shape;
  std::vector<Value> numbers;

  explicit Wire(int d) {
    TestStream draw(static_cast<std::uint64_t>(d));
    model.name = "wire";
    model.vocabulary = {"0"};
    model.token_embedding.resize(1, d);
    Layer layer;
    layer.projection.emplace();
    layer.projection->weight.resize(d, d);
    for (int i = 0; i < d; ++i) {
      const bool none = i % 7 == 3 || (i >= 32 && i < 64);  // a whole block of zeros, too
      const Value value = none ? Value::zero()
                               : Value::scaled(draw.below(2) != 0, static_cast<u128>(draw.below(1 << 20)),
                                               draw.between(-30, -10));
      numbers.push_back(value);
      model.token_embedding.set(0, i, value);
      layer.projection->weight.set(i, i, Value::integer(1));
    }
    model.layers.push_back(layer);
    model.unembedding.weight.resize(1, d);
    shape = {1, {{0}}, 0};
  }

  std::vector<Value> projected(const Policy& policy) const {
    const Program program = record(model, policy, shape);
    Reference reference(program);
    reference.start(std::vector<Token>{0});
    reference.advance(0);
    std::vector<Value> found;
    for (NodeId id = 0; id < program.nodes.size(); ++id)
      if (program.sites[id].name == SiteName::proj && !program.sites[id].inner)
        found.push_back(reference.value(id));
    return found;
  }
};

}  // namespace

TEST_CASE("models with the blocks of outside models give the same bits by every road") {
  std::uint64_t seed = 77;
  for (const char* text : {"fixed(3,2)", "F(1,2)", "twos(4,2)", "e4m3", "binary16", "float(8,24)"}) {
    const Format format = parse_format(text);
    for (int m = 0; m < 12; ++m) {
      const RandomModel random = random_model(++seed, format, true);
      CAPTURE(std::string(text));
      CAPTURE(seed);
      every_road(random, Policy::uniform(format), seed);
    }
  }
}

TEST_CASE("quantised activations and caches give the same bits by every road") {
  const Format wide = parse_format("binary32");
  std::uint64_t seed = 900;
  for (const char* quantiser :
       {"mxfp4", "mxfp8_e4m3:even", "mxint8:symmetric", "mxfp4:rceil", "nvfp4", "int4/2", "nf4"}) {
    for (int m = 0; m < 4; ++m) {
      const RandomModel random = random_model(++seed, wide, true);
      Policy policy = Policy::uniform(wide);
      policy.quantisers = {quantiser, quantiser, m % 2 != 0 ? quantiser : ""};
      CAPTURE(std::string(quantiser));
      CAPTURE(seed);
      every_road(random, policy, seed);
    }
  }
}

TEST_CASE("a recorded quantiser gives what the block format's definition gives, blocks of zeros included") {
  const Format wide = parse_format("binary32");
  for (const int d : {5, 40, 97}) {
    const Wire wire(d);
    std::vector<BlockFormat> all(block_formats().begin(), block_formats().end());
    for (const char* name : {"mxfp4:ceil", "mxfp6_e2m3:rceil", "mxfp8_e5m2:even", "mxint8:symmetric", "mxint8:ceil"})
      all.push_back(parse_block_format(name));
    for (const BlockFormat& format : all) {
      CAPTURE(format.name);
      Policy policy = Policy::uniform(wide);
      policy.quantisers.activations = format.name;
      if (!is_recordable(format)) {
        CHECK_THROWS_AS(wire.projected(policy), UsageError);
        continue;
      }
      std::vector<Value> want = quantise(wire.numbers, format).values();
      for (Value& value : want) value = round(value, wide).value;
      const std::vector<Value> got = wire.projected(policy);
      REQUIRE(got.size() == want.size());
      for (std::size_t i = 0; i < got.size(); ++i) {
        CAPTURE(i);
        CHECK(compare(got[i], want[i]) == 0);
      }
    }
    Policy policy = Policy::uniform(wide);
    policy.quantisers.activations = "int4/16";
    const Matrix want = quantised(wire.model.token_embedding, parse_quantiser("int4/16"), wide);
    const std::vector<Value> got = wire.projected(policy);
    for (int i = 0; i < d; ++i) CHECK(compare(got[static_cast<std::size_t>(i)], want.at(0, i)) == 0);
  }
}

TEST_CASE("int4 in groups is round to nearest with one scale a group") {
  Matrix row(1, 5);
  const double weights[] = {0.7, -0.32, 0.04, 3, -1};
  for (int c = 0; c < 5; ++c) row.set(0, c, Value::of(weights[c]));
  const Format wide = parse_format("binary64");
  const Matrix made = quantised(row, parse_quantiser("int4/3"), wide);
  const double first = 0.7 / 7, second = 3.0 / 7;  // one rounded division each, as the definition says
  const double want[] = {7 * first, -3 * first, 0 * first, 7 * second, -2 * second};
  for (int c = 0; c < 5; ++c) CHECK(to_double(made.at(0, c)) == want[c]);
  CHECK_THROWS_WITH_AS(parse_quantiser("mxpf4"), doctest::Contains("mxfp4"), UsageError);
  CHECK_THROWS_AS(parse_quantiser("int4"), UsageError);
  CHECK_THROWS_AS(parse_quantiser("int1/32"), UsageError);
}

TEST_CASE("sinusoidal tables are those of the paper") {
  const Matrix table = sinusoids({.positions = 20, .width = 6});
  for (int p = 0; p < 20; ++p)
    for (int i = 0; i < 3; ++i) {
      const double angle = p / std::pow(10000.0, 2.0 * i / 6);
      CHECK(to_double(table.at(p, 2 * i)) == doctest::Approx(std::sin(angle)).epsilon(1e-12));
      CHECK(to_double(table.at(p, 2 * i + 1)) == doctest::Approx(std::cos(angle)).epsilon(1e-12));
    }
  CHECK_THROWS_AS(sinusoids({.positions = 1 << 20, .width = 1024}), UsageError);
}
