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

#include "formats/error.hpp"

namespace roundoff {

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

constexpr int any_multiple = 1 << 20;  // the quantum of zero

Value plus_zero(const Value& value) { return value.is_zero() ? Value::zero() : value; }
const Value& smaller(const Value& a, const Value& b) { return compare(b, a) < 0 ? b : a; }
const Value& larger(const Value& a, const Value& b) { return compare(b, a) > 0 ? b : a; }

Range point(const Value& value) {
  if (value.is_nan()) return {Value::infinity(true), Value::infinity(), 0, true, false, false};
  return {plus_zero(value),
          plus_zero(value),
          value.is_zero() || value.is_infinite() ? any_multiple : value.exponent,
          false,
          value.is_zero() && value.negative,
          false};
}

Range hull(const Range& a, const Range& b) {
  return {smaller(a.low, b.low), larger(a.high, b.high),       std::min(a.quantum, b.quantum),
          a.nan || b.nan,        a.minus_zero || b.minus_zero, a.traps || b.traps};
}

// Arithmetic of ranges in one format.
class Bounds {
 public:
  explicit Bounds(const Format& format)
      : format_(format), clamped_(format), down_(format.rounding == Rounding::rdn) {
    clamped_.overflow = Overflow::sat;
  }

  const Format& format() const { return format_; }

  // Anything the format has.
  Range top() const {
    Range range{
        format_.lowest,  format_.highest,           format_.quantum,
        format_.has_nan, format_.has_negative_zero, !format_.has_nan || format_.overflow == Overflow::trap};
    if (format_.has_infinity || format_.overflow == Overflow::inf) {
      range.low = format_.lowest.negative ? Value::infinity(true) : range.low;
      range.high = Value::infinity();
    }
    return range;
  }

  Range round(const Range& x) const {
    if (!x.finite()) return top();
    return settle(roundoff::round(x.low, clamped_).value, roundoff::round(x.high, clamped_).value, x.quantum,
                  x.minus_zero || underflows(x.quantum, x.low));
  }

  Range add(const Range& x, const Range& y) const {
    if (!x.finite() || !y.finite()) return top();
    const int quantum = std::min(x.quantum, y.quantum);
    const Value low = roundoff::add(x.low, y.low, clamped_).value;
    bool minus_zero = (x.minus_zero && y.minus_zero) || underflows(quantum, low);
    if (down_) minus_zero = !(never_below(x) && never_below(y));
    return settle(low, roundoff::add(x.high, y.high, clamped_).value, quantum, minus_zero);
  }

  static Range negated(const Range& x) {
    Range y = x;
    y.low = plus_zero(roundoff::negated(x.high));
    y.high = plus_zero(roundoff::negated(x.low));
    y.minus_zero = x.holds_zero();
    return y;
  }

  Range mul(const Range& x, const Range& y) const {
    if (!x.finite() || !y.finite()) return top();
    Value low, high;
    bool first = true;
    const auto corner = [&](const Value& a, const Value& b) {
      const Value product = roundoff::mul(a, b, clamped_).value;
      low = first ? product : smaller(low, product);
      high = first ? product : larger(high, product);
      first = false;
    };
    corner(x.low, y.low);
    if (x.low != x.high) corner(x.high, y.low);
    if (y.low != y.high) corner(x.low, y.high);
    if (x.low != x.high && y.low != y.high) corner(x.high, y.high);
    return settle(low, high, multiplied(x.quantum, y.quantum), negative_zero_product(x, y));
  }

  // x*y + s, rounded once
  Range fma(const Range& x, const Range& y, const Range& s) const {
    if (!x.finite() || !y.finite() || !s.finite()) return top();
    Value low, high;
    bool first = true;
    for (const Value* a : {&x.low, &x.high})
      for (const Value* b : {&y.low, &y.high}) {
        const Value below = roundoff::fma(*a, *b, s.low, clamped_).value;
        const Value above = roundoff::fma(*a, *b, s.high, clamped_).value;
        low = first ? below : smaller(low, below);
        high = first ? above : larger(high, above);
        first = false;
      }
    return settle(low, high, std::min(multiplied(x.quantum, y.quantum), s.quantum), true);
  }

  Range div(const Range& x, const Range& z, bool nonzero_divisor) const {
    const Value zero = Value::zero();
    if (!x.finite() || !z.finite()) return top();
    Range divisor = z;
    if (nonzero_divisor && compare(z.low, zero) == 0 && z.quantum < any_multiple && !z.minus_zero)
      divisor.low = Value::scaled(false, 1, z.quantum);  // what is not zero is at least the quantum
    if (divisor.holds_zero() || format_.overflow == Overflow::wrap) {
      Range range = top();
      if (format_.overflow == Overflow::wrap) return range;
      if (compare(x.low, zero) >= 0 && compare(z.low, zero) >= 0 && !x.minus_zero && !z.minus_zero)
        range.low = zero;
      // the only NaN is 0/0
      if (x.holds_zero() && !nonzero_divisor) return range;
      range.nan = range.nan && format_.overflow != Overflow::sat;
      range.traps = format_.overflow == Overflow::trap;
      return range;
    }
    Value low, high;
    bool first = true;
    for (const Value* a : {&x.low, &x.high})
      for (const Value* b : {&divisor.low, &divisor.high}) {
        const Value quotient = roundoff::div(*a, *b, clamped_).value;
        low = first ? quotient : smaller(low, quotient);
        high = first ? quotient : larger(high, quotient);
        first = false;
      }
    return settle(low, high, format_.quantum, !(never_below(x) && never_below(divisor)));
  }

  Range unary(Function function, const Range& x) const {
    const Value zero = Value::zero();
    if (!x.finite()) return top();
    const bool positive = compare(x.low, zero) >= 0;
    const auto at = [&](const Value& value) -> const Value& {
      const auto [found, fresh] = applied_.try_emplace(std::pair(function, value));
      if (fresh) found->second = roundoff::apply(function, value, clamped_).value;
      return found->second;
    };
    const bool below = x.minus_zero || compare(x.low, zero) < 0;
    switch (function) {
      case Function::relu:
        return settle(larger(roundoff::round(x.low, clamped_).value, zero),
                      larger(roundoff::round(x.high, clamped_).value, zero), x.quantum, false);
      case Function::identity:
        return round(x);
      case Function::exp:
      case Function::sigmoid:
      case Function::step:
        return settle(at(x.low), at(x.high), format_.quantum, false);
      case Function::erf:
      case Function::tanh:
        return settle(at(x.low), at(x.high), format_.quantum, below);
      case Function::gelu:
      case Function::gelu_tanh:
      case Function::silu: {
        // increasing from 0 on; below, between -0.3 and 0
        const Value dip = roundoff::round(Value::scaled(true, 5, -4), clamped_).value;
        return settle(positive ? at(x.low) : dip, larger(at(x.high), zero), format_.quantum, below);
      }
      case Function::sin:
      case Function::cos:
        return settle(roundoff::round(Value::integer(-1), clamped_).value,
                      roundoff::round(Value::integer(1), clamped_).value, format_.quantum, true);
      case Function::sqrt:
        if (positive) return settle(at(x.low), at(x.high), format_.quantum, x.minus_zero);
        return top();
      case Function::rsqrt:
      case Function::reciprocal:
        if (compare(x.low, zero) > 0) return settle(at(x.high), at(x.low), format_.quantum, false);
        return top();
      case Function::log:
        if (compare(x.low, zero) > 0) return settle(at(x.low), at(x.high), format_.quantum, false);
        return top();
    }
    return top();
  }

  // Sum of products, rounded once, where the corners are plain: one factor a number, or both never below
  // zero.
  Range exact_dot(const std::vector<Range>& ranges, std::span<const NodeId> x,
                  std::span<const NodeId> y) const {
    std::vector<Value> low_x, low_y, high_x, high_y;
    int quantum = any_multiple;
    for (std::size_t j = 0; j < x.size(); ++j) {
      const Range* a = &ranges[x[j]];
      const Range* b = &ranges[y[j]];
      if (!a->finite() || !b->finite()) return top();
      if (a->low != a->high) std::swap(a, b);
      const bool point = a->low == a->high;
      if (!point && !(never_below(*a) && never_below(*b))) return top();
      const bool turned = point && compare(a->low, Value::zero()) < 0;
      low_x.push_back(a->low), low_y.push_back(turned ? b->high : b->low);
      high_x.push_back(a->high), high_y.push_back(turned ? b->low : b->high);
      quantum = std::min(quantum, multiplied(a->quantum, b->quantum));
    }
    const SumOrder order;
    return settle(roundoff::dot(low_x, low_y, order, DotMode::exact_dot, clamped_).value,
                  roundoff::dot(high_x, high_y, order, DotMode::exact_dot, clamped_).value, quantum, true);
  }

  // The exact sum of these ranges, rounded once.
  Range exact_sum(const std::vector<Range>& terms) const {
    std::vector<Value> low, high;
    int quantum = any_multiple;
    for (const Range& term : terms) {
      if (!term.finite()) return top();
      low.push_back(term.low);
      high.push_back(term.high);
      quantum = std::min(quantum, term.quantum);
    }
    const SumOrder order{SumOrder::exact, 0, {}};
    return settle(sum(low, order, clamped_).value, sum(high, order, clamped_).value, quantum, true);
  }

 private:
  // Bounds of a result computed under `sat`, as they are under the format's own overflow rule.
  Range settle(const Value& low, const Value& high, int quantum, bool minus_zero) const {
    Range range{plus_zero(low),
                plus_zero(high),
                std::max(quantum, format_.quantum),
                false,
                minus_zero && format_.has_negative_zero,
                false};
    const bool above = compare(range.high, format_.highest) >= 0,
               below = compare(range.low, format_.lowest) <= 0;
    range.minus_zero = range.minus_zero && range.holds_zero();
    if (above && !format_.highest.is_zero())
      range.quantum = std::min(range.quantum, format_.highest.exponent);
    if (below && !format_.lowest.is_zero()) range.quantum = std::min(range.quantum, format_.lowest.exponent);
    if (!above && !below) return range;
    switch (format_.overflow) {
      case Overflow::sat:
        break;
      case Overflow::inf:
        range.nan = format_.has_nan && !format_.has_infinity;
        if (above) range.high = Value::infinity();
        if (below && format_.lowest.negative) range.low = Value::infinity(true);
        break;
      case Overflow::wrap:
        range.low = format_.lowest;
        range.high = format_.highest;
        range.quantum = format_.quantum;
        break;
      case Overflow::trap:
        range.traps = true;
        break;
    }
    return range;
  }
  // A negative number closer to 0 than any member may round to -0.
  bool underflows(int quantum, const Value& low) const {
    return quantum < format_.quantum && compare(low, Value::zero()) <= 0;
  }
  static bool never_below(const Range& x) { return compare(x.low, Value::zero()) >= 0 && !x.minus_zero; }
  static bool never_above(const Range& x) {
    const int c = compare(x.high, Value::zero()) < 0 ? -1 : 0;
    return c < 0;
  }
  // -0 needs a zero or tiny product of factors of opposite signs.
  static bool negative_zero_product(const Range& x, const Range& y) {
    return !(never_below(x) && never_below(y)) && !(never_above(x) && never_above(y));
  }
  static int multiplied(int a, int b) { return std::min(a + b, any_multiple); }

  struct Hash {
    std::size_t operator()(const std::pair<Function, Value>& key) const {
      return hash_value(key.second) * 16 + static_cast<std::size_t>(key.first);
    }
  };

  const Format& format_;
  Format clamped_;
  bool down_;
  mutable std::unordered_map<std::pair<Function, Value>, Value, Hash> applied_;
};

// Whether no subset of the terms, summed in any order, is rounded, overflows or is -0: with P the sum of the
// positive upper bounds and -N that of the negative lower bounds, every such sum is a multiple of 2^q in [-N,
// P]; those are all members when the range reaches that far, q is no finer than the quantum, and (in floating
// point) P, N <= 2^(q+p).
class Exactness {
 public:
  explicit Exactness(const Format& format) : format_(format) {
    possible_ =
        format.layout != Layout::posit && !(format.has_negative_zero && format.rounding == Rounding::rdn);
  }
  void term(const Range& x) {
    possible_ = possible_ && x.finite() && !(x.minus_zero && format_.has_negative_zero);
    if (possible_ && !(x.low.is_zero() && x.high.is_zero())) parts_.push_back({{x.low, x.high}, x.quantum});
  }
  void product(const Range& x, const Range& y) {
    possible_ = possible_ && x.finite() && y.finite();
    if (!possible_) return;
    const auto xl = steps(x.low, x.quantum), xh = steps(x.high, x.quantum);
    const auto yl = steps(y.low, y.quantum), yh = steps(y.high, y.quantum);
    constexpr i128 limit = i128{1} << 56;
    for (const auto& end : {xl, xh, yl, yh}) {
      possible_ = possible_ && end && *end<limit&& * end> - limit;
      if (!possible_) return;
    }
    const auto [low, high] = std::minmax({*xl * *yl, *xl * *yh, *xh * *yl, *xh * *yh});
    const bool opposite = *xl < 0 || *yl < 0 || x.minus_zero || y.minus_zero;
    const bool apart = (*xl > 0 || *xh < 0) && (*yl > 0 || *yh < 0);  // never zero
    if (format_.has_negative_zero && opposite && !apart) possible_ = false;
    if (low == 0 && high == 0) return;
    const int quantum = x.quantum + y.quantum;
    parts_.push_back({{from_steps(low, quantum), from_steps(high, quantum)}, quantum});
  }
  bool holds() const {
    if (!possible_) return false;
    int quantum = any_multiple;
    for (const Part& part : parts_) quantum = std::min(quantum, part.quantum);
    if (parts_.empty()) return true;
    if (quantum < format_.quantum) return false;
    i128 above = 0, below = 0;
    for (const Part& part : parts_) {
      const auto low = steps(part.ends[0], quantum), high = steps(part.ends[1], quantum);
      if (!low || !high) return false;
      below += std::min<i128>(*low, 0);
      above += std::max<i128>(*high, 0);
      if (above > i128{1} << 100 || below < -(i128{1} << 100)) return false;
    }
    if (!format_.is_uniform()) {
      const i128 most = i128{1} << std::min(format_.precision, 100);
      if (above > most || below < -most) return false;
    }
    return compare(from_steps(above, quantum), format_.highest) <= 0 &&
           compare(from_steps(below, quantum), format_.lowest) >= 0;
  }

 private:
  struct Part {
    Value ends[2];
    int quantum;
  };
  const Format& format_;
  bool possible_ = true;
  std::vector<Part> parts_;
};

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
      ranges_.back().exact = node.exact || exact(node);
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
        range.traps = range.nan;
        range.nan = false;
        return range;
      }
      case Op::arg_max: {
        Range range = hull(point(Value::zero()), point(Value::integer(std::int64_t{node.c} - 1)));
        for (NodeId operand : program_.list(node.a, node.c))
          range.traps = range.traps || ranges_[operand].nan;
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

  bool exact(const Node& node) const {
    const bool reduces = node.op == Op::sum || node.op == Op::dot;
    if (reduces && program_.reductions[node.reduction].order.kind == SumOrder::wide) return false;
    Exactness terms(bounds_[node.format].format());
    switch (node.op) {
      case Op::add:
        terms.term(ranges_[node.a]);
        terms.term(ranges_[node.b]);
        break;
      case Op::sub:
        terms.term(ranges_[node.a]);
        terms.term(Bounds::negated(ranges_[node.b]));
        break;
      case Op::mul:
        terms.product(ranges_[node.a], ranges_[node.b]);
        break;
      case Op::sum:
        for (NodeId operand : program_.list(node.a, node.c)) terms.term(ranges_[operand]);
        break;
      case Op::dot: {
        const auto x = program_.list(node.a, node.c), y = program_.list(node.b, node.c);
        for (std::uint32_t j = 0; j < node.c; ++j) terms.product(ranges_[x[j]], ranges_[y[j]]);
        break;
      }
      default:
        return false;
    }
    return terms.holds();
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

  // Whether a node is one of those that a maximum is taken of.
  bool listed(NodeId max, NodeId node) {
    auto [found, fresh] = members_.try_emplace(max);
    if (fresh) {
      const auto list = program_.list(program_.nodes[max].a, program_.nodes[max].c);
      found->second.insert(list.begin(), list.end());
    }
    return found->second.contains(node);
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
        const Bounds& wide = wide_[node.reduction];
        for (Range& term : terms_) {
          term = wide.round(term);
          traps = traps || term.traps;
        }
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
    for (NodeId score : program_.list(program_.nodes[max].a, program_.nodes[max].c))
      if (!scores.contains(score)) return {};
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

}  // namespace roundoff
