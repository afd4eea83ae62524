// Operands of unequal lengths: add-ragged on all of them.
#include <cstdlib>

#include <doctest/doctest.h>

#include "constructions/construction.hpp"
#include "tests/constructions/solve.hpp"

using namespace roundoff::constructions;

namespace {

std::size_t failures(const TaskSize& size, const char* format, const Settings& given = {}) {
  const Construction& construction = find_construction("add-ragged");
  const auto task = make_task("add", size);
  const Policy policy = policy_for(construction, parse_format(format));
  const Model model = build(construction, *task, policy, complete(construction, size, given));
  const std::vector<Instance> inputs = all_inputs(*task);
  CHECK(inputs.size() == static_cast<std::size_t>(task->input_count()));
  return solve(model, policy, *task, inputs).failures;
}

}  // namespace

TEST_CASE("ADD of operands of all lengths holds in 2-bit numbers, on every pair of digit strings") {
  const int longest = std::getenv("ROUNDOFF_LONG") ? 6 : 4;
  for (int n = 1; n <= longest; ++n) {
    CAPTURE(n);
    CHECK(failures({.p = 2, .n = n, .ragged = true}, "fixed(1,0)") == 0);
  }
  CHECK(failures({.p = 3, .n = 2, .ragged = true}, "fixed(1,0)") == 0);
  CHECK(failures({.p = 5, .n = 1, .ragged = true}, "F(0,2)") == 0);
  CHECK(failures({.p = 10, .n = 2, .ragged = true}, "fixed(1,0)") == 0);
  CHECK(failures({.p = 2, .n = 3}, "fixed(1,0)") == 0);  // equal lengths are lengths
}

TEST_CASE("the heads by distance may be spread over layers, which makes the model narrower") {
  for (const int rounds : {2, 4})
    CHECK(failures({.p = 2, .n = 3, .ragged = true}, "fixed(1,0)", {{"rounds", rounds}}) == 0);
  const Construction& construction = find_construction("add-ragged");
  const TaskSize size{.p = 2, .n = 160, .ragged = true};
  const auto task = make_task("add", size);
  const Policy policy = policy_for(construction, parse_format("fixed(1,0)"));
  const auto width = [&](int rounds) {
    return shape(build(construction, *task, policy, {{"rounds", rounds}})).width;
  };
  CHECK(width(2) < width(1));
}
