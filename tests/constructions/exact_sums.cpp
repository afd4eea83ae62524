// iteradd-exact: the same model under sums rounded once and under sums rounded term by term.
#include <doctest/doctest.h>

#include "constructions/construction.hpp"
#include "tests/constructions/solve.hpp"

using namespace roundoff::constructions;

TEST_CASE("IterADD by thresholds holds under exact sums in 2-bit numbers and fails term by term") {
  const Construction& construction = find_construction("iteradd-exact");
  const Format bits = parse_format("fixed(1,0)");
  for (const TaskSize& size : {TaskSize{.p = 2, .n = 2, .k = 5}, TaskSize{.p = 3, .n = 1, .k = 5}}) {
    const auto task = make_task(construction.task, size);
    const Policy own = policy_for(construction, bits);
    CHECK(!outside_the_theorem(own).empty());
    const Model model = build(construction, *task, own, {});
    const std::vector<Instance> inputs = all_inputs(*task);
    CHECK(solve(model, own, *task, inputs).failures == 0);
    for (const char* order : {"sequential", "tree"}) {
      PolicyLayer layer;
      layer.set("order", order);
      const Policy chosen = policy_for(construction, bits, layer);
      CHECK(construction.refuses(size, chosen, {}).find("--order exact") != std::string::npos);
      const Outcome outcome = solve(model, chosen, *task, inputs);
      CHECK(outcome.failures * 2 > outcome.inputs);
    }
  }
}

TEST_CASE("its width grows in proportion to the number of digits") {
  const Construction& construction = find_construction("iteradd-exact");
  const auto width = [&](int n, int k) {
    const auto task = make_task(construction.task, {.n = n, .k = k});
    return shape(build(construction, *task, policy_for(construction, parse_format("fixed(1,0)")), {})).width;
  };
  CHECK(width(2, 32) < 2.2 * width(2, 16));
  CHECK(width(8, 8) < 2.2 * width(4, 8));
}
