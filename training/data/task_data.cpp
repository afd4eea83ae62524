#include "training/data/data.hpp"
#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/random.hpp"

namespace roundoff::training {

namespace {

constexpr std::uint64_t held_out_stream = 0x68656c646f7574;

class TaskData : public Data {
 public:
  TaskData(std::vector<std::unique_ptr<Task>> sizes, std::uint64_t seed)
      : sizes_(std::move(sizes)), seed_(seed) {
    if (sizes_.empty()) throw UsageError("training on a task needs a size");
    for (const auto& task : sizes_) {
      if (task->vocabulary() != sizes_.front()->vocabulary())
        throw UsageError("sizes of a task that are trained together must have one vocabulary");
      positions_ = std::max(positions_, static_cast<std::size_t>(task->positions()));
    }
  }
  const std::vector<std::string>& vocabulary() const override { return sizes_.front()->vocabulary(); }
  std::size_t positions() const override { return positions_; }

  Batch batch(std::uint64_t step, std::size_t sequences) const override {
    const Task& task = *sizes_[random_bits(seed_, step, 1ULL << 63) % sizes_.size()];
    Batch made;
    for (std::size_t b = 0; b < sequences; ++b) add(task, task.sample(seed_, step * sequences + b), made);
    return made;
  }

  std::vector<std::string> held_out() const override {
    std::vector<std::string> names;
    for (const auto& task : sizes_) names.push_back(fmt::format("n={}", task->size().n));
    return names;
  }
  Batch held_out(std::size_t part, std::size_t first, std::size_t count) const override {
    Batch made;
    for (std::size_t b = first; b < first + count; ++b)
      add(*sizes_[part], sizes_[part]->sample(seed_ ^ held_out_stream, b), made);
    return made;
  }
  bool has_answers() const override { return true; }
  std::string describe() const override {
    std::string text = sizes_.front()->spec() + " " + sizes_.front()->digest();
    for (const auto& task : sizes_) text += "; " + roundoff::constructions::describe(task->size());
    return fmt::format("{}; seed {}", text, seed_);
  }

 private:
  static void add(const Task& task, const Instance& instance, Batch& to) {
    const std::vector<Token> question = task.question(instance), answer = task.answer(instance);
    std::vector<Token> tokens = question;
    std::vector<int> targets(question.size(), -1);
    if (task.one_pass()) {
      const auto first = static_cast<std::size_t>(task.shape(instance).first_output);
      for (std::size_t j = 0; j < answer.size(); ++j) targets[first + j] = static_cast<int>(answer[j]);
    } else {
      targets.back() = static_cast<int>(answer.front());
      for (std::size_t j = 0; j + 1 < answer.size(); ++j) {
        tokens.push_back(answer[j]);
        targets.push_back(static_cast<int>(answer[j + 1]));
      }
    }
    to.add(tokens, targets);
  }

  std::vector<std::unique_ptr<Task>> sizes_;
  std::uint64_t seed_;
  std::size_t positions_ = 0;
};

}  // namespace

std::unique_ptr<Data> task_data(std::vector<std::unique_ptr<Task>> sizes, std::uint64_t seed) {
  return std::make_unique<TaskData>(std::move(sizes), seed);
}

}  // namespace roundoff::training
