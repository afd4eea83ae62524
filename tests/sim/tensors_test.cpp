// The tape that runs at once gives the bits of the recorded program: every value that a trace shows, every choice
// and every trap, over random models of every block, under every format, order, quantiser and role; whatever runs
// together, on any number of threads, by every instruction set.
#include <bit>
#include <map>
#include <optional>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
#include "sim/tensors/run.hpp"
#include "tests/sim/agreement.hpp"
#include "tests/sim/random_policy.hpp"

namespace roundoff::sim {
namespace {

using Traced = std::map<std::vector<int>, Value>;

std::vector<int> key_of(int sequence, const Site& site) {
  return {sequence, static_cast<int>(site.name), site.layer, site.head, site.position, site.key, site.index};
}

struct Ran {
  bool trapped = false;
  Traced values;
  std::vector<std::vector<double>> logits;
  std::vector<Token> next;
};

Ran by_record(const RandomModel& random, const Policy& policy,
              const std::vector<std::vector<Token>>& inputs) {
  Ran ran;
  SequenceShape shape = random.shape;
  shape.first_output = 0;
  shape.one_pass = true;
  std::optional<Program> recorded;
  try {
    recorded = record(random.model, policy, shape);
  } catch (const Trap&) {  // of a weight
    ran.trapped = true;
    return ran;
  }
  const Program& program = *recorded;
  for (std::size_t s = 0; s < inputs.size(); ++s) {
    Reference reference(program);
    reference.start(inputs[s]);
    try {
      reference.advance(shape.positions() - 1);
    } catch (const Trap&) {
      ran.trapped = true;
      return ran;
    }
    for (std::size_t o = 0; o < program.outputs.size(); ++o) {
      ran.next.push_back(reference.output(static_cast<int>(o)));
      ran.logits.emplace_back();
    }
    const std::size_t first = ran.logits.size() - program.outputs.size();
    for (NodeId id = 0; id < program.nodes.size(); ++id) {
      const Site& site = program.sites[id];
      if (site.name == SiteName::none || site.inner) continue;
      ran.values[key_of(static_cast<int>(s), site)] = reference.value(id);
      if (site.name == SiteName::logits)
        ran.logits[first + static_cast<std::size_t>(site.position)].push_back(to_double(reference.value(id)));
    }
  }
  return ran;
}

Ran by_tensors(const Model& model, const Policy& policy, const std::vector<std::vector<Token>>& inputs,
               const TensorOptions& options, bool traced) {
  Ran ran;
  int sequence = 0;
  const auto told = [&](const Outlook& outlook) {
    ran.next.push_back(outlook.next);
    ran.logits.emplace_back(outlook.logits.begin(), outlook.logits.end());
  };
  try {
    TensorRun run(model, policy, options);
    if (traced) {
      run.trace([&](const Site& site, const Value& value) { ran.values[key_of(sequence, site)] = value; });
      for (const std::vector<Token>& tokens : inputs) run.run({{sequence, 0, tokens}}, told), ++sequence;
    } else {
      std::vector<Feed> feeds;
      for (const std::vector<Token>& tokens : inputs) feeds.push_back({sequence++, 0, tokens});
      run.run(feeds, told);
    }
  } catch (const Trap&) {
    ran.trapped = true;
  }
  return ran;
}

bool same(double a, double b) {
  return (a != a && b != b) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

std::string difference(const Ran& want, const Ran& got, bool traced) {
  if (want.trapped != got.trapped) return want.trapped ? "a trap is gone" : "a trap is new";
  if (want.trapped) return "";
  if (want.next != got.next) return "a choice";
  for (std::size_t i = 0; i < want.logits.size(); ++i)
    for (std::size_t r = 0; r < want.logits[i].size(); ++r)
      if (want.logits[i].size() != got.logits[i].size() || !same(want.logits[i][r], got.logits[i][r]))
        return "logit " + std::to_string(r) + " of output " + std::to_string(i);
  if (!traced) return "";
  for (const auto& [key, value] : want.values) {
    const auto found = got.values.find(key);
    const Site site{static_cast<SiteName>(key[1]),
                    false,
                    static_cast<std::int16_t>(key[2]),
                    static_cast<std::int16_t>(key[3]),
                    key[4],
                    key[5],
                    key[6]};
    if (found == got.values.end()) return "nothing at " + describe(site);
    if (found->second != value)
      return describe(site) + ": " + decimal(found->second) + " instead of " + decimal(value);
  }
  return want.values.size() == got.values.size() ? "" : "a site too many";
}

struct Coverage {
  int runs = 0, traps = 0, refused = 0;
};

void compare_with_record(const RandomModel& random, const Policy& policy, std::uint64_t seed,
                         Coverage& coverage) {
  std::vector<std::vector<Token>> inputs;
  for (std::uint64_t i = 0; i < 3; ++i) inputs.push_back(random_tokens(random.shape, seed * 10 + i));
  const Ran want = by_record(random, policy, inputs);
  ++coverage.runs, coverage.traps += want.trapped ? 1 : 0;
  CAPTURE(seed);
  TensorOptions options;
  options.threads = 1;
  REQUIRE(difference(want, by_tensors(random.model, policy, inputs, options, true), true) == "");
  constexpr int lanes[] = {2, 5, 128};
  constexpr Isa sets[] = {Isa::scalar, Isa::sse4, Isa::avx2, Isa::avx512};
  const Isa isa = sets[seed % 4];
  options.threads = 1 + static_cast<int>(seed / 4 % 2);
  options.lanes = lanes[seed % 3];
  if (supported(isa)) options.isa = name(isa);
  REQUIRE(difference(want, by_tensors(random.model, policy, inputs, options, false), false) == "");
}

/// Both tapes refuse what has no meaning, such as division in formats that wrap.
bool refuses(const RandomModel& random, const Policy& policy) {
  SequenceShape shape = random.shape;
  shape.first_output = 0;
  const auto refused = [](const auto& work) {
    try {
      work();
    } catch (const UsageError&) {
      return true;
    } catch (const Trap&) {  // of a weight: of the comparison's concern
    }
    return false;
  };
  const bool recorded = refused([&] { record(random.model, policy, shape); });
  const bool at_once = refused([&] { TensorRun(random.model, policy); });
  CHECK(recorded == at_once);
  return recorded || at_once;
}

/// Policies whose roles differ: a narrow one among wide ones, and the other way around.
std::vector<Policy> mixed_policies() {
  std::vector<Policy> policies;
  const auto format = [](const char* text) { return parse_format(text); };
  for (const auto& [all, one] :
       {std::pair{"binary32", "bfloat16"}, std::pair{"bfloat16", "binary32"}, std::pair{"e4m3", "binary32"},
        std::pair{"binary32", "e4m3"}, std::pair{"binary16", "bfloat16"}, std::pair{"fixed(6,6)", "binary16"},
        std::pair{"binary64", "F(3,4)"}, std::pair{"posit(16,2)", "binary32"}})
    for (int role = 0; role < role_count; ++role) {
      policies.push_back(Policy::uniform(format(all)));
      policies.back().formats[static_cast<std::size_t>(role)] = format(one);
    }
  return policies;
}

}  // namespace

TEST_CASE("tensors give the bits of the recorded program: every format and order, constructions' blocks") {
  Coverage coverage;
  std::uint64_t seed = 5u << 20;
  for (const std::string& text : test_formats()) {
    const Format format = parse_format(text);
    for (const Policy& policy : test_policies(format)) {
      CAPTURE(text);
      CAPTURE(notation(policy.order));
      ++seed;
      compare_with_record(random_model(seed, format), policy, seed, coverage);
    }
  }
  CHECK(coverage.runs > 150);
  CHECK(coverage.traps > 0);
  CHECK(coverage.traps * 2 < coverage.runs);
}

TEST_CASE("tensors give the bits of the recorded program: the blocks of models from outside") {
  Coverage coverage;
  std::uint64_t seed = 6u << 20;
  for (const char* text :
       {"fixed(3,2)", "F(1,2)", "twos(4,2)", "e4m3", "binary16", "bfloat16:rdn", "binary32", "binary64",
        "binary16:sr(7)", "binary128", "posit(8,2)", "float(8,24):rtz"}) {
    const Format format = parse_format(text);
    for (const char* order : {"sequential", "tree", "blocked:3", "exact", "wide:binary32"}) {
      Policy policy = Policy::uniform(format);
      policy.order = parse_order(order);
      CAPTURE(std::string(text));
      CAPTURE(std::string(order));
      for (int m = 0; m < 4; ++m, ++seed)
        compare_with_record(random_model(seed, format, true), policy, seed, coverage);
    }
  }
  CHECK(coverage.traps * 2 < coverage.runs);
}

TEST_CASE("tensors give the bits of the recorded program: formats by role, and quantisers") {
  Coverage coverage;
  std::uint64_t seed = 7u << 20;
  const Format wide = parse_format("binary32");
  for (const Policy& policy : mixed_policies()) {
    CAPTURE(notation(policy[Role::weights]));
    CAPTURE(notation(policy[Role::accumulators]));
    for (const char* order : {"sequential", "tree", "wide:binary32"}) {
      Policy ordered = policy;
      ordered.order = parse_order(order);
      CAPTURE(std::string(order));
      ++seed;
      compare_with_record(random_model(seed, policy[Role::weights], true), ordered, seed, coverage);
    }
  }
  for (const char* quantiser : {"mxfp4", "mxfp8_e4m3", "mxint8", "nvfp4", "int4/2"})
    for (int m = 0; m < 4; ++m, ++seed) {
      Policy policy = Policy::uniform(m == 3 ? parse_format("bfloat16") : wide);
      policy.quantisers = {quantiser, quantiser, m % 2 != 0 ? quantiser : ""};
      CAPTURE(std::string(quantiser));
      compare_with_record(random_model(seed, wide, true), policy, seed, coverage);
    }
  CHECK(coverage.traps * 2 < coverage.runs);
}

TEST_CASE("tensors give the bits of the recorded program: masks, division last, NaN that propagates") {
  Coverage coverage;
  std::uint64_t seed = 8u << 20;
  for (const char* text : {"binary16", "bfloat16", "e4m3", "fixed(4,3)", "binary32"})
    for (const Mask mask : {Mask::causal, Mask::strict, Mask::none})
      for (const Divide divide : {Divide::first, Divide::last})
        for (const NanRule nan : {NanRule::trap, NanRule::propagate}) {
          Policy policy = Policy::uniform(parse_format(text));
          policy.mask = mask, policy.divide = divide, policy.nan = nan;
          CAPTURE(std::string(text));
          for (int m = 0; m < 3; ++m, ++seed)
            compare_with_record(random_model(seed, policy[Role::weights], true), policy, seed, coverage);
        }
  CHECK(coverage.traps > 0);
  CHECK(coverage.traps * 2 < coverage.runs);
}

TEST_CASE("tensors give the bits of the recorded program: policies over every field, all blocks") {
  Coverage coverage;
  for (std::uint64_t seed = 9u << 20; coverage.runs < 2000; ++seed) {
    const Policy policy = test::random_policy(seed);
    const RandomModel random = random_model(seed, policy[Role::weights], seed % 4 != 0);
    CAPTURE(notation(policy));
    if (refuses(random, policy))
      ++coverage.refused;
    else
      compare_with_record(random, policy, seed, coverage);
  }
  CHECK(coverage.traps > 0);
  CHECK(coverage.traps * 2 < coverage.runs);
  CHECK(coverage.refused * 4 < coverage.runs);
}

namespace {

/// Rows, tokens and terms that fill more than one block of lanes.
RandomModel wide_model(std::uint64_t seed) {
  TestStream draw(seed);
  const auto vector = [&](int size) {
    Vector v;
    for (int i = 0; i < size; ++i)
      v.push_back(Value::scaled(draw.below(2) != 0, static_cast<std::uint64_t>(draw.below(16)), -5));
    return v;
  };
  const auto linear = [&](int rows, int columns) {
    Linear map{Matrix(rows, columns), vector(rows)};
    for (int r = 0; r < rows; ++r) {
      const Vector row = vector(columns);
      for (int c = 0; c < columns; ++c) map.weight.set(r, c, row[static_cast<std::size_t>(c)]);
    }
    return map;
  };
  constexpr int d = 66, units = 70, vocabulary = 67, positions = 9;
  RandomModel random;
  Model& model = random.model;
  for (int t = 0; t < vocabulary; ++t) model.vocabulary.push_back(std::to_string(t));
  model.token_embedding = linear(vocabulary, d).weight;
  model.position_embedding = linear(positions, d).weight;
  Layer layer;
  layer.before_attention = Norm{Norm::layer, Value::scaled(false, 1, -10), vector(d), vector(d)};
  layer.before_feed_forward = Norm{Norm::rms, Value::scaled(false, 1, -10), vector(d), {}};
  Attention attention;
  attention.heads = 3, attention.key_heads = 1;
  attention.query = linear(66, d), attention.key = linear(22, d), attention.value = linear(22, d);
  attention.output = linear(d, 66);
  attention.scale = Value::scaled(false, 1, -2);
  layer.attention = std::move(attention);
  layer.feed_forward = FeedForward{linear(units, d), linear(d, units), linear(units, d), Activation::silu};
  model.layers.push_back(std::move(layer));
  model.unembedding = linear(vocabulary, d);
  random.shape.vocabulary = vocabulary;
  std::vector<Token> any;
  for (int t = 0; t < vocabulary; ++t) any.push_back(static_cast<Token>(t));
  random.shape.tokens.assign(positions, any);
  return random;
}

}  // namespace

TEST_CASE(
    "tensors give the bits of the recorded program: more rows, tokens and terms than a block of lanes") {
  std::uint64_t seed = 10u << 20;
  const auto policy = [](const char* all, const char* accumulators, const char* order) {
    Policy made = Policy::uniform(parse_format(all));
    made.formats[static_cast<std::size_t>(Role::accumulators)] = parse_format(accumulators);
    made.order = parse_order(order);
    return made;
  };
  for (const Policy& one :
       {policy("bfloat16", "bfloat16", "sequential"), policy("e4m3", "binary32", "sequential"),
        policy("binary32", "binary32", "blocked:16"), policy("fixed(8,8)", "fixed(8,8)", "tree"),
        policy("binary16", "binary16", "wide:binary32")}) {
    CAPTURE(notation(one));
    const RandomModel random = wide_model(++seed);
    std::vector<std::vector<Token>> inputs;
    for (std::uint64_t i = 0; i < 8; ++i) inputs.push_back(random_tokens(random.shape, seed * 10 + i));
    const Ran want = by_record(random, one, inputs);
    for (const int lanes : {1, 7, 128}) {
      TensorOptions options;
      options.threads = 2, options.lanes = lanes;
      REQUIRE(difference(want, by_tensors(random.model, one, inputs, options, false), false) == "");
    }
  }
}

}  // namespace roundoff::sim
