// Arithmetic of ranges in one format: what a rounded operation makes of what its operands can be.
// intervals.cpp says why the bounds are right.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/passes/intervals.hpp"

namespace roundoff::sim {

inline constexpr int any_multiple = 1 << 20;  // the quantum of zero

inline Value plus_zero(const Value& value) { return value.is_zero() ? Value::zero() : value; }
inline const Value& smaller(const Value& a, const Value& b) { return compare(b, a) < 0 ? b : a; }
inline const Value& larger(const Value& a, const Value& b) { return compare(b, a) > 0 ? b : a; }

inline Range point(const Value& value) {
  if (value.is_nan()) return {Value::infinity(true), Value::infinity(), 0, true, false, false};
  return {plus_zero(value),
          plus_zero(value),
          value.is_zero() || value.is_infinite() ? any_multiple : value.exponent,
          false,
          value.is_zero() && value.negative,
          false};
}

inline Range hull(const Range& a, const Range& b) {
  return {smaller(a.low, b.low), larger(a.high, b.high),       std::min(a.quantum, b.quantum),
          a.nan || b.nan,        a.minus_zero || b.minus_zero, a.traps || b.traps};
}

// Arithmetic of ranges in one format.
class Bounds {
 public:
  explicit Bounds(const Format& format)
      : format_(format), clamped_(format), down_(format.rounding == Rounding::rdn) {
    clamped_.overflow = Overflow::sat;
    clamped_.has_zero = true;  // what it lacks is a trap, below
  }

  const Format& format() const { return format_; }

  // Anything the format has.
  Range top() const {
    Range range{
        format_.lowest,  format_.highest,           format_.quantum,
        format_.has_nan, format_.has_negative_zero, !format_.has_nan || !format_.has_zero || format_.overflow == Overflow::trap};
    if (format_.has_infinity || format_.overflow == Overflow::inf) {
      range.low = format_.lowest.negative ? Value::infinity(true) : range.low;
      range.high = Value::infinity();
    }
    return range;
  }

  Range round(const Range& x) const {
    if (!x.finite()) return top();
    return settle(formats::round(x.low, clamped_).value, formats::round(x.high, clamped_).value, x.quantum,
                  x.minus_zero || underflows(x.quantum, x.low));
  }

  Range add(const Range& x, const Range& y) const {
    if (!x.finite() || !y.finite()) return top();
    const int quantum = std::min(x.quantum, y.quantum);
    const Value low = formats::add(x.low, y.low, clamped_).value;
    bool minus_zero = (x.minus_zero && y.minus_zero) || underflows(quantum, low);
    if (down_) minus_zero = !(never_below(x) && never_below(y));
    return settle(low, formats::add(x.high, y.high, clamped_).value, quantum, minus_zero);
  }

  static Range negated(const Range& x) {
    Range y = x;
    y.low = plus_zero(formats::negated(x.high));
    y.high = plus_zero(formats::negated(x.low));
    y.minus_zero = x.holds_zero();
    return y;
  }

  Range mul(const Range& x, const Range& y) const {
    if (!x.finite() || !y.finite()) return top();
    Value low, high;
    bool first = true;
    const auto corner = [&](const Value& a, const Value& b) {
      const Value product = formats::mul(a, b, clamped_).value;
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
        const Value below = formats::fma(*a, *b, s.low, clamped_).value;
        const Value above = formats::fma(*a, *b, s.high, clamped_).value;
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
      range.nan = range.nan && (!format_.saturates() || format_.poles_are_nan());
      range.traps = format_.overflow == Overflow::trap;
      return range;
    }
    Value low, high;
    bool first = true;
    for (const Value* a : {&x.low, &x.high})
      for (const Value* b : {&divisor.low, &divisor.high}) {
        const Value quotient = formats::div(*a, *b, clamped_).value;
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
      if (fresh) found->second = formats::apply(function, value, clamped_).value;
      return found->second;
    };
    const bool below = x.minus_zero || compare(x.low, zero) < 0;
    switch (function) {
      case Function::relu:
        return settle(larger(formats::round(x.low, clamped_).value, zero),
                      larger(formats::round(x.high, clamped_).value, zero), x.quantum, false);
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
        const Value dip = formats::round(Value::scaled(true, 5, -4), clamped_).value;
        return settle(positive ? at(x.low) : dip, larger(at(x.high), zero), format_.quantum, below);
      }
      case Function::sin:
      case Function::cos:
        return settle(formats::round(Value::integer(-1), clamped_).value,
                      formats::round(Value::integer(1), clamped_).value, format_.quantum, true);
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
    return settle(formats::dot(low_x, low_y, order, DotMode::exact_dot, clamped_).value,
                  formats::dot(high_x, high_y, order, DotMode::exact_dot, clamped_).value, quantum, true);
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
    range.traps = below && !format_.has_zero;
    switch (format_.overflow) {
      case Overflow::sat:
      case Overflow::satfinite:
        break;
      case Overflow::inf:
        // below an unsigned format of P3109 is NaN
        range.nan = format_.has_nan && (!format_.has_infinity || (below && !format_.lowest.negative));
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

}  // namespace roundoff::sim
