// at-least-two(k): x_1 + ... + x_k = one digit, whether at least two of the bits are 1; and a transformer that
// solves it. A task is this much: its sequence and right answers (ArithmeticTask has what questions of operands
// share), the answer in exact integers, so that it can be certified, its hard inputs, and a bound.
#include "constructions/construction.hpp"
#include "constructions/tasks/arithmetic_task.hpp"
#include "constructions/tasks/counting.hpp"
#include "formats/error.hpp"
#include "formats/functions/steady.hpp"

namespace roundoff::constructions {

namespace {

TaskSize bits(TaskSize size) {
  if (size.p != 2 || size.c != 1 || size.ragged) throw UsageError("at-least-two is about bits: give --p 2");
  size.n = 1;
  return size;
}

class AtLeastTwo final : public ArithmeticTask {
 public:
  explicit AtLeastTwo(const TaskSize& size) : ArithmeticTask(bits(size), size.k, "+", 1) {}

  std::string_view name() const override { return "at-least-two"; }

  Digits result(const Instance& instance) const override {
    int ones = 0;
    for (const Digits& bit : instance.operands) ones += bit[0];
    return {static_cast<std::uint8_t>(ones >= 2 ? 1 : 0)};
  }
  Digits greatest() const override { return {1}; }

  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    Term ones = integers.constant(0);
    for (const Number& operand : operands)
      ones = integers.map(integers.plus(ones, operand[0]),
                          [](std::int64_t count) { return std::min<std::int64_t>(count, 2); });
    return {integers.map(ones, [](std::int64_t count) { return std::int64_t{count == 2}; })};
  }

  // None, one, or more: whoever holds the other half must be told which.
  double communication_bits() const override { return size_.k < 4 ? 0 : steady_log2(3); }

  std::vector<Instance> adversarial(std::size_t limit) const override {
    InstanceSet set(limit);
    const auto k = static_cast<std::size_t>(size_.k);
    for (std::size_t i = 0; i < k; ++i)
      for (std::size_t j = i; j < k; ++j) {
        std::vector<Digits> operands(k, Digits{0});
        operands[i] = operands[j] = Digits{1};
        set.add(operands);
      }
    return set.take();
  }
};

// One unit: a step for every one, and less than two of them leave it at zero.
Model build_model(const Task& task, const Policy& policy, const Settings&) {
  const Weight max = largest(policy);
  ModelBuilder model(task);
  LayerBuilder& layer = model.layer();
  const Bits bits = fetch_bits(model, layer, task, 1, max);
  layer.unit(-1 * bits.one + sum(bits.x), {{bits.verdict, 1}});
  verdict_logits(model, bits, task, max);
  return model.finish();
}

}  // namespace

TaskEntry at_least_two_task() {
  return {.name = "at-least-two",
          .form = "x+...+x=",
          .summary = "whether at least two of k bits are 1",
          .make = [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
            return std::make_unique<AtLeastTwo>(size);
          },
          .sizes = "k",
          .families = {"one or two ones, anywhere"},
          .standard = {{.k = 5}, {.k = 8}}};
}

Construction at_least_two() {
  return {.name = "at-least-two",
          .task = "at-least-two",
          .theorem = "an example",
          .regime = Regime::constant,
          .width = "2*k + 4",
          .family = "fixed(2,0)",
          .summary = "one unit counts to two; 1 layer",
          .note = "majority",
          .knobs = {},
          .refuses =
              [](const TaskSize&, const Policy& policy, const Settings&) {
                return first_reason(
                    {needs_saturation(policy), needs_sequential_sums(policy), needs_hard_heads(policy)});
              },
          .build = build_model};
}

}  // namespace roundoff::constructions
