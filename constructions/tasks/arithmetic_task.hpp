// What ADD, IterADD and MUL share: operands of n digits joined by a symbol, `=`, and an answer of a fixed
// number of digits. A task of this kind says what its right answer is and which inputs are hard.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "constructions/tasks/digits.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

class ArithmeticTask : public Task {
 public:
  SequenceShape shape(const Instance& instance) const override;
  std::vector<Token> question(const Instance& instance) const override;
  std::vector<Token> answer(const Instance& instance) const override;
  double input_count() const override;
  Instance instance(std::uint64_t j) const override;
  Instance sample(std::uint64_t seed, std::uint64_t index) const override;
  Instance parse(std::string_view text) const override;
  void fill(std::uint64_t first, std::size_t count, std::size_t stride, std::span<LaneToken> tokens,
            std::span<LaneToken> expected) const override;
  void fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count, std::size_t stride,
                    std::span<LaneToken> tokens, std::span<LaneToken> expected) const override;

  std::string_view joiner() const override { return symbol_; }
  int positions() const override;

  int operands() const { return operands_; }
  int answer_digits() const { return answer_digits_; }
  /// The answer, answer_digits() digits.
  virtual Digits result(const Instance& instance) const = 0;
  /// The greatest answer of any instance (its leading digits bound the leading answer token).
  virtual Digits greatest() const = 0;

 protected:
  ArithmeticTask(const TaskSize& size, int operands, std::string symbol, int answer_digits);

  /// `result` of many instances: digit i of operand o of a lane is digits[(o * n + i) * stride + lane], and
  /// digit i of its answer goes to answers[i * stride + lane].
  virtual void results(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
                       std::span<std::uint8_t> answers) const;

 private:
  void fill_digits(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
                   std::span<LaneToken> tokens, std::span<LaneToken> expected) const;

  int operands_;
  std::string symbol_;
  int answer_digits_;
};

/// Collects instances in order, without repetition, until there are `limit`.
class InstanceSet {
 public:
  explicit InstanceSet(std::size_t limit) : limit_(limit) {}
  bool full() const { return instances_.size() >= limit_; }
  void add(std::vector<Digits> operands);
  std::vector<Instance> take() { return std::move(instances_); }

 private:
  std::size_t limit_;
  std::vector<Instance> instances_;
  std::set<std::vector<Digits>> seen_;
};

}  // namespace roundoff::constructions
