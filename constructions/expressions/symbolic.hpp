// Integer expressions over `Integers` (constructions/tasks/specification.hpp): the digits of an expression's
// value as functions of the digits of its operands, for certificates. Arithmetic is schoolbook, digit by digit,
// so that no terminal of a diagram is larger than a few digits; a remainder by a small constant is computed
// modulo that constant all the way.
#pragma once

#include <optional>
#include <span>

#include "constructions/expressions/integer_expression.hpp"
#include "constructions/tasks/specification.hpp"

namespace roundoff::constructions {

/// The `count` digits in `base` of the expression's value, least significant first, each -1 on operands where the
/// expression has no value (a division by zero), or one that is negative or not below base^(count-1) * leading.
/// Operands are digits in `base`. Nothing for what this does not do: exponents that depend on operands.
std::optional<Number> symbolic_digits(const IntegerExpression& expression, Integers& integers,
                                      std::span<const Number> operands, std::int64_t base, int count,
                                      std::int64_t leading);

}  // namespace roundoff::constructions
