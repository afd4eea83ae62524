// MAJORITY(k), PARITY(k), AND(k) and OR(k): whether more than half of the bits are 1, whether their number is odd,
// whether all are, whether one is. The small tasks that carry the bounds: IterADD and MUL contain MAJORITY (Feng et
// al. 2024, section 4); AND and OR are what one unit of constant precision can do.
//
// Hard inputs: every number of ones, first and last.
#include <algorithm>

#include "constructions/tasks/counting_task.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {

namespace {

TaskSize bits(TaskSize size, std::string_view name) {
  if (size.p != 2 || size.c != 1 || size.ragged)
    throw UsageError(std::string(name) + " is about bits: give --p 2, one digit a token, no --ragged");
  size.n = 1;
  return size;
}

bool is_majority(std::int64_t ones, std::int64_t k) { return 2 * ones > k; }
bool is_odd_number(std::int64_t ones, std::int64_t) { return ones % 2 == 1; }
bool all(std::int64_t ones, std::int64_t k) { return ones == k; }
bool any(std::int64_t ones, std::int64_t) { return ones > 0; }

}  // namespace

CountingTask::CountingTask(const TaskSize& size, std::string_view name, Decide decide)
    : ArithmeticTask(bits(size, name), size.k, "+", 1), name_(name), decide_(decide) {}

Digits CountingTask::result(const Instance& instance) const {
  int ones = 0;
  for (const Digits& bit : instance.operands) ones += bit[0];
  return {static_cast<std::uint8_t>(decide_(ones, size_.k) ? 1 : 0)};
}

std::vector<Term> CountingTask::specification(Integers& integers, std::span<const Number> operands) const {
  Term ones = integers.constant(0);
  for (std::size_t j = operands.size(); j-- > 0;) ones = integers.plus(operands[j][0], ones);
  return {integers.map(ones, [&](std::int64_t count) { return std::int64_t{decide_(count, size_.k)}; })};
}

std::vector<Instance> CountingTask::adversarial(std::size_t limit) const {
  InstanceSet set(limit);
  for (int ones = 0; ones <= size_.k; ++ones) {
    std::vector<Digits> operands(static_cast<std::size_t>(size_.k), Digits{0});
    std::fill_n(operands.begin(), ones, Digits{1});
    set.add(operands);
    set.add({operands.rbegin(), operands.rend()});
  }
  return set.take();
}

TaskEntry counting_entry(std::string_view name, std::string_view summary, decltype(TaskEntry::make) make) {
  return {.name = name,
          .form = "x+...+x=",
          .summary = summary,
          .make = std::move(make),
          .sizes = "k",
          .families = {"every number of ones, the ones first and last"},
          .standard = {{.k = 5}, {.k = 8}}};
}

TaskEntry majority_task() {
  return counting_entry("majority", "whether more than half of k bits are 1",
                        [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
                          return std::make_unique<CountingTask>(size, "majority", is_majority);
                        });
}

TaskEntry parity_task() {
  return counting_entry("parity", "whether an odd number of k bits is 1",
                        [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
                          return std::make_unique<CountingTask>(size, "parity", is_odd_number);
                        });
}

TaskEntry and_task() {
  return counting_entry("and", "whether all of k bits are 1",
                        [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
                          return std::make_unique<CountingTask>(size, "and", all);
                        });
}

TaskEntry or_task() {
  return counting_entry("or", "whether any of k bits is 1",
                        [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
                          return std::make_unique<CountingTask>(size, "or", any);
                        });
}

}  // namespace roundoff::constructions
