// What all tasks share: the vocabulary, the default shape of a sequence, and text.
#include "constructions/tasks/task.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "constructions/tasks/digits.hpp"
#include "constructions/tasks/task_file.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::constructions {

namespace {

/// "dyck1" of "dyck1:depth=4"; a file's path may hold colons before its ending.
std::string_view name_part(std::string_view spec) {
  const auto file = spec.find(".toml");
  return spec.substr(0, spec.find(':', file == std::string_view::npos ? 0 : file));
}

/// "key=value,key=value": a comma belongs to the value unless a key follows it.
Parameters parse_parameters(std::string_view text, std::string_view spec) {
  Parameters parameters;
  std::string* last = nullptr;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto equals = part.find('=');
    const bool key =
        equals != std::string_view::npos && equals > 0 &&
        std::all_of(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(equals),
                    [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
    if (key)
      last = &(parameters[std::string(part.substr(0, equals))] = part.substr(equals + 1));
    else if (last != nullptr)
      *last += fmt::format(",{}", part);
    else
      throw UsageError(fmt::format("--task '{}': '{}' is no parameter; write key=value", spec, part));
  }
  return parameters;
}

/// With the standard where nothing was given.
Parameters complete(const TaskEntry& entry, Parameters given) {
  std::vector<std::string_view> names;
  for (const Parameter& parameter : entry.parameters) {
    names.push_back(parameter.name);
    given.try_emplace(std::string(parameter.name), parameter.standard);
  }
  for (const auto& [name, value] : given)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw UsageError(fmt::format("{} has no parameter '{}'{}", entry.name, name,
                                   names.empty() ? "; it has none" : did_you_mean(name, names)));
  return given;
}

}  // namespace

const TaskEntry& find_task(std::string_view spec) {
  const std::string_view name = name_part(spec);
  if (name.ends_with(".toml") || name.find('/') != std::string_view::npos)
    return task_of_file(std::string(name));
  std::vector<std::string_view> names;
  for (const TaskEntry& entry : tasks()) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw UsageError(fmt::format("unknown task '{}'{}", name, did_you_mean(name, names)));
}

std::unique_ptr<Task> make_task(std::string_view spec, const TaskSize& size) {
  const TaskEntry& entry = find_task(spec);
  check_size(size);
  std::string_view parameters = spec.substr(name_part(spec).size());
  if (!parameters.empty()) parameters.remove_prefix(1);
  return entry.make(size, complete(entry, parse_parameters(parameters, spec)));
}

std::string describe(const TaskSize& size) {
  const TaskSize standard;
  std::string text = fmt::format("p={} n={}", size.p, size.n);
  if (size.k != standard.k) text += fmt::format(" k={}", size.k);
  if (size.l != standard.l) text += fmt::format(" l={}", size.l);
  if (size.c != standard.c) text += fmt::format(" c={}", size.c);
  if (size.ragged) text += " ragged";
  return text;
}

void check_size(const TaskSize& size) {
  const auto require = [](bool good, const char* what, int got, const char* remedy) {
    if (!good) throw UsageError(fmt::format("{} = {}: {}", what, got, remedy));
  };
  require(size.p >= 2 && size.p <= 256, "base p", size.p, "bases from 2 to 256 have digits");
  require(size.n >= 1 && size.n <= 4096, "digits n", size.n, "an operand has 1 to 4096 digits");
  require(size.k >= 1 && size.k <= 4096, "operands k", size.k, "give 1 to 4096");
  require(size.l >= 0 && size.l <= 2 * size.n, "product digits l", size.l, "a product has at most 2n digits");
  require(size.c >= 1, "digits per token c", size.c, "give at least 1");
  require(power(size.p, size.c) <= 65000, "digits per token c", size.c,
          "p^c digit tokens may be at most 65000");
}

namespace {

/// One digit as text: 0..9a..z, or decimal where the base has more digits than that.
std::string digit_text(int digit, int p) {
  if (p > 36) return std::to_string(digit);
  return std::string(1, static_cast<char>(digit < 10 ? '0' + digit : 'a' + digit - 10));
}

std::string digits_text(const Digits& digits, int p) {
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (p > 36 && i > 0) text += '.';
    text += digit_text(digits[i], p);
  }
  return text;
}

}  // namespace

Task::Task(const TaskSize& size, std::vector<std::string> symbols)
    : size_(size), base_(static_cast<int>(power(size.p, size.c))) {
  for (int value = 0; value < base_; ++value) {
    vocabulary_.push_back(digits_text(digits_of(static_cast<std::uint64_t>(value), size.p, size.c), size.p));
  }
  vocabulary_.insert(vocabulary_.end(), symbols.begin(), symbols.end());
  vocabulary_.push_back("<eos>");
}

Bindings Task::bindings() const {
  Bindings bindings;
  bindings.n = size_.n;
  bindings.k = size_.k;
  bindings.p = base_;  // families speak of the base of a token
  bindings.l = size_.l == 0 ? 2 * size_.n : size_.l;
  bindings.c = size_.c;
  bindings.N = positions();
  return bindings;
}

std::vector<Term> Task::specification(Integers&, std::span<const Number>) const { return {}; }

std::vector<Instance> Task::leaderboard() const {
  throw UsageError(fmt::format("{} has no leaderboard's protocol; use adversarial or sample", name()));
}

void Task::fill_lane(const Instance& instance, std::size_t lane, std::size_t stride,
                     std::span<LaneToken> tokens, std::span<LaneToken> expected) const {
  const std::vector<Token> asked = question(instance);
  const std::vector<Token> told = answer(instance);
  for (std::size_t i = 0; i < asked.size(); ++i) tokens[i * stride + lane] = static_cast<LaneToken>(asked[i]);
  for (std::size_t i = 0; i + 1 < told.size() && !one_pass(); ++i)
    tokens[(asked.size() + i) * stride + lane] = static_cast<LaneToken>(told[i]);
  for (std::size_t o = 0; o < told.size(); ++o) expected[o * stride + lane] = static_cast<LaneToken>(told[o]);
}

void Task::fill(std::uint64_t first, std::size_t count, std::size_t stride, std::span<LaneToken> tokens,
                std::span<LaneToken> expected) const {
  for (std::size_t lane = 0; lane < count; ++lane)
    fill_lane(instance(first + lane), lane, stride, tokens, expected);
}

void Task::fill_samples(std::uint64_t seed, std::uint64_t first, std::size_t count, std::size_t stride,
                        std::span<LaneToken> tokens, std::span<LaneToken> expected) const {
  for (std::size_t lane = 0; lane < count; ++lane)
    fill_lane(sample(seed, first + lane), lane, stride, tokens, expected);
}

Token Task::symbol(std::string_view text) const {
  const auto found = std::find(vocabulary_.begin() + base_, vocabulary_.end(), text);
  if (found == vocabulary_.end())
    throw UsageError(fmt::format("the vocabulary of {} has no {}", name(), text));
  return static_cast<Token>(found - vocabulary_.begin());
}

std::string Task::text(std::span<const Token> tokens) const {
  std::string text;
  bool after_digit = false;
  for (const Token token : tokens) {
    const bool is_digit = token < static_cast<Token>(base_);
    if (size_.p > 36 && is_digit && after_digit) text += '.';
    text += vocabulary_[token];
    after_digit = is_digit;
  }
  return text;
}

std::string Task::text(const Instance& instance) const {
  std::string text;
  for (std::size_t i = 0; i < instance.operands.size(); ++i) {
    if (i > 0) text += joiner();
    text += digits_text(instance.operands[i], size_.p);
  }
  return text + "=";
}

SequenceShape Task::shape(const Instance& instance) const {
  const std::vector<Token> asked = question(instance);
  const std::vector<Token> told = answer(instance);
  SequenceShape shape;
  shape.vocabulary = static_cast<int>(vocabulary_.size());
  shape.first_output = static_cast<int>(asked.size()) - 1;
  std::vector<Token> digits(static_cast<std::size_t>(base_));
  for (int value = 0; value < base_; ++value)
    digits[static_cast<std::size_t>(value)] = static_cast<Token>(value);
  const auto append = [&](Token token) {
    shape.tokens.push_back(token < static_cast<Token>(base_) ? digits : std::vector<Token>{token});
  };
  for (const Token token : asked) append(token);
  for (std::size_t i = 0; i + 1 < told.size(); ++i) append(told[i]);
  return shape;
}

}  // namespace roundoff::constructions
