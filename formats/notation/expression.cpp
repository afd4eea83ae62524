// Recursive descent: sum of products of factors.
#include "formats/notation/expression.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::formats {
namespace {

using Node = Expression::Kind;

struct Name {
  std::string_view word;
  Node kind;
  int arguments;  // 0: two or more
};
constexpr std::array<Name, 6> functions = {{{"lg", Node::lg, 1},
                                            {"logp", Node::logp, 1},
                                            {"ceil", Node::ceil, 1},
                                            {"floor", Node::floor, 1},
                                            {"min", Node::min, 0},
                                            {"max", Node::max, 0}}};
constexpr std::array<std::string_view, 12> variables_and_functions = {
    "n", "k", "p", "l", "N", "c", "lg", "logp", "ceil", "floor", "min", "max"};
constexpr int deepest = 50;
constexpr std::size_t most_digits = 18;

bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(Cursor& in) : in_(in) {}

  Expression sum(int depth) {
    if (depth > deepest)
      in_.fail(in_.at(), "parentheses are nested too deeply; at most " + std::to_string(deepest));
    Expression left = product(depth);
    while (in_.peek() == '+' || in_.peek() == '-') {
      const std::size_t at = in_.at();
      const Node kind = in_.take('+') ? Node::plus : (in_.take('-'), Node::minus);
      left = node(kind, at, {std::move(left), product(depth)});
    }
    return left;
  }

 private:
  static Expression node(Node kind, std::size_t at, std::vector<Expression> parts) {
    Expression expression;
    expression.kind = kind;
    expression.at = at;
    expression.parts = std::move(parts);
    return expression;
  }

  Expression product(int depth) {
    Expression left = factor(depth);
    while (in_.peek() == '*' || in_.peek() == '/') {
      const std::size_t at = in_.at();
      const Node kind = in_.take('*') ? Node::times : (in_.take('/'), Node::over);
      left = node(kind, at, {std::move(left), factor(depth)});
    }
    return left;
  }

  Expression factor(int depth) {
    if (depth > deepest)
      in_.fail(in_.at(), "signs and parentheses are nested too deeply; at most " + std::to_string(deepest));
    const char next = in_.peek();
    const std::size_t at = in_.at();
    if (in_.take('(')) {
      Expression inner = sum(depth + 1);
      if (!in_.take(')')) in_.fail(in_.at(), "')' is missing here");
      return inner;
    }
    if (in_.take('-')) return node(Node::minus, at, {number(0, at), factor(depth + 1)});
    if (digit(next)) return literal(at);
    if (letter(next)) return named(depth);
    in_.fail(at, next == 0 ? "a number is missing at the end"
                           : "expected a number, a variable n k p l N c, or '('");
  }

  static Expression number(std::int64_t value, std::size_t at) {
    Expression expression = node(Node::number, at, {});
    expression.numerator = value;
    return expression;
  }

  Expression literal(std::size_t at) {
    Expression result = node(Node::number, at, {});
    const std::string_view whole = in_.digits();
    std::string_view fraction;
    if (in_.peek() == '.') {
      in_.take('.');
      fraction = in_.digits();
    }
    if (whole.size() + fraction.size() > most_digits)
      in_.fail(at, "the number is too long; at most 18 digits");
    for (const std::string_view part : {whole, fraction}) {
      for (char c : part) result.numerator = result.numerator * 10 + (c - '0');
    }
    result.denominator = pow(Integer(10), static_cast<unsigned>(fraction.size()));
    if (letter(in_.peek()) || in_.peek() == '(') in_.fail(in_.at(), "write a product with '*'");
    return result;
  }

  Expression named(int depth) {
    const std::size_t at = in_.at();
    const std::string_view word = in_.word();
    if (word.size() == 1 && std::string_view("nkplNc").find(word[0]) != std::string_view::npos) {
      Expression result = node(Node::variable, at, {});
      result.variable = word[0];
      return result;
    }
    const auto* found =
        std::find_if(functions.begin(), functions.end(), [&](const Name& f) { return f.word == word; });
    if (found == functions.end())
      in_.fail(at, "unknown name '" + std::string(word) + "'" + did_you_mean(word, variables_and_functions));
    if (!in_.take('('))
      in_.fail(in_.at(),
               "the argument of " + std::string(word) + " goes in parentheses: " + std::string(word) + "(n)");
    std::vector<Expression> arguments = {sum(depth + 1)};
    while (in_.take(',')) arguments.push_back(sum(depth + 1));
    if (!in_.take(')')) in_.fail(in_.at(), "')' is missing here");
    if (found->arguments == 1 && arguments.size() != 1)
      in_.fail(at, std::string(word) + " takes one argument");
    if (found->arguments == 0 && arguments.size() < 2)
      in_.fail(at, std::string(word) + " takes two arguments or more");
    return node(found->kind, at, std::move(arguments));
  }

  Cursor& in_;
};

}  // namespace

void Cursor::skip_spaces() {
  while (at_ < text_.size() && text_[at_] == ' ') ++at_;
}

bool Cursor::done() {
  skip_spaces();
  return at_ == text_.size();
}

char Cursor::peek() { return done() ? '\0' : text_[at_]; }

bool Cursor::take(char c) {
  if (done() || text_[at_] != c) return false;
  ++at_;
  return true;
}

std::string_view Cursor::word() {
  skip_spaces();
  const std::size_t start = at_;
  if (start < text_.size() && letter(text_[start])) {
    while (at_ < text_.size() && (letter(text_[at_]) || digit(text_[at_]))) ++at_;
  }
  return text_.substr(start, at_ - start);
}

std::string_view Cursor::name() {
  const std::string_view first = word();
  const std::size_t start = at_ - first.size();
  while (!first.empty() && at_ + 1 < text_.size() && text_[at_] == '.' && digit(text_[at_ + 1])) {
    for (++at_; at_ < text_.size() && (letter(text_[at_]) || digit(text_[at_]));) ++at_;
  }
  return text_.substr(start, at_ - start);
}

std::string_view Cursor::digits() {
  skip_spaces();
  const std::size_t start = at_;
  while (at_ < text_.size() && digit(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

void Cursor::fail(std::size_t at, const std::string& why) const {
  std::string shown;
  std::size_t end = std::min<std::size_t>(text_.size(), 200);
  while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80)
    --end;  // whole characters
  for (char c : text_.substr(0, end)) shown += (c >= 0 && c < ' ') || c == '\x7f' ? '?' : c;
  throw UsageError("format '" + shown + "', character " + std::to_string(at + 1) + ": " + why);
}

Expression parse_expression(Cursor& in) { return Parser(in).sum(0); }

bool uses_variables(const Expression& expression) {
  return expression.kind == Expression::Kind::variable || expression.kind == Expression::Kind::logp ||
         std::any_of(expression.parts.begin(), expression.parts.end(),
                     [](const Expression& part) { return uses_variables(part); });
}

}  // namespace roundoff::formats
