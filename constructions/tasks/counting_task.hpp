// Tasks on k bits, x_1 + ... + x_k =, whose answer is one bit that the number of ones decides.
#pragma once

#include <string_view>

#include "constructions/tasks/arithmetic_task.hpp"

namespace roundoff::constructions {

/// Whether the answer is 1, of `ones` ones among k bits.
using Decide = bool (*)(std::int64_t ones, std::int64_t k);

class CountingTask final : public ArithmeticTask {
 public:
  /// UsageError for a base other than 2, several bits a token, or operands of several lengths.
  CountingTask(const TaskSize& size, std::string_view name, Decide decide);

  std::string_view name() const override { return name_; }
  Digits result(const Instance& instance) const override;
  Digits greatest() const override { return {1}; }
  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override;
  std::vector<Instance> adversarial(std::size_t limit) const override;

 private:
  std::string_view name_;
  Decide decide_;
};

/// The registry's entry of such a task; `make` makes it at a size.
TaskEntry counting_entry(std::string_view name, std::string_view summary, decltype(TaskEntry::make) make);

}  // namespace roundoff::constructions
