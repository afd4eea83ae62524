// Lower bounds at sizes computed by hand (theory-notes).
#include "analyzer/bounds/bounds.hpp"

#include "analyzer/bounds/any_depth.hpp"

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

// By hand, |V| = 3, seven layers: width 1 holds 7 * 3 * (1 + 3 + 9) * lg 3 = 432.7 bits, width 2 (one head)
// 7 * 9 * (1 + 3 + 18) * lg 3 = 2196.8, width 3 7 * 27 * (1 + 3 + 27) * lg 3 = 9286.2.
TEST_CASE("the any-depth bound is the least width whose message holds the operand") {
  CHECK(message_bits(1, 7, 3) == doctest::Approx(432.69).epsilon(1e-4));
  CHECK(message_bits(2, 7, 3) == doctest::Approx(2196.76).epsilon(1e-4));
  CHECK(any_depth_width(64, 7, 3) == 1);
  CHECK(any_depth_width(1000, 7, 3) == 2);
  CHECK(any_depth_width(1e4, 7, 3) == 4);
  CHECK(any_depth_width(1e6, 7, 3) == 7);
  CHECK(any_depth_width(1e9, 7, 3) == 13);
  CHECK(any_depth_width(1e9, 7, 4) == 10);
  // one layer of width 1 holds 61.8 bits
  CHECK(deepest_above_one(64, 3) == 1);
  CHECK(deepest_above_one(1000, 3) == 16);
  CHECK(deepest_above_one(60, 3) == 0);
  const Bound add = bound("any-depth width", "add", {.p = 2, .n = 1000}, "fixed(1,0)", 7, Softmax::stable);
  CHECK(add.applies);
  CHECK(add.value == 2);
  CHECK(add.condition.find("16 layers") != std::string::npos);
  CHECK_FALSE(bound("any-depth width", "add", {.p = 2, .n = 1000}, "fixed(1,0)", 7, Softmax::stable, "exact").applies);
  CHECK_FALSE(bound("any-depth width", "parity", {.k = 8}, "fixed(1,0)", 1).applies);
}
