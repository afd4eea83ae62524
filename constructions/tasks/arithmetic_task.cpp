// Sequences, enumeration, draws and parsing of the tasks on operands of n digits; see arithmetic_task.hpp.
#include "constructions/tasks/arithmetic_task.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "constructions/tasks/draws.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {

namespace {

std::vector<std::string> symbols_of(const ArithmeticForm& form) {
  if (form.separator.empty() || form.separator == form.end) return {form.end};
  return {form.separator, form.end};
}

}  // namespace

ArithmeticTask::ArithmeticTask(const TaskSize& size, ArithmeticForm form)
    : Task(size, symbols_of(form)), form_(std::move(form)) {
  if (form_.digits == 0) form_.digits = size.n;
}

namespace {

/// Tokens for a string of m digits.
int token_count(int digits, int c) { return (digits + c - 1) / c; }

void append_tokens(std::vector<Token>& tokens, const Digits& digits, const TaskSize& size, bool least_first) {
  const auto begin = static_cast<std::ptrdiff_t>(tokens.size());
  for (const int value : groups(digits, size.p, size.c)) tokens.push_back(static_cast<Token>(value));
  if (least_first) std::reverse(tokens.begin() + begin, tokens.end());
}

/// p^m for lengths 1..m summed when ragged: how many operands there are.
double operand_count(const TaskSize& size, int digits) {
  if (!size.ragged) return power(size.p, digits);
  double count = 0;
  for (int m = 1; m <= digits; ++m) count += power(size.p, m);
  return count;
}

}  // namespace

int ArithmeticTask::positions() const {
  const int c = size_.c;
  return operands() * (token_count(digits(), c) + 1) + token_count(answer_digits(), c);
}

std::vector<Token> ArithmeticTask::question(const Instance& instance) const {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < instance.operands.size(); ++i) {
    if (i > 0) tokens.push_back(symbol(form_.separator));
    append_tokens(tokens, instance.operands[i], size_, form_.least_first);
  }
  tokens.push_back(symbol(form_.end));
  return tokens;
}

std::vector<Token> ArithmeticTask::answer(const Instance& instance) const {
  std::vector<Token> tokens;
  append_tokens(tokens, result(instance), size_, form_.answer_least_first);
  tokens.push_back(eos());
  return tokens;
}

// c digits a token, the leading token's padding left out.
Instance ArithmeticTask::read(std::span<const Token> question, const Instance& lengths) const {
  Instance instance;
  std::size_t at = 0;
  for (const Digits& length : lengths.operands) {
    Digits& digits = instance.operands.emplace_back();
    for (int t = token_count(static_cast<int>(length.size()), size_.c); t > 0; --t) {
      Digits group(static_cast<std::size_t>(size_.c));
      int token = question[at++];
      for (std::size_t i = group.size(); i-- > 0; token /= size_.p)
        group[i] = static_cast<std::uint8_t>(token % size_.p);
      digits.insert(form_.least_first ? digits.begin() : digits.end(), group.begin(), group.end());
    }
    ++at;  // the symbol behind it
    digits.erase(digits.begin(), digits.end() - static_cast<std::ptrdiff_t>(length.size()));
  }
  return instance;
}

// A leading group may be shorter than c digits, and the leading answer token is bounded by the greatest
// answer's.
SequenceShape ArithmeticTask::shape(const Instance& instance) const {
  SequenceShape shape;
  shape.vocabulary = static_cast<int>(vocabulary().size());
  const auto up_to = [](int greatest) {
    std::vector<Token> tokens;
    for (int value = 0; value <= greatest; ++value) tokens.push_back(static_cast<Token>(value));
    return tokens;
  };
  const auto append = [&](const Digits& greatest_digits, bool least_first) {
    const auto begin = static_cast<std::ptrdiff_t>(shape.tokens.size());
    bool leading = true;
    for (const int greatest_value : groups(greatest_digits, size_.p, size_.c)) {
      shape.tokens.push_back(up_to(leading ? greatest_value : base() - 1));
      leading = false;
    }
    if (least_first) std::reverse(shape.tokens.begin() + begin, shape.tokens.end());
  };
  for (std::size_t i = 0; i < instance.operands.size(); ++i) {
    if (i > 0) shape.tokens.push_back({symbol(form_.separator)});
    append(Digits(instance.operands[i].size(), static_cast<std::uint8_t>(size_.p - 1)), form_.least_first);
  }
  shape.first_output = static_cast<int>(shape.tokens.size());
  shape.tokens.push_back({symbol(form_.end)});
  append(greatest(), form_.answer_least_first);
  return shape;
}

double ArithmeticTask::input_count() const {
  double count = 1;
  for (int i = 0; i < operands(); ++i) count *= operand_count(size_, digits());
  return count;
}

// Input j in mixed radix: the last operand runs fastest; ragged operands by length, then by value.
Instance ArithmeticTask::instance(std::uint64_t j) const {
  const double count = operand_count(size_, digits());  // beyond 2^63, all of j is the last operand's
  const auto each = count < 0x1p63 ? static_cast<std::uint64_t>(count) : ~std::uint64_t{0};
  Instance instance;
  instance.operands.resize(static_cast<std::size_t>(operands()));
  for (int i = operands() - 1; i >= 0; --i) {
    std::uint64_t index = j % each;
    j /= each;
    int length = digits();
    if (size_.ragged) {
      std::uint64_t of_length = static_cast<std::uint64_t>(size_.p);
      for (length = 1; index >= of_length; ++length) {
        index -= of_length;
        of_length *= static_cast<std::uint64_t>(size_.p);
      }
    }
    instance.operands[static_cast<std::size_t>(i)] = digits_of(index, size_.p, length);
  }
  return instance;
}

// The lengths, then the digits of all operands as one string.
Instance ArithmeticTask::sample(std::uint64_t seed, std::uint64_t index) const {
  Draws draws(seed, index);
  Instance instance;
  std::vector<std::uint8_t*> places;
  for (int i = 0; i < operands(); ++i) {
    const int length =
        size_.ragged ? 1 + static_cast<int>(draws.below(static_cast<std::uint64_t>(digits()))) : digits();
    instance.operands.emplace_back(static_cast<std::size_t>(length));
  }
  for (Digits& operand : instance.operands)
    for (std::uint8_t& digit : operand) places.push_back(&digit);
  draws.digits(size_.p, places.size(), [&](std::size_t j, std::uint8_t digit) { *places[j] = digit; });
  return instance;
}

namespace {

/// Reads one operand: characters 0..9a..z, or for p > 36 decimal numbers separated by dots.
Digits parse_operand(std::string_view text, const TaskSize& size, std::string_view whole) {
  Digits digits;
  const auto push = [&](int value, std::string_view written) {
    if (value < 0 || value >= size.p) {
      throw UsageError(fmt::format("'{}' in \"{}\" is not a digit of base {}: digits are 0 to {}{}", written,
                                   whole, size.p, size.p - 1,
                                   value < 10 && size.p < 10 ? "; --p 10 makes it decimal" : ""));
    }
    digits.push_back(static_cast<std::uint8_t>(value));
  };
  if (size.p <= 36) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto letter = static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
      int value = -1;
      if (letter >= '0' && letter <= '9') value = letter - '0';
      if (letter >= 'a' && letter <= 'z') value = letter - 'a' + 10;
      push(value, text.substr(i, 1));
    }
  } else {
    while (!text.empty()) {
      const std::string_view part = text.substr(0, text.find('.'));
      const bool number = !part.empty() && part.size() <= 4 &&
                          std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
      push(number ? std::stoi(std::string(part)) : -1, part);
      text.remove_prefix(std::min(text.size(), part.size() + 1));
    }
  }
  return digits;
}

}  // namespace

Instance ArithmeticTask::parse(std::string_view text) const {
  std::string packed;
  for (const char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c))) packed += c;
  }
  std::string_view rest = packed;
  const std::string& end_symbol = form_.end;
  const std::size_t equals = rest.find(end_symbol);
  if (equals != std::string_view::npos && end_symbol != form_.separator) {
    if (equals + end_symbol.size() != rest.size()) {
      throw UsageError(
          fmt::format("\"{}\": nothing may follow '{}': the model writes the answer", text, end_symbol));
    }
    rest.remove_suffix(end_symbol.size());
  } else if (rest.ends_with(end_symbol)) {
    rest.remove_suffix(end_symbol.size());
  }
  Instance instance;
  for (;;) {
    const std::size_t end = form_.separator.empty() ? std::string_view::npos : rest.find(form_.separator);
    const std::string_view part = rest.substr(0, end);
    Digits read = parse_operand(part, size_, text);
    if (form_.least_first) std::reverse(read.begin(), read.end());
    const int length = static_cast<int>(read.size());
    if (size_.ragged ? length < 1 || length > digits() : length != digits()) {
      if (digits() == 1 && !form_.separator.empty()) {
        std::string apart;
        for (const char c : part) apart += (apart.empty() ? "" : form_.separator) + std::string(1, c);
        throw UsageError(fmt::format("operand '{}' in \"{}\" has {} digits: {} takes them one by one: {}{}", part,
                                     text, length, name(), apart, end_symbol));
      }
      throw UsageError(
          fmt::format("operand '{}' in \"{}\" has {} digits: {} takes {}{} (pad with zeros, or set --n)",
                      part, text, length, name(), size_.ragged ? "1 to " : "", digits()));
    }
    instance.operands.push_back(std::move(read));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + form_.separator.size());
  }
  if (static_cast<int>(instance.operands.size()) != operands()) {
    throw UsageError(fmt::format("\"{}\" has {} operands: {} takes {} joined by '{}'", text,
                                 instance.operands.size(), name(), operands(), form_.separator));
  }
  return instance;
}

std::string ArithmeticTask::text(const Instance& instance) const {
  Instance shown = instance;
  if (form_.least_first)
    for (Digits& operand : shown.operands) std::reverse(operand.begin(), operand.end());
  std::string text = Task::text(shown);
  text.pop_back();  // the `=` that stands behind the operands of most tasks
  return text + form_.end;
}

void InstanceSet::add(std::vector<Digits> operands) {
  if (full() || !seen_.insert(operands).second) return;
  instances_.push_back({std::move(operands)});
}

}  // namespace roundoff::constructions
