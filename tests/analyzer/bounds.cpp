// Lower bounds at sizes computed by hand (theory-notes).
#include "analyzer/bounds/bounds.hpp"

#include <doctest/doctest.h>

#include "formats/error.hpp"

using namespace roundoff::analyzer;

namespace {

Bound bound(const std::string& name, const char* task, const TaskSize& size, const char* format, int layers,
            Softmax softmax = Softmax::plain, const char* order = "sequential") {
  const auto made = make_task(task, size);
  Policy policy = Policy::uniform(parse_format(format));
  policy.softmax = softmax;
  policy.order = parse_order(order);
  for (const Bound& each : lower_bounds(*made, policy, layers))
    if (each.name == name) return each;
  throw UsageError("no bound " + name);
}

}  // namespace

TEST_CASE("the one-layer bound is n lg p over the bits") {
  // 32 * lg 10 / 5 = 21.26
  const Bound add = bound("one-layer communication", "add", {.p = 10, .n = 32}, "F(0,2)", 1);
  CHECK(add.applies);
  CHECK(add.value == 22);
  CHECK(add.quantity == "heads*(d_v+2)");
  CHECK(bound("one-layer communication", "add", {.p = 10, .n = 32}, "F(0,2)", 1, Softmax::stable).quantity ==
        "heads*(d_v+4)");
  // 64 / 2 bits = 32; at most 3 heads*d_v
  CHECK(bound("one-layer width", "add", {.p = 2, .n = 64}, "fixed(1,0)", 1).value == 11);
  // (k/2)(2^n - 1): 3 + 16 bits over 2
  CHECK(bound("one-layer communication", "iteradd", {.p = 2, .n = 16, .k = 16}, "fixed(1,0)", 1).value == 10);
}

TEST_CASE("a bound that does not apply says why") {
  const TaskSize size{.p = 2, .n = 64};
  CHECK_FALSE(bound("one-layer communication", "add", size, "fixed(1,0)", 2).applies);
  CHECK_FALSE(
      bound("one-layer communication", "add", size, "fixed(1,0)", 1, Softmax::plain, "exact").applies);
  CHECK(bound("one-layer communication", "add", size, "fixed(1,0)", 1, Softmax::plain, "exact")
            .condition.find("exact") != std::string::npos);
}

TEST_CASE("the counting bound is lg of positions times tokens over the bits of a value") {
  // p=2, n=3: a+b= and 4 answer digits: 12 positions, tokens 0 1 + = <eos>; lg 60 / lg 3 = 3.73
  const Bound counting = bound("counting", "add", {.p = 2, .n = 3}, "fixed(1,0)", 4);
  CHECK(counting.applies);
  CHECK(counting.value == 4);
  CHECK(value_count(parse_format("fixed(1,0)")) == 3);
  CHECK(value_count(parse_format("twos(1,0)")) == 4);
  CHECK(value_count(parse_format("F(0,2)")) == 31);
}
