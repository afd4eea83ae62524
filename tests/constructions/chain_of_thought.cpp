// Chain of thought: the grammar of its sequences, and the constructions on every shape of a small volume.
#include <cstdlib>

#include <doctest/doctest.h>

#include "constructions/construction.hpp"
#include "formats/error.hpp"
#include "formats/notation/family.hpp"
#include "tests/constructions/solve.hpp"

using namespace roundoff::constructions;

namespace {

Outcome exhaust(std::string_view name, const TaskSize& size, std::string_view format) {
  const Construction& construction = find_construction(name);
  const auto task = make_task(construction.task, size);
  const Policy policy = policy_for(construction, parse_format(format));
  const Model model = build(construction, *task, policy, complete(construction, size, {}));
  return solve(model, policy, *task, all_inputs(*task));
}

}  // namespace

TEST_CASE("the running totals are written out, and the last one is the plain task's answer") {
  const auto sums = make_task("cot-iteradd", {.p = 10, .n = 2, .k = 3});
  CHECK(sums->text(sums->answer(sums->parse("95+17+08="))) == "112=120<eos>");
  const auto products = make_task("cot-mul", {.p = 3, .n = 2});
  CHECK(products->text(products->answer(products->parse("12*21="))) == "0000=0012=0012=0202=1022<eos>");
  for (const auto& [cot, plain] : {std::pair{"cot-iteradd", "iteradd"}, std::pair{"cot-mul", "mul"}}) {
    for (const TaskSize size :
         {TaskSize{.p = 3, .n = 2, .k = 3, .l = 3}, TaskSize{.p = 2, .n = 3, .k = 2, .c = 2}}) {
      const auto written = make_task(cot, size), told = make_task(plain, size);
      for (std::uint64_t j = 0; j < static_cast<std::uint64_t>(told->input_count()); j += 5) {
        const Instance instance = told->instance(j);
        const std::vector<Token> all = written->answer(instance), last = told->answer(instance);
        REQUIRE(all.size() >= last.size());
        CHECK(written->text({all.end() - static_cast<std::ptrdiff_t>(last.size()), all.end()}) ==
              told->text(last));
        const std::size_t read = written->question(instance).size() + all.size() - 1;
        CHECK(read == static_cast<std::size_t>(written->positions()));
        CHECK(read == static_cast<std::size_t>(written->shape(instance).positions()));
      }
    }
  }
  CHECK_THROWS_AS(make_task("cot-iteradd", {.k = 1}), UsageError);
  CHECK_THROWS_AS(make_task("cot-mul", {.ragged = true}), UsageError);
}

TEST_CASE("IterADD with a chain of thought runs in 2-bit numbers, every shape of a small volume") {
  const int most = std::getenv("ROUNDOFF_LONG") ? 12 : 9;
  for (int n = 1; n <= most; ++n) {
    for (int k = 2; n * k <= most; ++k) {
      CAPTURE(n);
      CAPTURE(k);
      CHECK(exhaust("cot-iteradd", {.p = 2, .n = n, .k = k}, "fixed(1,0)").failures == 0);
    }
  }
  CHECK(exhaust("cot-iteradd", {.p = 2, .n = 2, .k = 3}, "F(0,2)").failures == 0);
  CHECK(exhaust("cot-mul", {.p = 2, .n = 3, .l = 5}, "F(0,2)").failures == 0);
  CHECK(exhaust("cot-mul", {.p = 2, .n = 4}, "fixed(1,0)").failures == 0);
}

TEST_CASE("a chain of thought needs sums that saturate in order") {
  const Construction& construction = find_construction("cot-iteradd");
  const TaskSize size{.p = 2, .n = 2, .k = 3};
  const auto task = make_task(construction.task, size);
  const Policy policy = Policy::uniform(parse_format("fixed(1,0)"));
  const Model model = build(construction, *task, policy, {});
  for (const char* order : {"tree", "exact"}) {
    Policy other = policy;
    other.order = parse_order(order);
    CHECK(!construction.refuses(size, other, {}).empty());
    CHECK(solve(model, other, *task, all_inputs(*task)).failures > 0);
  }
}
