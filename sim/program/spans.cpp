// Interval arithmetic on integers; see spans.hpp.
#include "sim/program/spans.hpp"

#include <algorithm>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::sim {
namespace {

// Products of two members and their sums stay far inside 128 bits.
constexpr int most_bits = 40;

std::optional<i128> in_steps(const Value& value, int quantum) {
  if (value.is_zero()) return i128{0};
  if (value.kind != Kind::finite || value.exponent < quantum || leading_exponent(value) - quantum > most_bits)
    return {};
  const auto magnitude = static_cast<i128>(value.significand << (value.exponent - quantum));
  return value.negative ? -magnitude : magnitude;
}

// x 2^from in multiples of 2^to, toward the side that is asked for.
i128 shifted(i128 x, int from, int to, bool up) {
  constexpr int room = 40;  // x is a product, or a sum of two: below 2^82
  if (from >= to) return x == 0 ? 0 : x * (i128{1} << std::min(from - to, room));
  const int drop = std::min(to - from, 120);
  return up ? -(-x >> drop) : x >> drop;
}

// Of terms that are members of the result's format, in index order.
template <class Term>
std::optional<Span> in_order(std::size_t count, std::int64_t lowest, std::int64_t highest, const Term& term) {
  Span total{0, 0};
  for (std::size_t j = 0; j < count; ++j) {
    const Span t = term(j);
    if (!t.known()) return {};
    total.low = std::clamp(total.low + t.low, lowest, highest);
    total.high = std::clamp(total.high + t.high, lowest, highest);
  }
  return total;
}

}  // namespace

bool Spans::keeps(const Format& format) {
  return format.is_uniform() && format.is_plain() && format.overflow == Overflow::sat &&
         !format.is_stochastic() && format.precision <= most_bits;
}

const Spans::Facts& Spans::facts(std::uint8_t format) const {
  for (std::size_t f = facts_.size(); f < program_.formats.size(); ++f) {
    const Format& from = program_.formats[f];
    Facts made;
    made.quantum = from.quantum;
    const auto low = in_steps(from.lowest, from.quantum), high = in_steps(from.highest, from.quantum);
    made.kept = keeps(from) && low && high;
    if (made.kept) {
      made.lowest = static_cast<std::int64_t>(*low);
      made.highest = static_cast<std::int64_t>(*high);
    }
    facts_.push_back(made);
  }
  return facts_[format];
}

Span Spans::settled(i128 low, i128 high, int quantum, const Facts& to) const {
  const i128 bottom = to.lowest, top = to.highest;
  // What is shifted by more than there is room for lies beyond the range, unless it is 0.
  const i128 below = std::clamp(shifted(low, quantum, to.quantum, false), bottom, top);
  const i128 above = std::clamp(shifted(high, quantum, to.quantum, true), bottom, top);
  return {static_cast<std::int64_t>(below), static_cast<std::int64_t>(above)};
}

Span Spans::point(const Value& value, std::uint8_t format) const {
  const Facts& f = facts(format);
  const auto steps = in_steps(value, f.quantum);
  if (!f.kept || !steps || *steps < f.lowest || *steps > f.highest) return {};
  return {static_cast<std::int64_t>(*steps), static_cast<std::int64_t>(*steps)};
}

Value Spans::value(std::int64_t steps, std::uint8_t format) const {
  const auto magnitude = static_cast<u128>(steps < 0 ? -static_cast<i128>(steps) : i128{steps});
  return Value::scaled(steps < 0, magnitude, steps == 0 ? 0 : facts(format).quantum);
}

void Spans::narrow(NodeId node, const Span& fact) {
  Span& span = spans_[node];
  if (span.known()) span = {std::max(span.low, fact.low), std::min(span.high, fact.high)};
}

Span Spans::round(const Span& x, std::uint8_t from, std::uint8_t to) {
  const Facts& f = facts(to);
  if (!f.kept || !x.known()) return f.all();
  return settled(x.low, x.high, facts(from).quantum, f);
}

Span Spans::difference(const Span& a, const Span& b, std::uint8_t from, std::uint8_t to) {
  const Facts& f = facts(to);
  if (!f.kept || !a.known() || !b.known()) return f.all();
  return settled(i128{a.low} - b.high, i128{a.high} - b.low, facts(from).quantum, f);
}

Span Spans::applied(Function function, const Span& x, std::uint8_t from, std::uint8_t to) {
  const Facts& f = facts(to);
  if (!f.kept || !x.known()) return f.all();
  switch (function) {
    case Function::identity:
      return round(x, from, to);
    case Function::relu:
      return round({std::max<std::int64_t>(x.low, 0), std::max<std::int64_t>(x.high, 0)}, from, to);
    case Function::exp:
    case Function::sigmoid:
    case Function::step: {  // increasing: the ends by definition
      const auto at = [&](std::int64_t steps) {
        const auto [found, fresh] = applied_.try_emplace({function, steps, from, to});
        if (fresh) {
          const Format& format = program_.formats[to];
          found->second = point(formats::apply(function, value(steps, from), format).value, to);
        }
        return found->second;
      };
      const Span low = at(x.low), high = at(x.high);
      return low.known() && high.known() ? Span{low.low, high.high} : f.all();
    }
    default:
      return f.all();
  }
}

Span Spans::product(const Span& x, const Span& y, int quantum, std::uint8_t format) const {
  const Facts& to = facts(format);
  if (!to.kept || !x.known() || !y.known()) return to.all();
  const i128 corners[] = {i128{x.low} * y.low, i128{x.low} * y.high, i128{x.high} * y.low,
                          i128{x.high} * y.high};
  const auto [low, high] = std::minmax_element(std::begin(corners), std::end(corners));
  return settled(*low, *high, quantum, to);
}

Span Spans::product(NodeId x, NodeId y, std::uint8_t format) const {
  const int quantum = facts(program_.nodes[x].format).quantum + facts(program_.nodes[y].format).quantum;
  return product(spans_[x], spans_[y], quantum, format);
}

Span Spans::sum(const Span& a, const Span& b, std::uint8_t format) const {
  const Facts& to = facts(format);
  if (!to.kept || !a.known() || !b.known()) return to.all();
  return {std::clamp(a.low + b.low, to.lowest, to.highest),
          std::clamp(a.high + b.high, to.lowest, to.highest)};
}

// In steps of a format: nothing where the node has steps of another size.
Span Spans::in_format(NodeId node, std::uint8_t format) const {
  const Node& from = program_.nodes[node];
  if (from.op == Op::constant) return point(program_.constants[from.a], format);
  return facts(from.format).quantum == facts(format).quantum ? spans_[node] : Span{};
}

Span Spans::sum(std::span<const NodeId> terms, const Reduction& reduction, std::uint8_t format) const {
  const Facts& to = facts(format);
  if (!to.kept || reduction.order.kind != SumOrder::sequential) return to.all();
  const auto total = in_order(terms.size(), to.lowest, to.highest,
                              [&](std::size_t j) { return in_format(terms[j], format); });
  return total.value_or(to.all());
}

Span Spans::dot(std::span<const NodeId> x, std::span<const NodeId> y, const Reduction& reduction,
                std::uint8_t format) {
  const Facts& to = facts(format);
  if (!to.kept || reduction.order.kind != SumOrder::sequential || reduction.mode != DotMode::rounded)
    return to.all();
  const auto total =
      in_order(x.size(), to.lowest, to.highest, [&](std::size_t j) { return product(x[j], y[j], format); });
  return total.value_or(to.all());
}

Span Spans::of(const Node& node) {
  const Facts& to = facts(node.format);
  if (node.op == Op::constant) return point(program_.constants[node.a], node.format);
  if (!to.kept || node.op == Op::arg_max) return {};
  const auto format_of = [&](NodeId id) { return program_.nodes[id].format; };
  switch (node.op) {
    case Op::embed: {
      Span all;
      for (const Token token : program_.shape.tokens[node.a]) {
        const Span one = point(program_.tables[node.b][token], node.format);
        if (!one.known()) return {};
        all = all.known() ? Span{std::min(all.low, one.low), std::max(all.high, one.high)} : one;
      }
      return all;
    }
    case Op::round:
      return round(spans_[node.a], format_of(node.a), node.format);
    case Op::unary:
      return applied(node.function, spans_[node.a], format_of(node.a), node.format);
    case Op::mul:
      return product(node.a, node.b, node.format);
    case Op::add:
    case Op::sub: {
      const Span a = in_format(node.a, node.format), b = in_format(node.b, node.format);
      if (!a.known() || !b.known()) return to.all();
      if (node.op == Op::add) return settled(i128{a.low} + b.low, i128{a.high} + b.high, to.quantum, to);
      return settled(i128{a.low} - b.high, i128{a.high} - b.low, to.quantum, to);
    }
    case Op::div: {
      const Span &a = spans_[node.a], &b = spans_[node.b];
      if (!a.known() || !b.known() || a.low < 0 || b.low <= 0) return to.all();
      // 0 <= a / b <= a.high / b.low
      const int quantum = facts(format_of(node.a)).quantum - facts(format_of(node.b)).quantum;
      const i128 quotient = ((i128{a.high} << most_bits) + b.low - 1) / b.low;
      return settled(0, quotient, quantum - most_bits, to);
    }
    case Op::max: {
      Span all;
      for (const NodeId operand : program_.list(node.a, node.c)) {
        const Span one = in_format(operand, node.format);
        if (!one.known()) return {};  // a maximum is not rounded: it may be no member
        all = all.known() ? Span{std::max(all.low, one.low), std::max(all.high, one.high)} : one;
      }
      return all;
    }
    case Op::sum:
      return sum(program_.list(node.a, node.c), program_.reductions[node.reduction], node.format);
    case Op::dot:
      return dot(program_.list(node.a, node.c), program_.list(node.b, node.c),
                 program_.reductions[node.reduction], node.format);
    default:
      return to.all();
  }
}

}  // namespace roundoff::sim
