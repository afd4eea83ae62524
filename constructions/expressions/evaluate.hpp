// Exact values of integer expressions: the right answers of tasks that are given by one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "constructions/expressions/integer_expression.hpp"
#include "constructions/tasks/digits.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::constructions {

/// UsageError for a division by zero, a negative exponent or a result of more than a million bits.
Integer evaluate(const IntegerExpression& expression, std::span<const Integer> operands);

/// From digits in base p, most significant first.
Integer to_number(const Digits& digits, int p);
/// The `length` digits of 0 <= value < p^length; nothing where it is not so.
std::optional<Digits> to_digits(Integer value, int p, int length);

std::optional<std::int64_t> to_int64(const Integer& value);

}  // namespace roundoff::constructions
