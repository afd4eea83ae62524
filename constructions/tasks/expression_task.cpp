// See expression_task.hpp.
#include "constructions/tasks/expression_task.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "constructions/expressions/evaluate.hpp"
#include "constructions/expressions/symbolic.hpp"
#include "constructions/tasks/draws.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

class ExpressionTask final : public ArithmeticTask {
 public:
  ExpressionTask(const TaskSize& size, ExpressionForm form)
      : ArithmeticTask(size, form.sequence), form_(std::move(form)) {}

  std::string_view name() const override { return form_.name; }
  std::string spec() const override { return form_.spec; }
  std::string digest() const override { return form_.digest; }

  Digits result(const Instance& instance) const override {
    std::vector<Integer> operands;
    for (const Digits& digits : instance.operands) operands.push_back(to_number(digits, size_.p));
    std::string why;
    try {
      const Integer value = evaluate(form_.answer, operands);
      if (std::optional<Digits> digits = to_digits(value, size_.p, answer_digits())) return *digits;
      const std::string text = value.str();
      why = fmt::format("{}{} and has no {} digits in base {}", text.substr(0, 40),
                        text.size() > 40 ? "..." : "", answer_digits(), size_.p);
    } catch (const UsageError& error) {
      why = error.what();
    }
    throw UsageError(fmt::format("{}: the answer to {} is {}", form_.name, text(instance), why));
  }
  Digits greatest() const override {
    return Digits(static_cast<std::size_t>(answer_digits()), static_cast<std::uint8_t>(size_.p - 1));
  }

  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    const int part = answer_digits() % size_.c;
    const auto leading = static_cast<std::int64_t>(power(size_.p, part == 0 ? size_.c : part));
    const std::optional<Number> digits =
        symbolic_digits(form_.answer, integers, operands, base(), answer_tokens(), leading);
    if (!digits) return {};
    return sequence().answer_least_first ? *digits : written(*digits);
  }

  std::vector<Instance> adversarial(std::size_t limit) const override {
    InstanceSet set(limit);
    for (const std::string& word : form_.words) set.add(parse(word).operands);
    const std::vector<Digits> hard = extremes();
    std::vector<std::size_t> pick(static_cast<std::size_t>(operands()), 0);
    constexpr std::size_t most_combinations = 4096;
    for (std::size_t j = 0; j < most_combinations && !set.full(); ++j) {
      std::vector<Digits> chosen;
      for (const std::size_t i : pick) chosen.push_back(hard[i]);
      set.add(chosen);
      std::size_t at = 0;
      while (at < pick.size() && ++pick[at] == hard.size()) pick[at++] = 0;
      if (at == pick.size()) break;
    }
    single_changes(set);
    return set.take();
  }

 private:
  const ArithmeticForm& sequence() const { return form_.sequence; }

  std::vector<Digits> extremes() const {
    const auto n = static_cast<std::size_t>(digits());
    const auto most = static_cast<std::uint8_t>(size_.p - 1);
    const Digits zero(n, 0), all(n, most);
    Digits one = zero, top = zero, almost = all, alternating = zero;
    one.back() = 1;
    top.front() = 1;
    almost.back() = static_cast<std::uint8_t>(most - 1);
    for (std::size_t i = 0; i < n; i += 2) alternating[n - 1 - i] = most;
    return {zero, all, one, top, almost, alternating};
  }

  // All operands alike, and one digit of one of them one more or less.
  void single_changes(InstanceSet& set) const {
    const auto n = static_cast<std::size_t>(digits());
    for (std::uint64_t draw = 0; draw < 64; ++draw) {
      Draws draws(0x5eed, draw);
      Digits like(n);
      for (std::uint8_t& digit : like)
        digit = static_cast<std::uint8_t>(draws.below(static_cast<std::uint64_t>(size_.p)));
      const std::vector<Digits> alike(static_cast<std::size_t>(operands()), like);
      if (set.full()) return;
      set.add(alike);
      for (std::size_t o = 0; o < alike.size(); ++o)
        for (std::size_t i = 0; i < n; ++i)
          for (const int change : {1, size_.p - 1}) {
            std::vector<Digits> changed = alike;
            changed[o][i] = static_cast<std::uint8_t>((changed[o][i] + change) % size_.p);
            set.add(changed);
          }
    }
  }

  ExpressionForm form_;
};

}  // namespace

std::unique_ptr<Task> expression_task(const TaskSize& size, ExpressionForm form) {
  return std::make_unique<ExpressionTask>(size, std::move(form));
}

Names size_names(const TaskSize& size) {
  return {
      {"p", size.p}, {"n", size.n}, {"k", size.k}, {"l", size.l == 0 ? 2 * size.n : size.l}, {"c", size.c}};
}

}  // namespace roundoff::constructions
