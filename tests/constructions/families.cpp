// The adversarial families of ADD hold what fooled adders from outside: every pair of digits at every place, with
// and without a carry from below, and blocks of few digits wherever they fit.
#include <algorithm>
#include <memory>
#include <set>

#include <doctest/doctest.h>

#include "constructions/tasks/task.hpp"

using namespace roundoff::constructions;

TEST_CASE("adversarial inputs of ADD: every pair of digits at every place, with and without a carry in") {
  for (const TaskSize& size : {TaskSize{.p = 2, .n = 8}, TaskSize{.p = 3, .n = 6}, TaskSize{.p = 10, .n = 10}}) {
    CAPTURE(size.p);
    const std::unique_ptr<Task> task = make_task("add", size);
    const std::vector<Instance> inputs = task->adversarial(4096);
    CHECK(inputs.size() <= 4096);
    const auto n = static_cast<std::size_t>(size.n);
    std::set<std::vector<int>> seen;  // place, digit, digit, carry in
    for (const Instance& input : inputs)
      for (std::size_t i = 0; i < n; ++i) {
        int carry = 0;
        for (std::size_t j = n; j-- > i + 1;)
          carry = (input.operands[0][j] + input.operands[1][j] + carry) / size.p;
        seen.insert({static_cast<int>(i), input.operands[0][i], input.operands[1][i], carry});
      }
    // The least significant place has no carry in.
    CHECK(seen.size() == static_cast<std::size_t>(size.p * size.p * (2 * size.n - 1)));
  }
}

TEST_CASE("adversarial inputs of ADD: blocks of up to four digits with zeros before and behind") {
  const std::unique_ptr<Task> task = make_task("add", {.p = 10, .n = 10});
  std::set<std::pair<std::size_t, std::size_t>> blocks;  // zeros behind, length
  for (const Instance& input : task->adversarial(4096)) {
    std::size_t first = 10, last = 0;
    for (std::size_t i = 0; i < 10; ++i)
      if (input.operands[0][i] != 0 || input.operands[1][i] != 0) {
        first = std::min(first, i);
        last = i;
      }
    if (first <= last) blocks.insert({9 - last, last - first + 1});
  }
  for (std::size_t length = 1; length <= 4; ++length)
    for (std::size_t behind = 0; behind + length <= 10; ++behind) {
      CAPTURE(length);
      CAPTURE(behind);
      CHECK(blocks.contains({behind, length}));
    }
}

TEST_CASE("a change of families is a change of their version") {
  CHECK(make_task("add", {})->families() == 2);
  CHECK(make_task("iteradd", {})->families() == 2);
  CHECK(make_task("cot-iteradd", {})->families() == 2);
  CHECK(make_task("mul", {})->families() == 1);
}
