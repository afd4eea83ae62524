// Intervals through rounded operations.
//
// Why the bounds are right. Every rounding rule but stochastic and every overflow rule but `wrap` is
// monotone: x <= y gives rnd(x) <= rnd(y). So a rounded operation that is monotone in an operand takes its
// extremes at the extremes of the operand, and the extremes are computed by the reference arithmetic itself,
// rounding included. Sums and dots are compositions of such steps, in the same order. The bounds are computed
// under `sat`. A bound that reaches the end of the format may stand for an overflow; then `inf` adds the
// infinity (or NaN), `trap` a trap, and `wrap` anything. A multiple of 2^q stays one when it is rounded to p
// bits, and becomes a multiple of the format's own quantum when that is coarser; where it may saturate, the
// largest magnitudes count as well.
//
// Two facts that intervals alone do not see: s - max(.., s, ..) <= 0; and a sum of functions f(s_j - m) >= 0
// over all s_j of m = max(s_1..s_r) is at least f(0), since one of the differences is 0 and every partial sum
// is monotone.
#include "sim/passes/intervals.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "sim/passes/bounds.hpp"
#include "sim/passes/exactness.hpp"

namespace roundoff::sim {

Facts facts_of(const Range& range) {
  const Value zero = Value::zero();
  return {.nan = range.nan,
          .infinite = range.low.is_infinite() || range.high.is_infinite(),
          .minus_zero = range.minus_zero,
          .plus_zero = range.holds_zero(),
          .negative = compare(range.low, zero) < 0,
          .positive = compare(range.high, zero) > 0};
}

std::optional<i128> steps(const Value& value, int quantum) {
  if (value.is_zero()) return i128{0};
  if (!value.is_finite() || value.exponent < quantum || leading_exponent(value) - quantum >= 100) return {};
  const auto magnitude = static_cast<i128>(value.significand << (value.exponent - quantum));
  return value.negative ? -magnitude : magnitude;
}

Value from_steps(i128 steps, int quantum) {
  return Value::scaled(steps < 0, static_cast<u128>(steps < 0 ? -steps : steps), steps == 0 ? 0 : quantum);
}

namespace {

class Analysis {
 public:
  explicit Analysis(const Program& program) : program_(program) {
    for (const Format& format : program.formats) bounds_.emplace_back(format);
    for (const Reduction& reduction : program.reductions) wide_.emplace_back(reduction.order.wide_format);
  }

  std::vector<Range> run() {
    ranges_.reserve(program_.nodes.size());
    for (const Node& node : program_.nodes) {
      ranges_.push_back(of(node));
      if (node.never_traps) ranges_.back().traps = false;
      ranges_.back().exact =
          node.exact || exact_in_any_order(program_, node, ranges_, bounds_[node.format].format());
    }
    return std::move(ranges_);
  }

 private:
  Range of(const Node& node) {
    const Bounds& in = bounds_[node.format];
    switch (node.op) {
      case Op::constant:
        return point(program_.constants[node.a]);
      case Op::embed: {
        const auto& table = program_.tables[node.b];
        const auto& allowed = program_.shape.tokens[node.a];
        Range range = point(table[allowed[0]]);
        for (Token token : allowed) range = hull(range, point(table[token]));
        return range;
      }
      case Op::round:
        return in.round(ranges_[node.a]);
      case Op::add:
        return in.add(ranges_[node.a], ranges_[node.b]);
      case Op::sub:
        return difference(node, in);
      case Op::mul:
        return in.mul(ranges_[node.a], ranges_[node.b]);
      case Op::fma:
        return in.fma(ranges_[node.a], ranges_[node.b], ranges_[node.c]);
      case Op::div:
        return in.div(ranges_[node.a], ranges_[node.b], node.nonzero_divisor);
      case Op::unary:
        return in.unary(node.function, ranges_[node.a]);
      case Op::max: {
        Range range;
        bool first = true;
        for (NodeId operand : program_.list(node.a, node.c)) {
          const Range& x = ranges_[operand];
          const bool nan = range.nan || x.nan;
          const bool minus_zero = range.minus_zero || x.minus_zero;
          if (first)
            range = x;
          else
            range = {larger(range.low, x.low),
                     larger(range.high, x.high),
                     std::min(range.quantum, x.quantum),
                     false,
                     false,
                     false};
          range.nan = nan;
          range.minus_zero = minus_zero;
          first = false;
        }
        if (program_.nan == NanRule::propagate) return range;
        range.traps = range.nan;
        range.nan = false;
        return range;
      }
      case Op::arg_max: {
        Range range = hull(point(Value::zero()), point(Value::integer(std::int64_t{node.c} - 1)));
        for (NodeId operand : program_.list(node.a, node.c))
          range.traps = range.traps || (ranges_[operand].nan && program_.nan == NanRule::trap);
        return range;
      }
      case Op::table: {
        const Range& x = ranges_[node.a];
        Range range;
        bool first = true;
        for (const auto& [argument, result] : program_.maps[node.b]) {
          if (!x.nan && (compare(argument, x.low) < 0 || compare(argument, x.high) > 0)) continue;
          range = first ? point(result) : hull(range, point(result));
          first = false;
        }
        return first ? in.top() : range;
      }
      case Op::sum: {
        terms_.clear();
        for (NodeId operand : program_.list(node.a, node.c)) terms_.push_back(ranges_[operand]);
        Range range = total(node, in, false);
        if (const auto least = softmax_total(node); least && compare(*least, range.low) > 0)
          range.low = *least;
        return range;
      }
      case Op::dot:
        return dot(node, in);
    }
    return in.top();
  }

  Range difference(const Node& node, const Bounds& in) {
    Range range = in.add(ranges_[node.a], Bounds::negated(ranges_[node.b]));
    const Node& other = program_.nodes[node.b];
    if (in.format().overflow == Overflow::wrap) return range;
    if (other.op == Op::max && range.finite() && compare(range.high, Value::zero()) > 0 &&
        listed(node.b, node.a))
      range.high = Value::zero();
    return range;
  }

  // Whether a node is one of those that a maximum is taken of, perhaps by way of other maxima.
  bool listed(NodeId max, NodeId node) { return members(max).contains(node); }
  const std::unordered_set<NodeId>& members(NodeId max) {
    if (const auto found = members_.find(max); found != members_.end()) return found->second;
    std::unordered_set<NodeId> all;
    for (NodeId operand : program_.list(program_.nodes[max].a, program_.nodes[max].c)) {
      all.insert(operand);
      if (program_.nodes[operand].op != Op::max) continue;
      const auto& more = members(operand);
      all.insert(more.begin(), more.end());
    }
    return members_.emplace(max, std::move(all)).first->second;
  }
  // Whether a maximum is taken of these scores and nothing else, by way of other maxima or not.
  bool only(NodeId max, const std::unordered_set<NodeId>& scores) const {
    const auto list = program_.list(program_.nodes[max].a, program_.nodes[max].c);
    return std::all_of(list.begin(), list.end(), [&](NodeId operand) {
      return scores.contains(operand) || (program_.nodes[operand].op == Op::max && only(operand, scores));
    });
  }

  Range dot(const Node& node, const Bounds& in) {
    const Reduction& reduction = program_.reductions[node.reduction];
    const auto x = program_.list(node.a, node.c), y = program_.list(node.b, node.c);
    if (reduction.mode == DotMode::fused) {
      Range sum = in.mul(ranges_[x[0]], ranges_[y[0]]);
      bool traps = sum.traps;
      for (std::uint32_t j = 1; j < node.c; ++j) {
        sum = in.fma(ranges_[x[j]], ranges_[y[j]], sum);
        traps = traps || sum.traps;
      }
      sum.traps = traps;
      return sum;
    }
    if (reduction.mode == DotMode::exact_dot) return in.exact_dot(ranges_, x, y);
    terms_.clear();
    bool traps = false;
    for (std::uint32_t j = 0; j < node.c; ++j) {
      terms_.push_back(in.mul(ranges_[x[j]], ranges_[y[j]]));
      traps = traps || terms_.back().traps;
    }
    return total(node, in, traps);
  }

  // The sum of terms_ in the node's order.
  Range total(const Node& node, const Bounds& in, bool traps) {
    const Reduction& reduction = program_.reductions[node.reduction];
    const SumOrder& order = reduction.order;
    const auto added = [&](const Bounds& bounds, const Range& a, const Range& b) {
      const Range sum = bounds.add(a, b);
      traps = traps || sum.traps;
      return sum;
    };
    Range range;
    switch (order.kind) {
      case SumOrder::sequential:
        range = sequential(in, 0, terms_.size(), added);
        break;
      case SumOrder::tree:
        range = tree(in, 0, terms_.size(), added);
        break;
      case SumOrder::blocked: {
        const auto block = static_cast<std::size_t>(order.block);
        range = sequential(in, 0, std::min(block, terms_.size()), added);
        for (std::size_t first = block; first < terms_.size(); first += block)
          range = added(in, range, sequential(in, first, std::min(block, terms_.size() - first), added));
        break;
      }
      case SumOrder::exact:
        range = in.exact_sum(terms_);
        break;
      case SumOrder::wide: {
        // Sums are rounded to the wide format, the terms themselves are not: one term keeps its -0, and what a
        // coarse wide format does not hold.
        const Bounds& wide = wide_[node.reduction];
        range = in.round(sequential(wide, 0, terms_.size(), added));
        break;
      }
    }
    range.traps = range.traps || traps;
    return range;
  }
  template <class Add>
  Range sequential(const Bounds& in, std::size_t first, std::size_t count, const Add& added) {
    Range range = terms_[first];
    range.traps = false;
    for (std::size_t j = 1; j < count; ++j) range = added(in, range, terms_[first + j]);
    return range;
  }
  template <class Add>
  Range tree(const Bounds& in, std::size_t first, std::size_t count, const Add& added) {
    if (count == 1) return sequential(in, first, 1, added);
    std::size_t half = 1;
    while (half * 2 < count) half *= 2;
    const Range left = tree(in, first, half, added);
    return added(in, left, tree(in, first + half, count - half, added));
  }

  // Follows a function of one value down to the difference s - m it is made of: f(s - m).
  struct OfDifference {
    NodeId sub = no_node;
    Value at_zero;  // f(0)
  };
  std::optional<OfDifference> of_difference(NodeId id) {
    std::vector<NodeId> chain;
    for (;;) {
      const Node& node = program_.nodes[id];
      if (node.op == Op::sub) break;
      if (node.op == Op::unary || node.op == Op::table) {
        chain.push_back(id);
        id = node.a;
      } else if (node.op == Op::max && node.c == 2) {
        const auto list = program_.list(node.a, 2);
        const bool first = program_.nodes[list[0]].op == Op::constant;
        if (first == (program_.nodes[list[1]].op == Op::constant)) return {};
        chain.push_back(id);
        id = list[first ? 1 : 0];
      } else {
        return {};
      }
    }
    Value value = Value::zero();
    for (auto step = chain.rbegin(); step != chain.rend(); ++step) {
      const Node& node = program_.nodes[*step];
      if (node.op == Op::unary) {
        value = apply(node.function, value, bounds_[node.format].format()).value;
      } else if (node.op == Op::max) {
        for (NodeId operand : program_.list(node.a, 2))
          if (const Node& c = program_.nodes[operand]; c.op == Op::constant)
            value = maximum(value, program_.constants[c.a]);
      } else {
        const auto& map = program_.maps[node.b];
        const auto entry = std::find_if(map.begin(), map.end(),
                                        [&](const auto& pair) { return compare(pair.first, value) == 0; });
        if (entry == map.end()) return {};
        value = entry->second;
      }
    }
    return OfDifference{id, value};
  }

  // f(0) where the sum has a term f(s_j - m) for every s_j that m is the maximum of.
  std::optional<Value> softmax_total(const Node& node) {
    const SumOrder::Kind kind = program_.reductions[node.reduction].order.kind;
    if (kind == SumOrder::wide || program_.formats[node.format].overflow == Overflow::wrap) return {};
    NodeId max = no_node;
    std::optional<Value> least;
    std::unordered_set<NodeId> scores;
    for (NodeId term : program_.list(node.a, node.c)) {
      const Range& range = ranges_[term];
      if (range.nan || compare(range.low, Value::zero()) < 0) return {};
      const auto found = of_difference(term);
      if (!found) continue;
      const Node& sub = program_.nodes[found->sub];
      if (program_.nodes[sub.b].op != Op::max || (max != no_node && sub.b != max)) continue;
      max = sub.b;
      scores.insert(sub.a);
      least = least ? smaller(*least, found->at_zero) : found->at_zero;
    }
    if (max == no_node) return {};
    if (!only(max, scores)) return {};
    return plus_zero(*least);
  }

  const Program& program_;
  std::vector<Bounds> bounds_, wide_;
  std::vector<Range> ranges_;
  std::vector<Range> terms_;
  std::unordered_map<NodeId, std::unordered_set<NodeId>> members_;
};

}  // namespace

std::vector<Range> intervals(const Program& program) { return Analysis(program).run(); }

std::size_t grid_points(const Range& range, std::size_t limit) {
  if (!range.finite()) return 0;
  if (range.low == range.high) return 1;
  const auto low = steps(range.low, range.quantum), high = steps(range.high, range.quantum);
  if (!low || !high || *high - *low >= static_cast<i128>(limit)) return 0;
  return static_cast<std::size_t>(*high - *low) + 1;
}

}  // namespace roundoff::sim
