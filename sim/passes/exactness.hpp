// When the terms of a sum, or the products of a dot, add up without rounding whatever their order.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/passes/bounds.hpp"

namespace roundoff::sim {

// Whether no subset of the terms, summed in any order, is rounded, overflows or is -0: with P the sum of the
// positive upper bounds and -N that of the negative lower bounds, every such sum is a multiple of 2^q in [-N,
// P]; those are all members when the range reaches that far, q is no finer than the quantum, and (in floating
// point) P, N <= 2^(q+p).
class Exactness {
 public:
  explicit Exactness(const Format& format) : format_(format) {
    possible_ = format.is_grid() && !format.flushes && !format.takes_zero &&
                !(format.has_negative_zero && format.rounding == Rounding::rdn);
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

/// Whether an addition, product, sum or dot is exact in `format`, in any order, for all values in the ranges
/// of its operands. A sum in a wide accumulator is not asked: it rounds in a format of its own.
inline bool exact_in_any_order(const Program& program, const Node& node, const std::vector<Range>& ranges,
                               const Format& format) {
  const bool reduces = node.op == Op::sum || node.op == Op::dot;
  if (reduces && program.reductions[node.reduction].order.kind == SumOrder::wide) return false;
  Exactness terms(format);
  switch (node.op) {
    case Op::add:
      terms.term(ranges[node.a]);
      terms.term(ranges[node.b]);
      break;
    case Op::sub:
      terms.term(ranges[node.a]);
      terms.term(Bounds::negated(ranges[node.b]));
      break;
    case Op::mul:
      terms.product(ranges[node.a], ranges[node.b]);
      break;
    case Op::sum:
      for (NodeId operand : program.list(node.a, node.c)) terms.term(ranges[operand]);
      break;
    case Op::dot: {
      const auto x = program.list(node.a, node.c), y = program.list(node.b, node.c);
      for (std::uint32_t j = 0; j < node.c; ++j) terms.product(ranges[x[j]], ranges[y[j]]);
      break;
    }
    default:
      return false;
  }
  return terms.holds();
}

}  // namespace roundoff::sim
