// Passes change no bit: each alone, all together, and all but one, on random models in formats of every kind.
#include <doctest/doctest.h>

#include "sim/program/record.hpp"
#include "tests/sim/agreement.hpp"

namespace roundoff::sim {
namespace {

constexpr int models = 3;  // a format and policy
constexpr int inputs = 3;  // a model

// Calls check(program, seed) on recorded random models of every test format and policy.
template <class Check>
void on_random_programs(Check check) {
  std::uint64_t seed = 0;
  for (const std::string& text : test_formats()) {
    const Format format = parse_format(text);
    for (const Policy& policy : test_policies(format)) {
      for (int m = 0; m < models; ++m) {
        const RandomModel random = random_model(++seed, format);
        CAPTURE(text);
        CAPTURE(seed);
        check(record(random.model, policy, random.shape), seed);
      }
    }
  }
}

std::string first_difference(const Program& program, const Rewritten& rewritten, std::uint64_t seed) {
  validate(rewritten.program);
  for (int i = 0; i < inputs; ++i) {
    const std::string found = difference(
        program, rewritten, random_tokens(program.shape, seed * 100 + static_cast<std::uint64_t>(i)));
    if (!found.empty()) return found;
  }
  return "";
}

TEST_CASE("each pass alone keeps every surviving value, every output and every trap") {
  for (const Pass& pass : passes()) {
    CAPTURE(pass.name);
    on_random_programs([&](const Program& program, std::uint64_t seed) {
      REQUIRE(first_difference(program, pass.run(program), seed) == "");
    });
  }
}

TEST_CASE("all passes together keep every surviving value, every output and every trap") {
  on_random_programs([&](const Program& program, std::uint64_t seed) {
    REQUIRE(first_difference(program, optimise(program), seed) == "");
  });
}

TEST_CASE("with any one pass switched off the others still keep every value") {
  for (const Pass& pass : passes()) {
    const std::string off[] = {std::string(pass.name)};
    CAPTURE(pass.name);
    on_random_programs([&](const Program& program, std::uint64_t seed) {
      if (seed % 4 != 0) return;
      REQUIRE(first_difference(program, optimise(program, off), seed) == "");
    });
  }
}

TEST_CASE("what is the same for every input may be recorded as a constant: outputs and traps stay") {
  std::uint64_t seed = 77000;
  for (const std::string& text : test_formats()) {
    const Format format = parse_format(text);
    for (const Policy& policy : test_policies(format)) {
      const RandomModel random = random_model(++seed, format);
      const Program program = record(random.model, policy, random.shape);
      const Program folded = record(random.model, policy, random.shape, {.fold = true});
      CAPTURE(text);
      CAPTURE(seed);
      validate(folded);
      CHECK(folded.nodes.size() <= program.nodes.size());
      Rewritten apart{folded, std::vector<NodeId>(program.nodes.size(), no_node)};
      REQUIRE(first_difference(program, apart, seed) == "");
    }
  }
}

TEST_CASE("nothing is rewritten under stochastic rounding, and an unknown pass is named") {
  const Format format = parse_format("fixed(3,2):sr(7)");
  const RandomModel random = random_model(3, format);
  const Program program = record(random.model, Policy::uniform(format), random.shape);
  CHECK(print(optimise(program).program) == print(program));
  const std::string off[] = {"zeroes"};
  CHECK_THROWS_AS(optimise(program, off), UsageError);
}

}  // namespace
}  // namespace roundoff::sim
