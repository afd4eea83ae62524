// See cases_task.hpp. An instance is a case's number, in base 256, and as many zeros as its answer has tokens: so
// that instances with operands of equal lengths have one sequence shape.
#include "constructions/tasks/cases_task.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "constructions/tasks/digits.hpp"
#include "constructions/tasks/draws.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

class CasesTask final : public Task {
 public:
  CasesTask(const TaskSize& size, CasesForm form) : Task(size, {}), form_(std::move(form)) {
    vocabulary_ = form_.vocabulary;
    vocabulary_.emplace_back("<eos>");
    base_ = static_cast<int>(form_.vocabulary.size());
    for (const Case& each : form_.cases)
      if (each.prompt.size() == static_cast<std::size_t>(size.n)) cases_.push_back(each);
  }

  std::string_view name() const override { return form_.name; }
  std::string spec() const override { return form_.spec; }
  std::string digest() const override { return form_.digest; }
  std::string_view joiner() const override { return " "; }
  bool one_shape() const override { return false; }
  int positions() const override {
    std::size_t longest = 0;
    for (const Case& each : cases_) longest = std::max(longest, each.answer.size());
    return size_.n + static_cast<int>(longest);
  }

  std::vector<Token> question(const Instance& instance) const override { return of(instance).prompt; }
  std::vector<Token> answer(const Instance& instance) const override {
    std::vector<Token> tokens = of(instance).answer;
    tokens.push_back(eos());
    return tokens;
  }
  Instance read(std::span<const Token> question, const Instance&) const override {
    for (std::size_t j = 0; j < cases_.size(); ++j)
      if (std::equal(question.begin(), question.end(), cases_[j].prompt.begin(), cases_[j].prompt.end()))
        return instance(j);
    throw UsageError(fmt::format("\"{}\" is no case of {}", text(question), form_.name));
  }
  bool admits(const Instance& instance) const override {
    const std::size_t j = number(instance);
    return j < cases_.size() && cases_[j].answer.size() == instance.operands[1].size() &&
           std::all_of(instance.operands[1].begin(), instance.operands[1].end(),
                       [](std::uint8_t zero) { return zero == 0; });
  }

  SequenceShape shape(const Instance& instance) const override {
    const std::size_t length = of(instance).answer.size();
    std::vector<std::set<Token>> possible(static_cast<std::size_t>(size_.n) + length);
    for (const Case& each : cases_) {
      if (each.answer.size() != length) continue;
      for (std::size_t i = 0; i < each.prompt.size(); ++i) possible[i].insert(each.prompt[i]);
      for (std::size_t i = 0; i < length; ++i) possible[each.prompt.size() + i].insert(each.answer[i]);
    }
    SequenceShape shape;
    shape.vocabulary = static_cast<int>(vocabulary_.size());
    shape.first_output = size_.n - 1;
    for (const std::set<Token>& tokens : possible) shape.tokens.emplace_back(tokens.begin(), tokens.end());
    return shape;
  }

  double input_count() const override { return static_cast<double>(cases_.size()); }
  Instance instance(std::uint64_t j) const override {
    return {{digits_of(j, 256, 4), Digits(cases_[static_cast<std::size_t>(j)].answer.size(), 0)}};
  }
  Instance sample(std::uint64_t seed, std::uint64_t index) const override {
    if (cases_.empty())
      throw UsageError(fmt::format("{}: no prompt has {} tokens; set --n", form_.name, size_.n));
    return instance(Draws(seed, index).below(cases_.size()));
  }
  std::vector<Instance> adversarial(std::size_t limit) const override {
    std::vector<Instance> found;
    for (std::size_t j = 0; j < std::min(limit, cases_.size()); ++j) found.push_back(instance(j));
    return found;
  }

  Instance parse(std::string_view text) const override {
    std::istringstream in{std::string(text)};
    std::vector<Token> prompt;
    for (std::string token; in >> token;) {
      const auto found = std::find(vocabulary_.begin(), vocabulary_.end(), token);
      if (found == vocabulary_.end())
        throw UsageError(fmt::format("'{}' in \"{}\" is no token of {}; they are separated by blanks", token,
                                     text, form_.name));
      prompt.push_back(static_cast<Token>(found - vocabulary_.begin()));
    }
    return read(prompt, {});
  }
  std::string text(const Instance& instance) const override { return text(question(instance)); }
  std::string text(std::span<const Token> tokens) const override {
    std::string text;
    for (const Token token : tokens) text += (text.empty() ? "" : " ") + vocabulary_[token];
    return text;
  }

 private:
  static std::size_t number(const Instance& instance) {
    std::size_t j = 0;
    for (const std::uint8_t digit : instance.operands[0]) j = j * 256 + digit;
    return j;
  }
  const Case& of(const Instance& instance) const { return cases_.at(number(instance)); }

  CasesForm form_;
  std::vector<Case> cases_;
};

}  // namespace

std::vector<Case> read_cases(const std::string& path, std::string_view text,
                             const std::vector<std::string>& vocabulary) {
  std::map<std::vector<Token>, std::vector<Token>> answers;
  std::vector<Case> cases;
  std::size_t line = 0;
  const auto fail = [&](const std::string& why) {
    return FileError(fmt::format("{}:{}: {}", path, line, why));
  };
  const auto tokens = [&](std::string_view part) {
    std::vector<Token> list;
    std::istringstream in{std::string(part)};
    for (std::string token; in >> token;) {
      const auto found = std::find(vocabulary.begin(), vocabulary.end(), token);
      if (found == vocabulary.end()) throw fail(fmt::format("the vocabulary has no '{}'", token));
      list.push_back(static_cast<Token>(found - vocabulary.begin()));
    }
    return list;
  };
  while (!text.empty()) {
    ++line;
    std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.find_first_not_of(" \t") == std::string_view::npos) continue;
    const auto tab = row.find('\t');
    if (tab == std::string_view::npos) throw fail("a case is prompt tokens, a tab, and answer tokens");
    Case made{tokens(row.substr(0, tab)), tokens(row.substr(tab + 1))};
    if (made.prompt.empty()) throw fail("the prompt has no tokens");
    const auto [known, fresh] = answers.try_emplace(made.prompt, made.answer);
    if (!fresh && known->second != made.answer) throw fail("this prompt has another answer above");
    if (fresh) cases.push_back(std::move(made));
  }
  return cases;
}

std::unique_ptr<Task> cases_task(const TaskSize& size, CasesForm form) {
  return std::make_unique<CasesTask>(size, std::move(form));
}

}  // namespace roundoff::constructions
