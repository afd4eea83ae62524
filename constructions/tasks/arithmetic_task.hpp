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

/// How the sequence is laid out.
struct ArithmeticForm {
  int operands = 2;
  std::string separator = "+";  ///< between operands; "" where there is one
  int answer_digits = 0;
  std::string end = "=";  ///< behind the operands
  int digits = 0;         ///< of an operand; 0: n
  bool least_first = false, answer_least_first = false;
};

class ArithmeticTask : public Task {
 public:
  SequenceShape shape(const Instance& instance) const override;
  std::vector<Token> question(const Instance& instance) const override;
  std::vector<Token> answer(const Instance& instance) const override;
  Instance read(std::span<const Token> question, const Instance& lengths) const override;
  double input_count() const override;
  Instance instance(std::uint64_t j) const override;
  Instance sample(std::uint64_t seed, std::uint64_t index) const override;
  Instance parse(std::string_view text) const override;
  using Task::text;
  std::string text(const Instance& instance) const override;
  bool least_first() const override { return form_.least_first; }
  void fill(std::uint64_t first, std::size_t count, std::size_t stride, std::span<LaneToken> tokens,
            std::span<LaneToken> expected) const override;
  void fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count, std::size_t stride,
                    std::span<LaneToken> tokens, std::span<LaneToken> expected) const override;

  std::string_view joiner() const override { return form_.separator; }
  int positions() const override;

  int operands() const { return form_.operands; }
  int digits() const { return form_.digits; }  ///< of an operand, at most
  int answer_digits() const { return form_.answer_digits; }
  int answer_tokens() const { return (answer_digits() + size_.c - 1) / size_.c; }
  const ArithmeticForm& form() const { return form_; }
  /// The answer, answer_digits() digits.
  virtual Digits result(const Instance& instance) const = 0;
  /// The greatest answer of any instance (its leading digits bound the leading answer token).
  virtual Digits greatest() const = 0;

 protected:
  ArithmeticTask(const TaskSize& size, ArithmeticForm form);
  ArithmeticTask(const TaskSize& size, int operands, std::string separator, int answer_digits)
      : ArithmeticTask(size, {operands, std::move(separator), answer_digits}) {}

  /// `result` of many instances: digit i of operand o of a lane is digits[(o * n + i) * stride + lane], and
  /// digit i of its answer goes to answers[i * stride + lane].
  virtual void results(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
                       std::span<std::uint8_t> answers) const;

 private:
  void fill_digits(std::span<const std::uint8_t> digits, std::size_t count, std::size_t stride,
                   std::span<LaneToken> tokens, std::span<LaneToken> expected) const;

  ArithmeticForm form_;
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
