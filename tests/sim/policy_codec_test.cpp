// A policy goes through every kind of file and comes back; version-1 model files mean what they meant.
#include "sim/model/policy_codec.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/files/policy_document.hpp"
#include "sim/files/policy_file.hpp"
#include "sim/model/stacks.hpp"
#include "tests/sim/random_policy.hpp"

using namespace roundoff::sim;
using roundoff::sim::test::random_policy;

namespace {

constexpr std::uint64_t policies = 400;

Model tiny() {
  return read_model(R"({"vocab":["0","1"],"tok_emb":[[1],[2]],"pos_emb":[[0]],"layers":[],"W_U":[[1],[1]]})", "m")
      .model;
}

/// A version-1 file with these fields.
PolicyLayer version_1(const std::string& fields) {
  return read_model(R"({"vocab":["0","1"],"tok_emb":[[1],[2]],"layers":[],"W_U":[[1],[1]])" + fields + "}", "m")
      .policy;
}

}  // namespace

TEST_CASE("every policy is its own layer, as words, as TOML, and in model files of both kinds") {
  for (std::uint64_t seed = 1; seed <= policies; ++seed) {
    const Policy policy = random_policy(seed);
    const PolicyLayer layer = layer_of(policy);
    CAPTURE(write_policy_file(layer));
    REQUIRE(laid({}, layer, {}) == policy);
    REQUIRE(laid({}, read_policy_file(write_policy_file(layer), "p.toml"), {}) == policy);
    nlohmann::json sorted;
    write_policy(layer, sorted);
    REQUIRE(laid({}, policy_from(sorted), {}) == policy);
    const ModelFile file{tiny(), layer, ""};
    REQUIRE(read_model(write_model(file), "m.json") == file);
    REQUIRE(read_safetensors(write_safetensors(file), "m.safetensors") == file);
  }
}

TEST_CASE("the difference to what a format alone leads to is the rest of a policy") {
  for (std::uint64_t seed = 1; seed <= policies; ++seed) {
    const Policy to = random_policy(seed);
    Policy implied = random_policy(seed + policies);
    implied.formats.fill(to[Role::weights]);
    REQUIRE(laid(implied, difference(to, implied), {}) == to);
  }
}

TEST_CASE("random policies reach every word of every field") {
  std::map<std::string, std::set<std::string>> seen;
  for (std::uint64_t seed = 1; seed <= policies; ++seed)
    for (const PolicyField& field : policy_fields()) seen[field.key].insert(field.get(random_policy(seed), field.role));
  for (const PolicyField& field : policy_fields()) {
    CAPTURE(field.key);
    const auto choices = static_cast<std::size_t>(std::count(field.words.begin(), field.words.end(), '|')) + 1;
    CHECK(seen[field.key].size() >= std::max<std::size_t>(2, choices));
  }
}

TEST_CASE("model files without a schema are of version 1, and mean what they meant") {
  const Policy base = Policy::uniform(parse_format("binary32"));
  const auto of = [&](const std::string& fields) { return laid(base, version_1(fields), {}); };
  CHECK(of("") == base);
  CHECK(of(R"(,"sum":"seq","fma":false)") == base);
  CHECK(of(R"x(,"format":"fixed(3,2)")x")[Role::norms] == parse_format("fixed(3,2)"));
  CHECK(of(R"(,"format":"e4m3","formats":{"scores":"binary16"})")[Role::scores] == parse_format("binary16"));
  CHECK(of(R"(,"softmax":"plain")").softmax == Softmax::plain);
  CHECK(of(R"(,"sum":"tree")").order == parse_order("tree"));
  CHECK(of(R"(,"sum":"exact")").order == parse_order("exact"));
  CHECK(of(R"(,"sum":"wide:binary64")").order == parse_order("wide:binary64"));
  CHECK(of(R"(,"fma":true)").dot == DotMode::fused);
  CHECK(of(R"(,"exact_dot":true)").dot == DotMode::exact_dot);
  CHECK_THROWS_WITH_AS(version_1(R"(,"fma":true,"exact_dot":true)"), doctest::Contains("exact_dot"),
                       roundoff::formats::FileError);
  // One file speaks one version.
  for (const char* mixed :
       {R"(,"order":"tree")", R"(,"dot":"fused")", R"(,"mask":"none")", R"(,"quantise":{"weights":"int4/32"})",
        R"(,"schema":"roundoff/model/2","sum":"tree")", R"(,"schema":"roundoff/model/2","fma":true)",
        R"(,"schema":"roundoff/model/3")", R"(,"schema":2)"})
    CHECK_THROWS_AS(version_1(mixed), roundoff::formats::FileError);
}

TEST_CASE("a bad policy is one line that names the file, the line, the key and the remedy") {
  const auto says = [](const std::string& text, const char* part) {
    CHECK_THROWS_WITH_AS(read_policy_file(text, "p.toml"), doctest::Contains(part), roundoff::formats::FileError);
  };
  says("\ndot = \"fma\"", "p.toml:2");
  says("dot = \"fma\"", "rounded, fused, exact");
  says("dotty = \"fused\"", "did you mean 'dot'");
  says("order = \"sequental\"", "order");
  says("softmax = 3", "must be a string");
  says("softmax = \"\"", "empty");
  says("formats = \"e4m3\"", "formats must be a table, by role");
  says("[formats]\nscore = \"e4m3\"", "did you mean 'scores'");
  says("[formats]\nscores = \"e4m9\"", "formats.scores");
  says("[quantise]\nscores = \"int4/32\"", "weights, activations, cache");
  says("[quantise]\nweights = \"int4\"", "quantise.weights");
  says("format = \"e4m3\"\n[formats]\nall = \"e5m2\"", "one thing");
  CHECK_THROWS_WITH(laid(Policy::uniform(parse_format("e4m3")),
                         read_policy_file("dot = \"fused\"\norder = \"tree\"", "p.toml"), {}),
                    doctest::Contains("sequential order only"));
}

TEST_CASE("named policies say what NaN does, and can be written down") {
  for (const Stack& stack : stacks()) {
    CHECK(find_stack(stack.name).policy == stack.policy);
    CHECK(*stack.policy.find("nan") == "propagate");
    CHECK(read_policy_file(write_policy_file(stack.policy), "stack") == stack.policy);
    CHECK_NOTHROW(laid({}, stack.policy, {}));
  }
  CHECK_THROWS_WITH(find_stack("ieee-binary23"), doctest::Contains("ieee-binary32"));
}
