// Recursive descent by Python's precedences: or, and, not, comparisons, + -, * // %, unary -, **.
#include "constructions/expressions/integer_expression.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "constructions/expressions/evaluate.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::constructions {
namespace {

using Kind = IntegerExpression::Kind;

IntegerExpression node(Kind kind, std::vector<IntegerExpression> parts) {
  IntegerExpression result;
  result.kind = kind;
  result.parts = std::move(parts);
  return result;
}
IntegerExpression number(std::string digits) {
  IntegerExpression result;
  result.digits = std::move(digits);
  return result;
}

struct FunctionName {
  std::string_view name;
  Kind kind;
  int arguments;  ///< 0: one or more, or the list x
};
constexpr std::array<FunctionName, 5> functions = {{{"min", Kind::least, 0},
                                                    {"max", Kind::greatest, 0},
                                                    {"sum", Kind::total, 0},
                                                    {"abs", Kind::magnitude, 1},
                                                    {"if", Kind::choice, 3}}};

class Parser {
 public:
  Parser(std::string_view text, int operands, const Names& names)
      : text_(text), operands_(operands), names_(names) {}

  IntegerExpression whole() {
    IntegerExpression result = either(0);
    if (peek() != 0) fail("nothing is expected here");
    return result;
  }

 private:
  static constexpr int deepest = 100;

  [[noreturn]] void fail(const std::string& why) const {
    throw UsageError(fmt::format("the expression '{}', character {}: {}", text_, at_ + 1, why));
  }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  char peek() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(std::string_view symbol) {
    skip();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  static bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
  static bool digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view word_here() {
    skip();
    std::size_t end = at_;
    if (end < text_.size() && letter(text_[end]))
      while (end < text_.size() && (letter(text_[end]) || digit(text_[end]))) ++end;
    return text_.substr(at_, end - at_);
  }
  bool take_word(std::string_view word) {
    if (word_here() != word) return false;
    at_ += word.size();
    return true;
  }

  IntegerExpression either(int depth) {
    if (depth > deepest) fail("nested too deeply");
    IntegerExpression left = both(depth);
    while (take_word("or")) left = node(Kind::either, {std::move(left), both(depth)});
    return left;
  }
  IntegerExpression both(int depth) {
    IntegerExpression left = negation(depth);
    while (take_word("and")) left = node(Kind::both, {std::move(left), negation(depth)});
    return left;
  }
  IntegerExpression negation(int depth) {
    if (depth > deepest) fail("nested too deeply");
    if (take_word("not")) return node(Kind::negation, {negation(depth + 1)});
    return comparison(depth);
  }

  // a < b < c is a < b and b < c.
  IntegerExpression comparison(int depth) {
    IntegerExpression left = sum(depth), all;
    for (bool any = false;; any = true) {
      enum class Sign { equal, differs, at_most, at_least, less, greater };
      Sign sign;
      if (take("=="))
        sign = Sign::equal;
      else if (take("!="))
        sign = Sign::differs;
      else if (take("<="))
        sign = Sign::at_most;
      else if (take(">="))
        sign = Sign::at_least;
      else if (take("<"))
        sign = Sign::less;
      else if (take(">"))
        sign = Sign::greater;
      else
        return any ? all : left;
      IntegerExpression right = sum(depth), next;
      const bool swapped = sign == Sign::at_least || sign == Sign::greater;
      const Kind kind = sign == Sign::equal || sign == Sign::differs      ? Kind::equal
                        : sign == Sign::at_most || sign == Sign::at_least ? Kind::at_most
                                                                          : Kind::less;
      next = swapped ? node(kind, {right, left}) : node(kind, {left, right});
      if (sign == Sign::differs) next = node(Kind::negation, {std::move(next)});
      all = any ? node(Kind::both, {std::move(all), std::move(next)}) : std::move(next);
      left = std::move(right);
    }
  }

  IntegerExpression sum(int depth) {
    IntegerExpression left = product(depth);
    for (;;) {
      if (take("+"))
        left = node(Kind::plus, {std::move(left), product(depth)});
      else if (take("-"))
        left = node(Kind::minus, {std::move(left), product(depth)});
      else
        return left;
    }
  }
  IntegerExpression product(int depth) {
    IntegerExpression left = signed_factor(depth);
    for (;;) {
      skip();
      if (text_.substr(at_).starts_with("**")) return left;
      if (take("//"))
        left = node(Kind::quotient, {std::move(left), signed_factor(depth)});
      else if (take("*"))
        left = node(Kind::times, {std::move(left), signed_factor(depth)});
      else if (take("%"))
        left = node(Kind::remainder, {std::move(left), signed_factor(depth)});
      else if (peek() == '/')
        fail("integers divide by // (rounded towards minus infinity)");
      else
        return left;
    }
  }
  IntegerExpression signed_factor(int depth) {
    if (depth > deepest) fail("nested too deeply");
    if (take("-")) return node(Kind::negative, {signed_factor(depth + 1)});
    if (take("+")) return signed_factor(depth + 1);
    IntegerExpression base = atom(depth);
    if (take("**")) return node(Kind::power, {std::move(base), signed_factor(depth + 1)});
    return base;
  }

  IntegerExpression atom(int depth) {
    if (take("(")) {
      IntegerExpression inner = either(depth + 1);
      if (!take(")")) fail("')' is missing here");
      return inner;
    }
    if (digit(peek())) {
      const std::size_t start = at_;
      while (at_ < text_.size() && digit(text_[at_])) ++at_;
      std::string digits(text_.substr(start, at_ - start));
      if (digits.size() > 1000) fail("a number may have at most 1000 digits");
      return number(std::move(digits));
    }
    const std::string_view word = word_here();
    if (word.empty()) fail("a number, a name or '(' is missing here");
    for (const FunctionName& function : functions)
      if (word == function.name) {
        at_ += word.size();
        return call(function, depth);
      }
    if (word.size() > 1 && word[0] == 'x' && std::all_of(word.begin() + 1, word.end(), digit)) {
      const int index = word.size() > 6 ? 0 : std::stoi(std::string(word.substr(1)));
      if (index < 1 || index > operands_)
        fail(fmt::format("there is no operand {}; they are x1 to x{}", word, operands_));
      at_ += word.size();
      IntegerExpression result;
      result.kind = Kind::operand;
      result.index = index - 1;
      return result;
    }
    if (const auto known = names_.find(word); known != names_.end()) {
      at_ += word.size();
      const std::int64_t value = known->second;
      const IntegerExpression magnitude = number(std::to_string(value < 0 ? -value : value));
      return value < 0 ? node(Kind::negative, {magnitude}) : magnitude;
    }
    std::vector<std::string_view> all = {"x", "min", "max", "sum", "abs", "if", "and", "or", "not"};
    for (const auto& [name, value] : names_) all.push_back(name);
    if (word == "x") fail("the list x stands in min(x), max(x) or sum(x) only");
    fail(fmt::format("unknown name '{}'{}", word, did_you_mean(word, all)));
  }

  IntegerExpression call(const FunctionName& function, int depth) {
    if (!take("(")) fail(fmt::format("'(' is missing after {}", function.name));
    std::vector<IntegerExpression> arguments;
    do {
      if (function.arguments == 0 && word_here() == "x") {
        at_ += 1;
        for (int i = 0; i < operands_; ++i) {
          IntegerExpression operand;
          operand.kind = Kind::operand;
          operand.index = i;
          arguments.push_back(std::move(operand));
        }
      } else {
        arguments.push_back(either(depth + 1));
      }
    } while (take(","));
    if (!take(")")) fail("')' is missing here");
    const int count = static_cast<int>(arguments.size());
    if (function.arguments != 0 && count != function.arguments)
      fail(fmt::format("{} takes {} arguments, not {}", function.name, function.arguments, count));
    return node(function.kind, std::move(arguments));
  }

  std::string_view text_;
  int operands_;
  const Names& names_;
  std::size_t at_ = 0;
};

}  // namespace

IntegerExpression parse_integer_expression(std::string_view text, int operands, const Names& names) {
  return Parser(text, operands, names).whole();
}

int evaluate_size(std::string_view text, const Names& names, int least, int most) {
  const std::optional<std::int64_t> value = to_int64(evaluate(parse_integer_expression(text, 0, names), {}));
  if (!value || *value < least || *value > most)
    throw UsageError(fmt::format("the size '{}' is {}, and must be {} to {}", text,
                                 value ? std::to_string(*value) : "no 64-bit integer", least, most));
  return static_cast<int>(*value);
}

}  // namespace roundoff::constructions
