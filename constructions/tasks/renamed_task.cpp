// A task under the vocabulary of a model from outside: the same sequences, token for token by name, wherever the
// names stand there. Ties of logits go to the model's own order, so that it is the task that is translated and not
// the model.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "constructions/tasks/template_task.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::constructions {
namespace {

class RenamedTask final : public Task {
 public:
  RenamedTask(std::unique_ptr<Task> inner, std::span<const std::string> vocabulary)
      : Task(inner->size(), {}), inner_(std::move(inner)) {
    base_ = inner_->base();
    vocabulary_.assign(vocabulary.begin(), vocabulary.end());
    for (const std::string& name : inner_->vocabulary()) {
      const auto found = std::find(vocabulary_.begin(), vocabulary_.end(), name);
      if (found == vocabulary_.end())
        throw UsageError(fmt::format(
            "the model's vocabulary lacks the token \"{}\" of the task {}{}", name, inner_->name(),
            did_you_mean(name, std::vector<std::string_view>(vocabulary_.begin(), vocabulary_.end()))));
      there_.push_back(static_cast<Token>(found - vocabulary_.begin()));
    }
  }

  std::string_view name() const override { return inner_->name(); }
  std::string spec() const override { return inner_->spec(); }
  std::string digest() const override { return inner_->digest(); }
  int families() const override { return inner_->families(); }
  bool one_shape() const override { return inner_->one_shape(); }
  bool admits(const Instance& instance) const override { return inner_->admits(instance); }
  using Task::text;
  std::string text(const Instance& instance) const override { return inner_->text(instance); }
  std::string layout() const override { return nlohmann::json{{"vocab", vocabulary_}}.dump(); }
  Bindings bindings() const override { return inner_->bindings(); }
  Token eos() const override {
    return inner_->eos() < there_.size() ? there_[inner_->eos()] : static_cast<Token>(vocabulary_.size());
  }
  bool one_pass() const override { return inner_->one_pass(); }
  std::string_view joiner() const override { return inner_->joiner(); }
  int positions() const override { return inner_->positions(); }
  double input_count() const override { return inner_->input_count(); }
  Instance instance(std::uint64_t j) const override { return inner_->instance(j); }
  Instance sample(std::uint64_t seed, std::uint64_t index) const override {
    return inner_->sample(seed, index);
  }
  std::optional<WordTask> words() const override {
    std::optional<WordTask> words = inner_->words();
    if (!words) return words;
    words->alphabet = translated(std::move(words->alphabet));
    if (words->end) words->end = there_[*words->end];
    for (int& output : words->automaton.output)
      output = static_cast<int>(there_[static_cast<std::size_t>(output)]);
    return words;
  }
  Instance instance_of(std::span<const int> word) const override { return inner_->instance_of(word); }
  std::vector<Instance> adversarial(std::size_t limit) const override { return inner_->adversarial(limit); }
  std::vector<Instance> leaderboard() const override { return inner_->leaderboard(); }
  Instance read(std::span<const Token> question, const Instance& lengths) const override {
    std::vector<Token> own;
    for (const Token token : question)
      own.push_back(static_cast<Token>(std::find(there_.begin(), there_.end(), token) - there_.begin()));
    return inner_->read(own, lengths);
  }
  Instance parse(std::string_view text) const override { return inner_->parse(text); }

  std::vector<Token> question(const Instance& instance) const override {
    return translated(inner_->question(instance));
  }
  std::vector<Token> answer(const Instance& instance) const override {
    return translated(inner_->answer(instance));
  }
  SequenceShape shape(const Instance& instance) const override {
    SequenceShape shape = inner_->shape(instance);
    shape.vocabulary = static_cast<int>(vocabulary_.size());
    for (std::vector<Token>& tokens : shape.tokens) {
      tokens = translated(std::move(tokens));
      std::sort(tokens.begin(), tokens.end());
    }
    return shape;
  }

 private:
  std::vector<Token> translated(std::vector<Token> tokens) const {
    for (Token& token : tokens) token = there_[token];
    return tokens;
  }

  std::unique_ptr<Task> inner_;
  std::vector<Token> there_;  ///< by the task's own token
};

}  // namespace

std::unique_ptr<Task> renamed_task(std::unique_ptr<Task> task, std::span<const std::string> vocabulary) {
  std::vector<std::string> sorted(vocabulary.begin(), vocabulary.end());
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    throw UsageError(fmt::format("the model's vocabulary has the token \"{}\" twice", *twice));
  if (std::equal(vocabulary.begin(), vocabulary.end(), task->vocabulary().begin(), task->vocabulary().end()))
    return task;
  return std::make_unique<RenamedTask>(std::move(task), vocabulary);
}

}  // namespace roundoff::constructions
