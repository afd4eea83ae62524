// The expressions in format families: numbers, the variables n k p l N c, + - * /, parentheses, lg logp ceil
// floor min max. Parsing here, exact evaluation in evaluate.cpp, growth in growth.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/notation/family.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats {

struct Expression {
  enum class Kind : std::uint8_t {
    number,
    variable,
    plus,
    minus,
    times,
    over,
    lg,
    logp,
    ceil,
    floor,
    min,
    max
  };
  Kind kind = Kind::number;
  Integer numerator = 0, denominator = 1;  ///< of a number
  char variable = 0;                       ///< one of n k p l N c
  std::size_t at = 0;                      ///< position in the text, for errors
  std::vector<Expression> parts;           ///< operands or arguments
};

/// A cursor over a notation that remembers it for error messages.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  std::string_view text() const { return text_; }
  std::size_t at() const { return at_; }
  void skip_spaces();
  bool done();
  /// The next character after spaces, or 0.
  char peek();
  bool take(char c);
  /// Letters, digits and underscores, starting with a letter; "" if there is none here.
  std::string_view word();
  /// A word that may have points before digits in it, as Q8.8 has.
  std::string_view name();
  /// Decimal digits; "" if there is none here.
  std::string_view digits();
  /// Throws UsageError: `'fixed(8,x)', character 9: WHY`.
  [[noreturn]] void fail(std::size_t at, const std::string& why) const;

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

Expression parse_expression(Cursor& in);

/// The value rounded up to an integer, decided exactly. UsageError (through `in`) for a missing variable, a
/// division by zero, the logarithm of what is not positive, or a value that is no 64-bit integer.
std::int64_t evaluate_up(const Expression& expression, const Bindings& bindings, const Cursor& in);

bool uses_variables(const Expression& expression);

/// The growth of the sum of the parts times their factors, as any of n, k, l, N grows.
Growth growth_of_sum(const std::vector<std::pair<int, const Expression*>>& parts);

}  // namespace roundoff::formats
