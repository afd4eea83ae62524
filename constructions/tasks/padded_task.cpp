// See padded_task.hpp. The padding's token is put before <eos>, so that all other tokens keep their numbers.
#include "constructions/tasks/padded_task.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

class PaddedTask final : public Task {
 public:
  PaddedTask(std::unique_ptr<Task> inner, int count, const std::string& token)
      : Task(inner->size(), {}), inner_(std::move(inner)), count_(static_cast<std::size_t>(count)) {
    if (inner_->one_pass())
      throw UsageError(fmt::format(
          "{}: padding stands before an answer that is written, and each = true has none", inner_->name()));
    base_ = inner_->base();
    vocabulary_ = inner_->vocabulary();
    const auto known = std::find(vocabulary_.begin(), vocabulary_.end(), token);
    pad_ = static_cast<Token>(known - vocabulary_.begin());
    if (known == vocabulary_.end()) {
      pad_ = static_cast<Token>(vocabulary_.size() - 1);
      vocabulary_.insert(vocabulary_.end() - 1, token);
    }
  }

  std::string_view name() const override { return inner_->name(); }
  std::string spec() const override { return inner_->spec(); }
  std::string digest() const override { return inner_->digest(); }
  int families() const override { return inner_->families(); }
  std::string_view joiner() const override { return inner_->joiner(); }
  bool one_shape() const override { return inner_->one_shape(); }
  bool least_first() const override { return inner_->least_first(); }
  bool admits(const Instance& instance) const override { return inner_->admits(instance); }
  int positions() const override { return inner_->positions() + static_cast<int>(count_); }
  double input_count() const override { return inner_->input_count(); }
  Instance instance(std::uint64_t j) const override { return inner_->instance(j); }
  Instance sample(std::uint64_t seed, std::uint64_t index) const override {
    return inner_->sample(seed, index);
  }
  std::vector<Instance> adversarial(std::size_t limit) const override { return inner_->adversarial(limit); }
  Instance parse(std::string_view text) const override { return inner_->parse(text); }
  using Task::text;
  std::string text(const Instance& instance) const override { return inner_->text(instance); }
  std::vector<Term> specification(Integers& integers, std::span<const Number> operands) const override {
    return inner_->specification(integers, operands);
  }
  std::optional<Term> admitted(Integers& integers, std::span<const Number> operands) const override {
    return inner_->admitted(integers, operands);
  }

  std::vector<Token> question(const Instance& instance) const override {
    std::vector<Token> tokens = inner_->question(instance);
    tokens.insert(tokens.end(), count_, pad_);
    return tokens;
  }
  std::vector<Token> answer(const Instance& instance) const override {
    std::vector<Token> tokens = inner_->answer(instance);
    tokens.back() = eos();
    return tokens;
  }
  Instance read(std::span<const Token> question, const Instance& lengths) const override {
    return inner_->read(question.first(question.size() - count_), lengths);
  }
  SequenceShape shape(const Instance& instance) const override {
    SequenceShape shape = inner_->shape(instance);
    shape.vocabulary = static_cast<int>(vocabulary_.size());
    shape.tokens.insert(shape.tokens.begin() + shape.first_output + 1, count_, {pad_});
    shape.first_output += static_cast<int>(count_);
    return shape;
  }

 private:
  std::unique_ptr<Task> inner_;
  std::size_t count_;
  Token pad_ = 0;
};

}  // namespace

std::unique_ptr<Task> padded_task(std::unique_ptr<Task> task, int count, const std::string& token) {
  if (count == 0) return task;
  return std::make_unique<PaddedTask>(std::move(task), count, token);
}

}  // namespace roundoff::constructions
