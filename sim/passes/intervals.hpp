// What every value of a program can be: an interval, and facts beside it. Valid for every input of the shape.
#pragma once

#include <optional>
#include <vector>

#include "sim/passes/simplify.hpp"

namespace roundoff::sim {

struct Range {
  Value low, high;          ///< bounds of every value that is not NaN; may be infinite; zeros here are +0
  int quantum = 0;          ///< every finite value is a multiple of 2^quantum
  bool nan = false;         ///< may be NaN
  bool minus_zero = false;  ///< may be -0
  bool traps = false;       ///< the node itself may trap (not its operands)
  bool exact = false;       ///< as Node::exact

  bool finite() const { return !nan && !low.is_infinite() && !high.is_infinite(); }
  bool holds_zero() const { return compare(low, Value::zero()) <= 0 && compare(high, Value::zero()) >= 0; }
};

Facts facts_of(const Range& range);

/// The range of every node, by intervals: intervals.cpp says why that is sound for rounded operations.
std::vector<Range> intervals(const Program& program);

/// value / 2^quantum where that is an integer below 2^100 in magnitude; and back.
std::optional<i128> steps(const Value& value, int quantum);
Value from_steps(i128 steps, int quantum);

/// How many multiples of 2^quantum there are from low to high, at most `limit`; 0 where there are more, or
/// where the range is not finite.
std::size_t grid_points(const Range& range, std::size_t limit);

}  // namespace roundoff::sim
