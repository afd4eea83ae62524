// Sums, dots and maxima of diagrams.
//
// The order of a sum is part of its meaning; but where the format is uniform and the magnitudes of all terms
// add up to at most the largest value, every partial sum in any order is exact, so that any order gives the
// same bits, and the cheapest is taken: the deepest variables first, so that each step puts few nodes on top
// of what is there.
#include <algorithm>

#include "analyzer/diagrams/products.hpp"

namespace roundoff::analyzer::diagrams {

void Interpreter::deepest_first(Roots& terms, std::size_t first, std::size_t count) {
  const auto begin = terms.refs.begin() + static_cast<std::ptrdiff_t>(first);
  std::stable_sort(begin, begin + static_cast<std::ptrdiff_t>(count),
                   [&](Ref f, Ref g) { return manager_.level(f) > manager_.level(g); });
}

Ref Interpreter::fold(std::uint32_t code, Roots& terms, std::size_t first, std::size_t count, bool members) {
  for (std::size_t j = 1; j < count; ++j) {
    terms[first] = algebra_.apply(code, terms[first], terms[first + j], members);
    terms[first + j] = no_ref;
    manager_.collect_if_due();
  }
  return terms[first];
}

bool Interpreter::exact_in_any_order(const Roots& terms, std::size_t first, std::size_t count,
                                     const Format& format) const {
  if (!format.is_uniform() || !format.is_plain()) return false;
  Value total = Value::zero();
  for (std::size_t j = first; j < first + count; ++j) {
    if (!algebra_.is_regular(terms.refs[j])) return false;
    total = exact_sum(total, algebra_.magnitude(terms.refs[j]));
    if (total.is_nan()) return false;
  }
  return compare(total, format.highest) <= 0 && compare(negated(total), format.lowest) >= 0;
}

Ref Interpreter::sequential(Roots& terms, std::size_t first, std::size_t count, const Format& format,
                            bool members) {
  if (members && exact_in_any_order(terms, first, count, format)) deepest_first(terms, first, count);
  return fold(code(Operation::add, format), terms, first, count, members);
}

// Splits at the largest power of two strictly below the number of terms.
Ref Interpreter::tree(Roots& terms, std::size_t first, std::size_t count, const Format& format,
                      bool members) {
  if (count == 1) return terms[first];
  std::size_t half = 1;
  while (2 * half < count) half *= 2;
  terms[first] = tree(terms, first, half, format, members);
  terms[first + half] = tree(terms, first + half, count - half, format, members);
  terms[first] = algebra_.apply(code(Operation::add, format), terms[first], terms[first + half], members);
  manager_.collect_if_due();
  return terms[first];
}

// `members`: the terms are known to be members of the format.
Ref Interpreter::sum(Roots& terms, const SumOrder& order, const Format& format, bool members) {
  const std::size_t count = terms.refs.size();
  switch (order.kind) {
    case SumOrder::sequential:
      return sequential(terms, 0, count, format, members);
    case SumOrder::tree:
      return tree(terms, 0, count, format, members);
    case SumOrder::blocked: {
      const auto block = static_cast<std::size_t>(order.block);
      std::size_t sums = 0;
      for (std::size_t first = 0; first < count; first += block)
        terms[sums++] = sequential(terms, first, std::min(block, count - first), format, members);
      terms.refs.resize(sums);
      return sequential(terms, 0, sums, format, members);
    }
    case SumOrder::wide:
      terms[0] = sequential(terms, 0, count, order.wide_format, false);
      return algebra_.apply(code(Operation::round, format), terms[0]);
    case SumOrder::exact:
      if (!format.is_plain()) throw Exhausted{{Reason::special_values}};
      deepest_first(terms, 0, count);
      fold(algebra_.scalars().code({.kind = Operation::exact_add}), terms, 0, count, false);
      return algebra_.apply(code(Operation::round, format), terms[0]);
  }
  return no_ref;
}

Ref Interpreter::compute_sum(const Node& node) {
  const auto list = program_.list(node.a, node.c);
  bool members = true;
  for (const NodeId operand : list) {
    need(operand);
    members = members && member(operand, node.format);
  }
  const bool skip = skips_zero(node) && members;
  Roots terms(manager_);
  for (const NodeId operand : list)
    if (!skip || !algebra_.is_zero(values_[operand])) terms.refs.push_back(values_[operand]);
  if (terms.refs.empty()) return algebra_.constant(Value::zero());
  return sum(terms, program_.reductions[node.reduction].order, program_.formats[node.format], members);
}

// The terms of a dot that are not 0 on all inputs; their factors are computed.
std::vector<std::size_t> Interpreter::kept_terms(const Node& node) {
  const auto xs = program_.list(node.a, node.c), ys = program_.list(node.b, node.c);
  bool plain = true;  // 0 * x = +0 for every x that occurs
  for (std::size_t j = 0; j < node.c; ++j)
    for (const NodeId operand : {xs[j], ys[j]})
      plain = plain && program_.formats[program_.nodes[operand].format].is_plain();
  const bool skip = skips_zero(node) && plain;
  std::vector<std::size_t> kept;
  for (std::size_t j = 0; j < node.c; ++j) {
    NodeId x = xs[j], y = ys[j];
    if (program_.nodes[y].op == Op::constant || values_[y] != no_ref) std::swap(x, y);
    need(x);
    if (skip && algebra_.is_zero(values_[x])) continue;
    need(y);
    if (skip && algebra_.is_zero(values_[y])) continue;
    kept.push_back(j);
  }
  return kept;
}

Ref Interpreter::compute_dot(const Node& node) {
  if (const Ref winner = by_contest(node); winner != no_ref) return winner;
  const std::vector<std::size_t> kept = kept_terms(node);
  const Reduction& reduction = program_.reductions[node.reduction];
  const Format& format = program_.formats[node.format];
  const auto xs = program_.list(node.a, node.c), ys = program_.list(node.b, node.c);
  if (kept.empty()) return algebra_.constant(Value::zero());
  const bool rounded = reduction.mode == DotMode::rounded;
  if (kept.size() > 1) {
    const Manager::Pause pause(manager_);
    if (const auto two = two_sides(node, kept)) return product(*two);
  }
  const std::uint32_t times =
      rounded ? code(Operation::mul, node.format) : algebra_.scalars().code({.kind = Operation::exact_mul});
  Roots terms(manager_);
  for (const std::size_t j : kept) {
    const bool members = rounded && member(xs[j], node.format) && member(ys[j], node.format);
    terms.refs.push_back(algebra_.apply(times, values_[xs[j]], values_[ys[j]], members));
    manager_.collect_if_due();
  }
  switch (reduction.mode) {
    case DotMode::rounded:
      return sum(terms, reduction.order, format, true);
    case DotMode::fused:  // s = rnd(x_1*y_1); s = rnd(s + x_j*y_j)
      terms[0] = algebra_.apply(code(Operation::round, format), terms[0]);
      return fold(code(Operation::fma_tail, format), terms, 0, terms.refs.size(), false);
    case DotMode::exact_dot:
      return sum(terms, {SumOrder::exact, 0, {}}, format, false);
  }
  return no_ref;
}

}  // namespace roundoff::analyzer::diagrams
