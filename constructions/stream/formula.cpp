// A recursive-descent evaluator; see formula.hpp.
#include "constructions/stream/formula.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "constructions/gadgets/column_counts.hpp"
#include "constructions/gadgets/gadgets.hpp"
#include "constructions/iteradd/iteradd_counters.hpp"
#include "constructions/iteradd/iteradd_exact.hpp"
#include "constructions/stream/scales.hpp"
#include "constructions/tasks/digits.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {

std::span<const FormulaFunction> formula_functions() {
  using Arguments = std::span<const std::int64_t>;
  static const std::vector<FormulaFunction> functions = {
      {"max", -1, "the greatest", [](Arguments x) { return *std::max_element(x.begin(), x.end()); }},
      {"min", -1, "the least", [](Arguments x) { return *std::min_element(x.begin(), x.end()); }},
      {"ceil_lg", 1, "the least e with 2^e >= x",
       [](Arguments x) { return std::int64_t{ceil_log(2, static_cast<std::uint64_t>(x[0]))}; }},
      {"ceil_log", 2, "the least e with base^e >= x: ceil_log(base, x)",
       [](Arguments x) {
         return std::int64_t{ceil_log(static_cast<int>(x[0]), static_cast<std::uint64_t>(x[1]))};
       }},
      {"ceil_div", 2, "x / y rounded up", [](Arguments x) { return (x[0] + x[1] - 1) / x[1]; }},
      {"ceil_root", 2, "the least r with r^e >= x: ceil_root(x, e)",
       [](Arguments x) {
         std::int64_t root = 1;
         while (power(static_cast<int>(root), static_cast<int>(x[1])) < static_cast<double>(x[0])) ++root;
         return root;
       }},
      {"power", 2, "base^exponent",
       [](Arguments x) {
         return static_cast<std::int64_t>(power(static_cast<int>(x[0]), static_cast<int>(x[1])));
       }},
      {"antichain", 1, "the least a whose middle binomial coefficient C(a, a/2) is at least x",
       [](Arguments x) { return std::int64_t{antichain_length(static_cast<int>(x[0]))}; }},
      {"iteradd_const", 4,
       "n columns of k digits counted in L levels, iteradd_const(n, k, p, L): n exp(O(k^(1/L) log k))",
       [](Arguments x) {
         return iteradd_const_width(static_cast<int>(x[0]), static_cast<int>(x[1]), static_cast<int>(x[2]),
                                    static_cast<int>(x[3]));
       }},
      {"iteradd_counters", 3,
       "n columns of k bits counted in place by units that reach 2 MAX, iteradd_counters(n, k, MAX): about 4nk/3",
       [](Arguments x) {
         return iteradd_counters_width(static_cast<int>(x[0]), static_cast<int>(x[1]), static_cast<int>(x[2]));
       }},
      {"iteradd_exact", 3, "n columns of k digits counted by thresholds, iteradd_exact(n, k, p): O(n k p)",
       [](Arguments x) {
         return iteradd_exact_width(static_cast<int>(x[0]), static_cast<int>(x[1]), static_cast<int>(x[2]));
       }},
      {"mul_const", 4,
       "the columns of a product counted in L levels, mul_const(n, l, p, L): n exp(O(n^(1/L) log n))",
       [](Arguments x) {
         return mul_const_width(static_cast<int>(x[0]), static_cast<int>(x[1]), static_cast<int>(x[2]),
                                static_cast<int>(x[3]));
       }},
  };
  return functions;
}

namespace {

class Evaluator {
 public:
  Evaluator(std::string_view formula, const Names& names) : text_(formula), names_(names) {}

  std::int64_t run() {
    while (const std::size_t end = text_.find(';', at_) + 1) abbreviation(end);
    const std::int64_t value = sum();
    if (peek() != '\0') fail("an operator or the end was expected");
    return value;
  }

 private:
  char peek() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  [[noreturn]] void fail(const std::string& why) const {
    throw UsageError(fmt::format("formula '{}', character {}: {}", text_, at_ + 1, why));
  }

  // `name = formula;`
  void abbreviation(std::size_t end) {
    peek();
    const std::string name(word());
    if (name.empty() || !take('=')) fail("an abbreviation, name = formula, was expected before ';'");
    const std::int64_t value = sum();
    if (!take(';') || at_ != end) fail("an operator or ';' was expected");
    names_.insert_or_assign(name, value);
  }

  std::string_view word() {
    const std::size_t first = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    return text_.substr(first, at_ - first);
  }

  std::int64_t sum() {
    std::int64_t value = product();
    for (;;) {
      if (take('+')) {
        value += product();
      } else if (take('-')) {
        value -= product();
      } else {
        return value;
      }
    }
  }

  std::int64_t product() {
    std::int64_t value = factor();
    for (;;) {
      if (take('*')) {
        value *= factor();
      } else if (take('/')) {
        const std::int64_t divisor = factor();
        if (divisor == 0 || value % divisor != 0) fail("the division leaves a remainder: use ceil_div");
        value /= divisor;
      } else {
        return value;
      }
    }
  }

  std::int64_t factor() {
    if (take('-')) return -factor();
    if (take('(')) {
      const std::int64_t value = sum();
      if (!take(')')) fail("')' was expected");
      return value;
    }
    if (std::isdigit(static_cast<unsigned char>(peek()))) {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
      if (error != std::errc()) fail("the number is too large");
      at_ = static_cast<std::size_t>(end - text_.data());
      return value;
    }
    return named();
  }

  std::int64_t named() {
    const std::size_t first = at_;
    const std::string_view name = word();
    if (name.empty()) fail("a number, a name or '(' was expected");
    if (const auto found = names_.find(name); found != names_.end()) return found->second;
    for (const FormulaFunction& function : formula_functions()) {
      if (function.name != name) continue;
      std::vector<std::int64_t> arguments;
      if (!take('(')) fail(fmt::format("'(' was expected after {}", name));
      do {
        arguments.push_back(sum());
      } while (take(','));
      if (!take(')')) fail("')' was expected");
      if (function.arguments >= 0 && arguments.size() != static_cast<std::size_t>(function.arguments)) {
        fail(fmt::format("{} takes {} arguments", name, function.arguments));
      }
      return function.apply(arguments);
    }
    at_ = first;
    fail(fmt::format("nothing is called '{}' here", name));
  }

  std::string_view text_;
  Names names_;
  std::size_t at_ = 0;
};

}  // namespace

std::int64_t evaluate_formula(std::string_view formula, const Names& names) {
  return Evaluator(formula, names).run();
}

std::int64_t claimed_width(const Construction& construction, const TaskSize& size, const Policy& policy,
                           const Settings& settings) {
  Names names = {
      {"n", size.n}, {"k", size.k}, {"p", size.p}, {"l", size.l == 0 ? 2 * size.n : size.l}, {"c", size.c}};
  names.insert({"MAX", whole_part(largest(policy))});
  for (const auto& [name, value] : settings) names.insert_or_assign(name, value);
  const bool floats = floating(policy) && !construction.floats.width.empty();
  return evaluate_formula(floats ? construction.floats.width : construction.width, names);
}

}  // namespace roundoff::constructions
