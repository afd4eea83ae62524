// MAJORITY(k) and PARITY(k): x_1 + ... + x_k = one digit, whether more than half of the bits are 1, and
// whether their number is odd. The small tasks that carry the lower bounds: IterADD and MUL contain MAJORITY
// (Feng et al. 2024, section 4).
//
// Hard inputs: every number of ones, first and last.
#include "constructions/tasks/arithmetic_task.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {

namespace {

TaskSize bits(TaskSize size) {
  if (size.p != 2 || size.c != 1 || size.ragged)
    throw UsageError("majority and parity are about bits: give --p 2, one digit a token, no --ragged");
  size.n = 1;
  return size;
}

class CountingTask final : public ArithmeticTask {
 public:
  CountingTask(const TaskSize& size, std::string_view name, bool (*decide)(int ones, int k))
      : ArithmeticTask(bits(size), size.k, "+", 1), name_(name), decide_(decide) {}

  std::string_view name() const override { return name_; }
  Digits result(const Instance& instance) const override {
    int ones = 0;
    for (const Digits& bit : instance.operands) ones += bit[0];
    return {static_cast<std::uint8_t>(decide_(ones, size_.k) ? 1 : 0)};
  }
  Digits greatest() const override { return {1}; }

  std::vector<Instance> adversarial(std::size_t limit) const override {
    InstanceSet set(limit);
    for (int ones = 0; ones <= size_.k; ++ones) {
      std::vector<Digits> operands(static_cast<std::size_t>(size_.k), Digits{0});
      std::fill_n(operands.begin(), ones, Digits{1});
      set.add(operands);
      set.add({operands.rbegin(), operands.rend()});
    }
    return set.take();
  }

 private:
  std::string_view name_;
  bool (*decide_)(int ones, int k);
};

}  // namespace

TaskEntry majority_task() {
  return {"majority", "x+...+x= : whether more than half of k bits are 1",
          [](const TaskSize& size) -> std::unique_ptr<Task> {
            return std::make_unique<CountingTask>(size, "majority",
                                                  [](int ones, int k) { return 2 * ones > k; });
          }};
}

TaskEntry parity_task() {
  return {"parity", "x+...+x= : whether an odd number of k bits is 1",
          [](const TaskSize& size) -> std::unique_ptr<Task> {
            return std::make_unique<CountingTask>(size, "parity",
                                                  [](int ones, int) { return ones % 2 == 1; });
          }};
}

}  // namespace roundoff::constructions
