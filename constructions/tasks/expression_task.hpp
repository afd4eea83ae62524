// A task that is an integer expression: operands of digits, and the digits of the expression's value. Hard inputs
// are derived: extreme operands, each with each, and operands that are equal but for one digit.
#pragma once

#include <string>
#include <vector>

#include "constructions/expressions/integer_expression.hpp"
#include "constructions/tasks/arithmetic_task.hpp"

namespace roundoff::constructions {

struct ExpressionForm {
  std::string name, spec, digest;
  ArithmeticForm sequence;
  IntegerExpression answer;
  std::vector<std::string> words;  ///< stated adversarial inputs
};

std::unique_ptr<Task> expression_task(const TaskSize& size, ExpressionForm form);

/// The names that sizes and answers of a task may use: p, n, k, l, c.
Names size_names(const TaskSize& size);

}  // namespace roundoff::constructions
