// What does not depend on the input: its value, once, by the reference arithmetic.
#pragma once

#include <optional>
#include <vector>

#include "sim/program/program.hpp"

namespace roundoff::sim {

class ConstantFolder {
 public:
  /// Formats and reductions of the program may still grow.
  explicit ConstantFolder(const Program& program) : program_(program) {}

  /// The value of a node whose operands are constants: `constant(id)` is the value of an operand or null. Of
  /// an embedding whose allowed tokens all have one value, that. Nothing where an operand is none, where the
  /// node traps, and for constants and choices.
  template <class Constant>
  std::optional<Value> of(const Node& node, const Constant& constant);
  /// Whether terms 0 * x with a finite x can be left out of a dot: `zero_weights_exact`.
  bool skips_zero(const Node& dot);

 private:
  std::optional<Value> evaluated(const Node& node);
  std::optional<Value> embedded(const Node& node) const;

  const Program& program_;
  std::vector<signed char> skips_zero_;  // by reduction and format; -1: not known yet
  std::vector<Value> x_, y_;
};

template <class Constant>
std::optional<Value> ConstantFolder::of(const Node& node, const Constant& constant) {
  x_.clear(), y_.clear();
  const auto push = [&](NodeId operand) {
    const Value* value = constant(operand);
    if (value) x_.push_back(*value);
    return value != nullptr;
  };
  switch (node.op) {
    case Op::constant:
    case Op::arg_max:
      return {};
    case Op::embed:
      return embedded(node);
    case Op::round:
    case Op::unary:
    case Op::table:
      if (!push(node.a)) return {};
      break;
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
      if (!push(node.a) || !push(node.b)) return {};
      break;
    case Op::fma:
      if (!push(node.a) || !push(node.b) || !push(node.c)) return {};
      break;
    case Op::max:
    case Op::sum:
      for (NodeId operand : program_.list(node.a, node.c))
        if (!push(operand)) return {};
      break;
    case Op::dot: {
      // Products with a zero are left out where that changes nothing: long dots of codes are mostly zeros.
      const auto x = program_.list(node.a, node.c), y = program_.list(node.b, node.c);
      const bool skip = skips_zero(node);
      for (std::uint32_t j = 0; j < node.c; ++j) {
        const Value* left = constant(x[j]);
        const Value* right = left ? constant(y[j]) : nullptr;
        if (!right) return {};
        if (skip && ((left->is_zero() && right->is_finite()) || (right->is_zero() && left->is_finite())))
          continue;
        x_.push_back(*left);
        y_.push_back(*right);
      }
      if (x_.empty()) x_.push_back(Value::zero()), y_.push_back(Value::zero());
      break;
    }
  }
  return evaluated(node);
}

}  // namespace roundoff::sim
