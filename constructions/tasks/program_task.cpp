// See program_task.hpp. Answers are asked for in blocks of inputs, and kept. An instance is the inner task's, and as many
// zeros as its answer has tokens: so that instances with operands of equal lengths have one sequence shape.
#include "constructions/tasks/program_task.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "constructions/programs/run_program.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

constexpr std::uint64_t inputs_at_once = 4096;

class ProgramTask final : public Task {
 public:
  ProgramTask(std::unique_ptr<Task> inner, ProgramForm form)
      : Task(inner->size(), {}), inner_(std::move(inner)), form_(std::move(form)) {
    base_ = inner_->base();
    vocabulary_ = inner_->vocabulary();
    vocabulary_.pop_back();
    if (form_.answers.empty()) form_.answers = found();
    for (const std::string& token : form_.answers)
      if (std::find(vocabulary_.begin(), vocabulary_.end(), token) == vocabulary_.end())
        vocabulary_.push_back(token);
    vocabulary_.emplace_back("<eos>");
  }

  std::string_view name() const override { return form_.name; }
  std::string spec() const override { return form_.spec; }
  std::string digest() const override { return form_.digest; }
  std::string_view joiner() const override { return inner_->joiner(); }
  bool one_shape() const override { return false; }
  bool least_first() const override { return inner_->least_first(); }
  int positions() const override {
    const std::lock_guard lock(mutex_);
    if (known_.empty()) ask(first_inputs());
    std::size_t longest = 0;
    for (const auto& [question, answer] : known_) longest = std::max(longest, answer.size());
    return static_cast<int>(known_.begin()->first.size() + longest);
  }

  std::vector<Token> question(const Instance& instance) const override {
    return inner_->question(bare(instance));
  }
  std::vector<Token> answer(const Instance& instance) const override {
    std::vector<Token> tokens = answered(bare(instance));
    tokens.push_back(eos());
    return tokens;
  }
  Instance read(std::span<const Token> question, const Instance& lengths) const override {
    return whole(inner_->read(question, bare(lengths)));
  }
  bool admits(const Instance& instance) const override {
    const Instance inner = bare(instance);
    return inner_->admits(inner) && whole(inner) == instance;
  }

  SequenceShape shape(const Instance& instance) const override {
    SequenceShape shape = inner_->shape(bare(instance));
    shape.vocabulary = static_cast<int>(vocabulary_.size());
    const std::size_t asked = question(instance).size();
    std::vector<Token> all;
    for (Token token = 0; token + 1 < static_cast<Token>(vocabulary_.size()); ++token) all.push_back(token);
    shape.tokens.resize(asked);
    shape.tokens.resize(asked + instance.operands.back().size(), all);
    shape.first_output = static_cast<int>(asked) - 1;
    return shape;
  }

  double input_count() const override { return inner_->input_count(); }
  Instance instance(std::uint64_t j) const override {
    const auto end = static_cast<std::uint64_t>(std::min(input_count(), 0x1p63));
    return of_block(inner_->instance(j), j, end, [&](std::uint64_t i) { return inner_->instance(i); });
  }
  Instance sample(std::uint64_t seed, std::uint64_t index) const override {
    return of_block(inner_->sample(seed, index), index, ~std::uint64_t{0},
                    [&](std::uint64_t i) { return inner_->sample(seed, i); });
  }
  std::vector<Instance> adversarial(std::size_t limit) const override {
    std::vector<Instance> list = inner_->adversarial(limit);
    {
      const std::lock_guard lock(mutex_);
      ask(list);
    }
    for (Instance& each : list) each = whole(each);
    return list;
  }

  Instance parse(std::string_view text) const override { return whole(inner_->parse(text)); }
  std::string text(const Instance& instance) const override { return inner_->text(bare(instance)); }
  std::string text(std::span<const Token> tokens) const override {
    const bool spaced = std::any_of(vocabulary_.begin(), vocabulary_.end() - 1,
                                    [](const std::string& token) { return token.size() > 1; });
    std::string text;
    for (const Token token : tokens) text += (spaced && !text.empty() ? " " : "") + vocabulary_[token];
    return text;
  }

 private:
  static Instance bare(Instance instance) {
    instance.operands.pop_back();
    return instance;
  }
  Instance whole(Instance inner) const {
    const std::size_t length = answered(inner).size();
    inner.operands.emplace_back(length, std::uint8_t{0});
    return inner;
  }
  std::vector<Token> answered(const Instance& inner) const {
    const std::vector<Token> question = inner_->question(inner);
    const std::lock_guard lock(mutex_);
    if (!known_.contains(question)) ask({inner});
    return known_.at(question);
  }
  /// With the answers to the inputs around it.
  template <class At>
  Instance of_block(const Instance& inner, std::uint64_t number, std::uint64_t end, const At& at) const {
    {
      const std::lock_guard lock(mutex_);
      if (!known_.contains(inner_->question(inner))) {
        std::vector<Instance> list;
        const std::uint64_t first = number / inputs_at_once * inputs_at_once;
        for (std::uint64_t i = first; i < std::min(end, first + inputs_at_once); ++i) list.push_back(at(i));
        ask(list);
      }
    }
    return whole(inner);
  }

  /// The inputs that tokens of answers are looked for in.
  std::vector<Instance> first_inputs() const {
    std::vector<Instance> list;
    if (input_count() <= static_cast<double>(inputs_at_once)) {
      for (std::uint64_t j = 0; j < static_cast<std::uint64_t>(input_count()); ++j)
        list.push_back(inner_->instance(j));
      return list;
    }
    list = inner_->adversarial(inputs_at_once / 2);
    for (std::uint64_t j = 0; j < inputs_at_once / 2; ++j) list.push_back(inner_->sample(1, j));
    return list;
  }

  std::vector<std::string> lines(const std::vector<Instance>& inputs) const {
    std::string prompts;
    for (const Instance& input : inputs) prompts += inner_->text(input) + '\n';
    std::istringstream in(run_program(form_.command, form_.folder, prompts, form_.seconds, form_.name));
    std::vector<std::string> answers;
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      answers.push_back(std::move(line));
    }
    if (answers.size() != inputs.size())
      throw FileError(
          fmt::format("{}: the program was given {} prompts and wrote {} lines; one line answers one",
                      form_.name, inputs.size(), answers.size()));
    return answers;
  }

  /// Tokens of a line: separated by blanks, or where it has none and is no token itself, characters.
  std::vector<std::string> split(const std::string& line) const {
    std::vector<std::string> tokens = command_words(line);
    const bool characters = tokens.size() == 1 && tokens[0].size() > 1 &&
                            std::find(vocabulary_.begin(), vocabulary_.end(), tokens[0]) == vocabulary_.end();
    if (!characters) return tokens;
    std::vector<std::string> each;
    for (const char c : line)
      if (c != ' ') each.emplace_back(1, c);
    return each;
  }

  std::vector<std::string> found() const {
    std::set<std::string> fresh;
    for (const std::string& line : lines(first_inputs()))
      for (std::string& token : split(line))
        if (std::find(vocabulary_.begin(), vocabulary_.end(), token) == vocabulary_.end())
          fresh.insert(std::move(token));
    return {fresh.begin(), fresh.end()};
  }

  void ask(const std::vector<Instance>& inputs) const {
    std::vector<Instance> open;
    for (const Instance& input : inputs)
      if (!known_.contains(inner_->question(input))) open.push_back(input);
    if (open.empty()) return;
    const std::vector<std::string> answers = lines(open);
    for (std::size_t i = 0; i < open.size(); ++i) {
      std::vector<Token> tokens;
      for (const std::string& token : split(answers[i])) {
        const auto at = std::find(vocabulary_.begin(), vocabulary_.end() - 1, token);
        if (at == vocabulary_.end() - 1)
          throw FileError(
              fmt::format("{}: to {} the program answers '{}', whose token '{}' is not known; name it in "
                          "answers = [...]",
                          form_.name, inner_->text(open[i]), answers[i], token));
        tokens.push_back(static_cast<Token>(at - vocabulary_.begin()));
      }
      known_[inner_->question(open[i])] = std::move(tokens);
    }
  }

  std::unique_ptr<Task> inner_;
  ProgramForm form_;
  mutable std::mutex mutex_;
  mutable std::map<std::vector<Token>, std::vector<Token>> known_;  ///< answers by question
};

}  // namespace

std::unique_ptr<Task> program_task(std::unique_ptr<Task> inner, ProgramForm form) {
  return std::make_unique<ProgramTask>(std::move(inner), std::move(form));
}

}  // namespace roundoff::constructions
