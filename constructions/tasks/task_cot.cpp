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

class ChainOfThought : public ArithmeticTask {
 public:
  /// The running totals, in order, each of answer_digits() digits.
  virtual std::vector<Digits> totals(const Instance& instance) const = 0;

  int positions() const override { return plain().positions() + (lines_ - 1) * (answer_tokens() + 1); }

  std::vector<Token> answer(const Instance& instance) const override {
    std::vector<Token> tokens;
    for (const Digits& total : totals(instance)) {
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
  int families() const override { return plain_->families(); }

  // The fast form knows answers of one line only.
  void fill(std::uint64_t first, std::size_t count, std::size_t stride, std::span<LaneToken> tokens,
            std::span<LaneToken> expected) const override {
    Task::fill(first, count, stride, tokens, expected);
  }
  void fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count, std::size_t stride,
                    std::span<LaneToken> tokens, std::span<LaneToken> expected) const override {
    Task::fill_samples(seed, first, count, stride, tokens, expected);
  }

 protected:
  /// `plain`: the task whose answer the last total is.
  ChainOfThought(std::unique_ptr<Task> plain, int operands, std::string symbol, int digits, int lines)
      : ArithmeticTask(refuse_ragged(plain->size()), operands, std::move(symbol), digits),
        plain_(std::move(plain)),
        lines_(lines) {}

  /// The lines in writing order, `next(line, before)` from the one before it.
  std::vector<Term> chain(Integers& integers, Number before,
                          const std::function<Number(int line, const Number& before)>& next) const {
    std::vector<Term> answer;
    for (int line = 0; line < lines_; ++line) {
      if (line > 0) answer.push_back(integers.constant(symbol("=")));
      before = integers.line(answer_tokens(), [&] { return next(line, before); });
      answer.insert(answer.end(), before.rbegin(), before.rend());
    }
    return answer;
  }

 private:
  static const TaskSize& refuse_ragged(const TaskSize& size) {
    if (size.ragged) throw UsageError("chain of thought has no ragged form: give operands of n digits");
    return size;
  }
  const ArithmeticTask& plain() const { return static_cast<const ArithmeticTask&>(*plain_); }

  std::unique_ptr<Task> plain_;
  int lines_;
};

class RunningSums final : public ChainOfThought {
 public:
  explicit RunningSums(const TaskSize& size)
      : ChainOfThought(make_task("iteradd", size), size.k, "+",
                       size.n + ceil_log(size.p, static_cast<std::uint64_t>(size.k)), size.k - 1) {
    if (size.k < 2) throw UsageError("cot-iteradd writes s_2 first: take k >= 2");
  }

  std::string_view name() const override { return "cot-iteradd"; }

  std::vector<Digits> totals(const Instance& instance) const override {
    std::vector<Digits> totals;
    Digits total = instance.operands[0];
    for (std::size_t j = 1; j < instance.operands.size(); ++j) {
      total = plus(total, instance.operands[j], size_.p, answer_digits());
      totals.push_back(total);
    }
    return totals;
  }

  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    return chain(integers, operands[0], [&](int line, const Number& before) {
      return sum_of(integers, base(), answer_tokens(),
                    {before, operands[static_cast<std::size_t>(line) + 1]});
    });
  }
};

class RunningProducts final : public ChainOfThought {
 public:
  explicit RunningProducts(const TaskSize& size)
      : ChainOfThought(make_task("mul", size), 2, "*", size.l == 0 ? 2 * size.n : size.l,
                       size.n * (size.p - 1) + 1) {}

  std::string_view name() const override { return "cot-mul"; }

  std::vector<Digits> totals(const Instance& instance) const override {
    std::vector<Digits> totals = {Digits(static_cast<std::size_t>(answer_digits()), 0)};
    const Digits &a = instance.operands[0], &b = instance.operands[1];
    Digits shifted = a;  // a p^t
    for (std::size_t t = 0; t < b.size(); ++t, shifted.push_back(0)) {
      for (int r = 1; r < size_.p; ++r) {
        const bool adds = b[b.size() - 1 - t] >= r;
        totals.push_back(plus(totals.back(), adds ? shifted : Digits{0}, size_.p, answer_digits()));
      }
    }
    return totals;
  }

  // In base p, token by token only at the ends: p^t is no power of the tokens' base.
  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    const std::int64_t p = size_.p;
    const int l = answer_digits();
    const auto below = [&](int i) { return static_cast<std::int64_t>(power(size_.p, i % size_.c)); };
    const auto digits_in = [&](const Number& tokens, int count) {
      Number digits;
      for (int i = 0; i < count; ++i) {
        const std::int64_t weight = below(i);
        digits.push_back(integers.map(tokens[static_cast<std::size_t>(i / size_.c)],
                                      [&](std::int64_t token) { return token / weight % p; }));
      }
      return digits;
    };
    const Number a = digits_in(operands[0], size_.n), b = digits_in(operands[1], size_.n);
    return chain(integers, {}, [&](int line, const Number& before) {
      if (line == 0) return Number(static_cast<std::size_t>(answer_tokens()), integers.constant(0));
      const int t = (line - 1) / (size_.p - 1), r = (line - 1) % (size_.p - 1) + 1;
      const Term adds = integers.map(b[static_cast<std::size_t>(t)],
                                     [&](std::int64_t digit) { return std::int64_t{digit >= r}; });
      const Number total = digits_in(before, l);
      const Number sum = integers.digits_of_columns(p, l, [&](int j) {
        std::vector<Term> column = {total[static_cast<std::size_t>(j)]};
        if (j >= t && j - t < size_.n)
          column.push_back(integers.times(adds, a[static_cast<std::size_t>(j - t)]));
        return column;
      });
      Number grouped;
      for (int i = 0; i < l; ++i) {
        if (i % size_.c == 0) grouped.push_back(integers.constant(0));
        grouped.back() = integers.plus(
            grouped.back(), integers.times(integers.constant(below(i)), sum[static_cast<std::size_t>(i)]));
      }
      return grouped;
    });
  }
};

}  // namespace

TaskEntry cot_iteradd_task() {
  return {.name = "cot-iteradd",
          .form = "a+...+z=s=...=s",
          .summary = "IterADD with the running totals written out",
          .make = [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
            return std::make_unique<RunningSums>(size);
          },
          .sizes = "nk",
          .families = {"those of iteradd"},
          .standard = {{.p = 2, .n = 2, .k = 3}, {.p = 3, .n = 1, .k = 3}}};
}

TaskEntry cot_mul_task() {
  return {.name = "cot-mul",
          .form = "a*b=s=...=s",
          .summary = "MUL by repeated shifted addition, with the running totals written out",
          .make = [](const TaskSize& size, const Parameters&) -> std::unique_ptr<Task> {
            return std::make_unique<RunningProducts>(size);
          },
          .sizes = "nl",
          .families = {"those of mul"},
          .standard = {{.p = 2, .n = 3}, {.p = 3, .n = 2}}};
}

}  // namespace roundoff::constructions
