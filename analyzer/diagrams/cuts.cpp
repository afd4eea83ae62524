// Cut points: column sums as variables of their own.
//
// The sum of a column over many operands, or of the n products of a column of MUL, has few values, but
// diagrams over all digits below it grow fast. So the proof is cut there. In the cut proof the column sums
// c_j are free variables besides the digits, and the specification's digits are computed from them. A node of
// the program may be replaced by the linear form sum_j w_j c_j + w exactly when it is proved to equal it:
//
//  1. It is a sum, by operations that round nothing: every product with a constant and every term is a member
//  of the
//     format on all inputs, and the magnitudes of all terms add up to at most the largest value, so that
//     every partial sum in any order is a member too (uniform formats only).
//  2. Its terms, gathered by the digits that they depend on (at most two), are diagrams over these digits
//  that equal
//     w_j times the specification's terms of column j, with all terms of the column present and nothing left
//     over.
//
// What is proved for all values of the free variables holds for the values that the columns take. The
// converse does not: a difference may be spurious, so that a cut proof certifies or says nothing.
#include <algorithm>
#include <optional>

#include "analyzer/diagrams/interpreter.hpp"

namespace roundoff::analyzer::diagrams {

namespace {

// The digits that a diagram depends on, if at most two: a key for terms that may be gathered. Children are on
// deeper levels, so that a diagram of more digits shows three of them on the way down.
std::optional<std::uint64_t> digits_of(const Manager& manager, Ref f) {
  std::uint32_t levels[2] = {0, 0};
  int count = 0;
  std::vector<Ref> open{f}, seen;
  while (!open.empty()) {
    const Ref g = open.back();
    open.pop_back();
    if (manager.is_terminal(g)) continue;
    const std::uint32_t level = manager.level(g);
    if (!std::count(levels, levels + count, level)) {
      if (count == 2) return std::nullopt;
      levels[count++] = level;
    }
    for (std::uint32_t v = 0; v < manager.arity(level); ++v) {
      const Ref child = manager.child(g, v);
      if (manager.is_terminal(child) || std::find(seen.begin(), seen.end(), child) != seen.end()) continue;
      seen.push_back(child);
      open.push_back(child);
    }
  }
  if (count == 2 && levels[0] > levels[1]) std::swap(levels[0], levels[1]);
  std::uint64_t key = 0;
  for (int j = 0; j < count; ++j) key = key << 32 | (levels[j] + 1);
  return key;
}

}  // namespace

// Adds w * f to the form; false when f depends on more than two variables or on a column.
bool Interpreter::gather(Form& form, Ref f, const Value& weight) {
  if (!algebra_.is_regular(f)) return false;
  const Ref term = algebra_.apply(exact_mul_, algebra_.constant(weight), f);
  const auto key = digits_of(manager_, term);
  if (!key) return false;
  auto [found, fresh] = form.try_emplace(*key, no_ref);
  found->second = fresh ? term : algebra_.apply(exact_add_, found->second, term);
  return true;
}

// Whether w * (the form) is computed without rounding in a format, and its magnitude.
std::optional<Value> Interpreter::exact_magnitude(const Form& form, const Value& weight,
                                                  const Format& format) {
  Value total = Value::zero();
  for (const auto& [key, f] : form) {
    const Ref term = algebra_.apply(exact_mul_, algebra_.constant(weight), f);
    if (algebra_.apply(code(Operation::round, format), term) != term) return std::nullopt;
    total = exact_sum(total, algebra_.magnitude(term));
    if (total.is_nan()) return std::nullopt;
  }
  return total;
}

// The node as a sum of functions of at most two digits, where it is computed without rounding; null
// otherwise.
const Interpreter::Form* Interpreter::form_of(NodeId id) {
  if (const auto known = forms_.find(id); known != forms_.end())
    return known->second ? &*known->second : nullptr;
  forms_[id] = std::nullopt;  // while it is looked for
  try {
    forms_[id] = find_form(id);
  } catch (...) {
    forms_.erase(id);
    throw;
  }
  return forms_[id] ? &*forms_[id] : nullptr;
}

std::optional<Interpreter::Form> Interpreter::find_form(NodeId id) {
  const Node& node = program_.nodes[id];
  std::optional<Form> result;
  std::vector<std::pair<NodeId, Value>> terms;  // node, weight
  bool linear = true;
  const Value one = Value::integer(1);
  switch (node.op) {
    case Op::round:
      terms = {{node.a, one}};
      break;
    case Op::add:
      terms = {{node.a, one}, {node.b, one}};
      break;
    case Op::sub:
      terms = {{node.a, one}, {node.b, negated(one)}};
      break;
    case Op::sum:
      linear = program_.reductions[node.reduction].order.kind != SumOrder::wide;
      for (const NodeId operand : program_.list(node.a, node.c)) terms.emplace_back(operand, one);
      break;
    case Op::mul:
    case Op::dot: {
      const bool dot = node.op == Op::dot;
      if (dot) {
        const Reduction& reduction = program_.reductions[node.reduction];
        linear = reduction.mode == DotMode::rounded && reduction.order.kind != SumOrder::wide;
      }
      for (std::uint32_t j = 0; linear && j < (dot ? node.c : 1u); ++j) {
        NodeId x = dot ? program_.operands[node.a + j] : node.a,
               y = dot ? program_.operands[node.b + j] : node.b;
        if (program_.nodes[y].op == Op::constant) std::swap(x, y);
        need(x);
        if (!algebra_.is_constant(values_[x]) || !algebra_.is_regular(values_[x])) {
          linear = false;
        } else if (!algebra_.is_zero(values_[x])) {
          terms.emplace_back(y, algebra_.scalars().value(manager_.id(values_[x])));
        }
      }
      break;
    }
    default: {  // a function of at most two digits, or nothing
      linear = false;
      need(id);
      Form form;
      if (gather(form, values_[id], one)) result = std::move(form);
      break;
    }
  }
  const Format& format = program_.formats[node.format];
  if (linear && format.is_uniform() && format.is_plain()) {
    Form form;
    Value total = Value::zero();
    for (const auto& [operand, weight] : terms) {
      const Form* part = form_of(operand);
      const auto magnitude = part ? exact_magnitude(*part, weight, format) : std::nullopt;
      if (magnitude) total = exact_sum(total, *magnitude);
      linear = magnitude && !total.is_nan();
      if (linear)
        for (const auto& [key, f] : *part) linear = linear && gather(form, f, weight);
      if (!linear) break;
    }
    if (linear && compare(total, format.highest) <= 0 && compare(negated(total), format.lowest) >= 0)
      result = std::move(form);
  }
  return result;
}

void Interpreter::cut(std::vector<Column> columns) {
  columns_ = std::move(columns);
  pause_.emplace(manager_);
  for (std::size_t c = 0; c < columns_->size(); ++c)
    if (const auto& terms = (*columns_)[c].terms; !terms.empty())
      column_of_.emplace(*digits_of(manager_, terms[0]), c);
}

// Sets values_[node] to a linear form in the column sums where the node is proved to equal it.
bool Interpreter::by_cut(NodeId id) {
  if (!columns_) return false;
  const Op op = program_.nodes[id].op;
  if (op != Op::sum && op != Op::dot && op != Op::add && op != Op::sub) return false;
  const Form* found = form_of(id);
  if (!found || values_[id] != no_ref) return values_[id] != no_ref;
  // A column of one term is that term: nothing is gained without one of two or more.
  if (found->size() - found->count(0) < 2) return false;
  Form left = *found;
  Ref value = algebra_.constant(Value::zero());
  if (const auto constant = left.find(0); constant != left.end()) {
    value = constant->second;
    left.erase(constant);
  }
  while (!left.empty()) {
    // Of some column every term is left, the first too.
    const auto first = std::find_if(left.begin(), left.end(),
                                    [&](const auto& part) { return column_of_.contains(part.first); });
    if (first == left.end()) return false;
    const Column& column = (*columns_)[column_of_.at(first->first)];
    // The weight from the greatest values; then every term must be the weight times the specification's term.
    const Value top = algebra_.scalars().value(manager_.greatest(column.terms[0]));
    const Value most = algebra_.magnitude(first->second);
    if (most.is_zero() || top.is_zero() || most.significand % top.significand != 0) return false;
    Value weight =
        Value::scaled(false, most.significand / top.significand, std::int64_t{most.exponent} - top.exponent);
    const Value& least = algebra_.scalars().value(manager_.least(first->second));
    if (least.negative) weight = negated(weight);
    for (const Ref term : column.terms) {
      const auto part = left.find(*digits_of(manager_, term));
      if (part == left.end() || part->second != algebra_.apply(exact_mul_, algebra_.constant(weight), term))
        return false;
      left.erase(part);
    }
    value =
        algebra_.apply(exact_add_, algebra_.apply(exact_mul_, algebra_.constant(weight), column.sum), value);
  }
  values_[id] = value;
  ++statistics_.cuts;
  return true;
}

}  // namespace roundoff::analyzer::diagrams
