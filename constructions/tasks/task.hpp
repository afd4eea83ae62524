// Tasks (semantics.md, section 4): a vocabulary, sequences, right answers, adversarial families, and how many
// inputs there are. One file a task; task.cpp is the registry. Digits are most significant first; a token is
// a group of c digits from the least significant end (the first group of an operand is padded with zeros).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "constructions/names.hpp"
#include "formats/notation/family.hpp"
#include "sim/program/program.hpp"

namespace roundoff::constructions {

/// The size of a task. What a task does not use is ignored by it.
struct TaskSize {
  int p = 2;  ///< base, >= 2
  int n = 4;  ///< digits per operand
  int k = 2;  ///< operands (IterADD); terms (MAJORITY, PARITY)
  int l = 0;  ///< low digits of a product; 0: 2n
  int c = 1;  ///< digits per token
  bool ragged = false;
  friend bool operator==(const TaskSize&, const TaskSize&) = default;
};

/// One input of a task: operands as digit strings, most significant first, values 0..p-1.
using Digits = std::vector<std::uint8_t>;
struct Instance {
  std::vector<Digits> operands;
  friend bool operator==(const Instance&, const Instance&) = default;
};

class Task {
 public:
  virtual ~Task() = default;

  virtual std::string_view name() const = 0;  ///< add, iteradd, mul, ...
  const TaskSize& size() const { return size_; }
  virtual Bindings bindings() const;  ///< n, k, p, l, N for format families

  /// The digit tokens 0 .. p^c - 1 come first (token id = value), then the symbols; <eos> is the last.
  const std::vector<std::string>& vocabulary() const { return vocabulary_; }
  virtual Token eos() const { return static_cast<Token>(vocabulary_.size() - 1); }
  Token symbol(std::string_view text) const;
  int base() const { return base_; }  ///< p^c

  /// How a model from outside puts the task, as template_task reads it, or "" for the task's own sequences
  /// (whose end token is never missing; a template's eos() may be no token of the vocabulary).
  virtual std::string layout() const { return ""; }

  /// The symbol between operands in text: "+", "*".
  virtual std::string_view joiner() const = 0;
  /// N: positions that a model reads for operands of full length (question and answer, without <eos>).
  virtual int positions() const = 0;

  /// What a teacher-forced sequence of this instance's operand lengths looks like: question and answer,
  /// without <eos>.
  virtual SequenceShape shape(const Instance& instance) const;
  virtual std::vector<Token> question(const Instance& instance) const = 0;
  /// Answer tokens, <eos> included.
  virtual std::vector<Token> answer(const Instance& instance) const = 0;

  /// How many inputs there are (as a real number when it does not fit): p^(2n), ...
  virtual double input_count() const = 0;
  /// The j-th input, 0 <= j < input_count(), when that is below 2^63.
  virtual Instance instance(std::uint64_t j) const = 0;
  /// Draw number `index` of the stream `seed`: a uniform input, own bounded draws.
  virtual Instance sample(std::uint64_t seed, std::uint64_t index) const = 0;
  /// Inputs for lanes, many at once: the teacher-forced tokens of inputs first .. first+count-1 go to
  /// tokens[position * stride + lane], and the right choices to expected[output * stride + lane]. The inputs
  /// must have one shape. The same tokens as `question` and `answer` of `instance(j)`, which is what this
  /// does unless a task knows better.
  virtual void fill(std::uint64_t first, std::size_t count, std::size_t stride, std::span<LaneToken> tokens,
                    std::span<LaneToken> expected) const;
  /// Likewise draws first .. first+count-1 of the stream `seed`.
  virtual void fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count, std::size_t stride,
                            std::span<LaneToken> tokens, std::span<LaneToken> expected) const;
  /// One input into its lane.
  void fill_lane(const Instance& instance, std::size_t lane, std::size_t stride, std::span<LaneToken> tokens,
                 std::span<LaneToken> expected) const;

  /// Extreme and adversarial inputs (semantics.md, section 4), without repetition, at most about `limit`.
  virtual std::vector<Instance> adversarial(std::size_t limit) const = 0;

  /// "0123+0456=" (with or without "=" and blanks) into an instance. UsageError naming the digit, length or
  /// symbol.
  virtual Instance parse(std::string_view text) const = 0;
  /// The question as text, digits above 9 as a..z (p <= 36), else decimal numbers separated by dots.
  std::string text(const Instance& instance) const;
  /// A token sequence as text.
  std::string text(std::span<const Token> tokens) const;

 protected:
  Task(const TaskSize& size, std::vector<std::string> symbols);
  TaskSize size_;
  int base_;
  std::vector<std::string> vocabulary_;
};

/// Throws UsageError for a size that no task has; `make_task` asks it first.
void check_size(const TaskSize& size);

struct TaskEntry {
  std::string_view name;
  std::string_view summary;
  std::unique_ptr<Task> (*make)(const TaskSize& size);  ///< UsageError for a size that makes no sense
};
std::span<const TaskEntry> tasks();
std::unique_ptr<Task> make_task(std::string_view name, const TaskSize& size);

}  // namespace roundoff::constructions
