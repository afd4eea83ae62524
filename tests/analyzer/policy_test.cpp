// A policy goes through a store's question, a sweep's page, and a replay line.
#include <doctest/doctest.h>

#include "analyzer/evidence/replay.hpp"
#include "analyzer/store/sweep.hpp"
#include "sim/files/policy_file.hpp"
#include "tests/analyzer/subjects.hpp"
#include "tests/sim/random_policy.hpp"

using namespace roundoff::analyzer;
using roundoff::sim::test::random_policy;

TEST_CASE("a stored question has all of its policy") {
  Question question = roundoff::analyzer::test::example("add-hinge", {2, 2}).question({});
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    question.policy = random_policy(seed);
    REQUIRE(question_from(text(question)).policy == question.policy);
  }
}

TEST_CASE("a sweep's page says all of a policy") {
  const Construction& construction = find_construction("add-hinge");
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Policy policy = random_policy(seed);
    // The tables of a block stand in it as [sweep.formats].
    std::string page = "[[sweep]]\nconstructions = [\"add-hinge\"]\n" + write_policy_file(layer_of(policy));
    for (const char* table : {"[formats]", "[quantise]"})
      if (const std::size_t at = page.find(table); at != std::string::npos) page.insert(at + 1, "sweep.");
    // One more axis beside it would be `formats`; here `format` and the roles are one point of it.
    const std::vector<SweepUnit> units = plan_sweep(page, "page.toml");
    REQUIRE(units.size() == 1);
    const SweepUnit& unit = units.front();
    REQUIRE(policy_for(construction, FormatFamily(unit.family).at({}), unit.policy) == policy);
  }
}

TEST_CASE("formats of a sweep are families, or tables by role") {
  const std::vector<SweepUnit> units = plan_sweep(R"toml(
[[sweep]]
constructions = ["add-hinge"]
formats = ["own", "fixed(5,0)", { all = "fixed(6,0)", accumulators = "fixed(9,0)" }, { scores = "fixed(7,0)" }]
order = "tree"
)toml",
                                                   "page.toml");
  REQUIRE(units.size() == 4);
  CHECK(units[0].family == units[0].construction->family);
  CHECK(units[1].family == "fixed(5,0)");
  CHECK(units[2].family == "fixed(6,0)");
  CHECK(*units[2].policy.find("formats.accumulators") == "fixed(9,0)");
  CHECK(units[3].family == units[3].construction->family);
  for (const SweepUnit& unit : units) CHECK(*unit.policy.find("order") == "tree");
}
