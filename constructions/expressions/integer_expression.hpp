// Integer expressions over a task's operands, as task files write them (semantics.md, section 4):
//
//   + - * // % **   min max abs sum   if(c, a, b)   == != < <= > >=   and or not   integers, names
//
// x1, x2, ... are the operands, x is the list of all (for min, max, sum); other names are given by the caller (n,
// p, parameters). They mean what they mean in Python: // and % round towards minus infinity, `and` and `or` give
// an operand, comparisons give 0 or 1 and may be chained; `if` evaluates only the branch that is taken.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "constructions/names.hpp"

namespace roundoff::constructions {

struct IntegerExpression {
  enum class Kind : std::uint8_t {
    number,
    operand,  ///< x1, x2, ...: `index` from 0
    negative,
    plus,
    minus,
    times,
    quotient,   ///< //
    remainder,  ///< %
    power,
    equal,
    less,  ///< parts[0] < parts[1]
    at_most,
    both,    ///< and
    either,  ///< or
    negation,
    least,
    greatest,
    magnitude,
    choice,  ///< if(c, a, b)
    total
  };
  Kind kind = Kind::number;
  std::string digits;  ///< of a number, decimal
  int index = 0;
  std::vector<IntegerExpression> parts;
};

/// Values of names other than x, x1, x2, ....
using Names = std::map<std::string, std::int64_t, std::less<>>;

/// UsageError that quotes the text and says what is wrong where. `operands`: how many there are.
IntegerExpression parse_integer_expression(std::string_view text, int operands, const Names& names);

/// A size: an expression without operands. UsageError where it is not in least .. most.
int evaluate_size(std::string_view text, const Names& names, int least, int most);

}  // namespace roundoff::constructions
