// Chain of thought: the tasks whose answer shows its work, one running total a line, so that each token needs
// one addition of two numbers and no more. The grammar of a sequence is part of the task:
//
//   cot-iteradd   a_1 + a_2 + ... + a_k = s_2 = s_3 = ... = s_k <eos>    s_j = a_1 + ... + a_j
//   cot-mul       a * b = s_0 = s_1 = ... = s_m <eos>                    repeated shifted addition, from 0
//
// A total of cot-iteradd has n + ceil(log_p k) digits, all of them written; one of cot-mul the l low digits.
// Step (t, r) of cot-mul, t = 0 .. n-1 and r = 1 .. p-1 within it, adds a p^t if digit t of b is at least r,
// else 0: m = n(p-1) steps. The last total is the answer of IterADD and of MUL.
//
// Hard inputs are those of IterADD and MUL.
#include <algorithm>

#include "constructions/tasks/arithmetic_task.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {

namespace {

class ChainOfThought final : public ArithmeticTask {
 public:
  /// The running totals, in order, each of `digits` digits.
  using Totals = std::vector<Digits> (*)(const Instance& instance, const TaskSize& size, int digits);

  ChainOfThought(const TaskSize& size, std::string_view name, std::string_view plain_name, Totals totals)
      : ArithmeticTask(size, plain_name == "mul" ? 2 : size.k, plain_name == "mul" ? "*" : "+",
                       digits(size, plain_name)),
        name_(name),
        plain_(make_task(plain_name, size)),
        totals_(totals),
        lines_(static_cast<int>(totals_(instance(0), size, answer_digits()).size())) {}

  std::string_view name() const override { return name_; }

  int positions() const override {
    const int line = (answer_digits() + size_.c - 1) / size_.c + 1;
    return plain().positions() + (lines_ - 1) * line;
  }

  std::vector<Token> answer(const Instance& instance) const override {
    std::vector<Token> tokens;
    for (const Digits& total : totals_(instance, size_, answer_digits())) {
      if (!tokens.empty()) tokens.push_back(symbol("="));
      for (const int value : groups(total, size_.p, size_.c)) tokens.push_back(static_cast<Token>(value));
    }
    tokens.push_back(eos());
    return tokens;
  }

  SequenceShape shape(const Instance& instance) const override {
    SequenceShape shape = ArithmeticTask::shape(instance);
    shape.tokens.resize(static_cast<std::size_t>(shape.first_output) + 1);  // up to the first `=`
    const std::vector<int> most =
        groups(Digits(static_cast<std::size_t>(answer_digits()), static_cast<std::uint8_t>(size_.p - 1)),
               size_.p, size_.c);
    for (int line = 0; line < lines_; ++line) {
      if (line > 0) shape.tokens.push_back({symbol("=")});
      for (const int greatest : most) {
        std::vector<Token>& possible = shape.tokens.emplace_back();
        for (int value = 0; value <= greatest; ++value) possible.push_back(static_cast<Token>(value));
      }
    }
    return shape;
  }

  Digits result(const Instance& instance) const override { return plain().result(instance); }
  Digits greatest() const override { return plain().greatest(); }
  std::vector<Instance> adversarial(std::size_t limit) const override { return plain_->adversarial(limit); }

  // The fast form knows answers of one line only.
  void fill(std::uint64_t first, std::size_t count, std::size_t stride, std::span<LaneToken> tokens,
            std::span<LaneToken> expected) const override {
    Task::fill(first, count, stride, tokens, expected);
  }
  void fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count, std::size_t stride,
                    std::span<LaneToken> tokens, std::span<LaneToken> expected) const override {
    Task::fill_samples(seed, first, count, stride, tokens, expected);
  }

 private:
  static int digits(const TaskSize& size, std::string_view plain_name) {
    if (size.ragged) throw UsageError("chain of thought has no ragged form: give operands of n digits");
    if (plain_name == "mul") return size.l == 0 ? 2 * size.n : size.l;
    if (size.k < 2) throw UsageError("cot-iteradd writes s_2 first: take k >= 2");
    return size.n + ceil_log(size.p, static_cast<std::uint64_t>(size.k));
  }
  const ArithmeticTask& plain() const { return static_cast<const ArithmeticTask&>(*plain_); }

  std::string_view name_;
  std::unique_ptr<Task> plain_;  ///< whose answer the last total is
  Totals totals_;
  int lines_;
};

std::vector<Digits> sums(const Instance& instance, const TaskSize& size, int digits) {
  std::vector<Digits> totals;
  Digits total = instance.operands[0];
  for (std::size_t j = 1; j < instance.operands.size(); ++j) {
    total = plus(total, instance.operands[j], size.p, digits);
    totals.push_back(total);
  }
  return totals;
}

std::vector<Digits> products(const Instance& instance, const TaskSize& size, int digits) {
  const auto length = static_cast<std::size_t>(digits);
  std::vector<Digits> totals = {Digits(length, 0)};
  const Digits &a = instance.operands[0], &b = instance.operands[1];
  Digits shifted = a;  // a p^t
  for (std::size_t t = 0; t < b.size(); ++t, shifted.push_back(0)) {
    for (int r = 1; r < size.p; ++r) {
      const bool adds = b[b.size() - 1 - t] >= r;
      totals.push_back(plus(totals.back(), adds ? shifted : Digits{0}, size.p, digits));
    }
  }
  return totals;
}

}  // namespace

TaskEntry cot_iteradd_task() {
  return {"cot-iteradd", "a+...+z=s=...=s : IterADD with the running totals written out",
          [](const TaskSize& size) -> std::unique_ptr<Task> {
            return std::make_unique<ChainOfThought>(size, "cot-iteradd", "iteradd", sums);
          }};
}

TaskEntry cot_mul_task() {
  return {"cot-mul", "a*b=s=...=s : MUL by repeated shifted addition, with the running totals written out",
          [](const TaskSize& size) -> std::unique_ptr<Task> {
            return std::make_unique<ChainOfThought>(size, "cot-mul", "mul", products);
          }};
}

}  // namespace roundoff::constructions
