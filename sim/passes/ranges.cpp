// Ranges: what the intervals of intervals.cpp decide.
//
//  * A value that can only be one number is that constant. This is how gated registers and dominated keys go:
//  where a
//    score is so far below the maximum that its exp always rounds to 0, the interval of that exp is [0, 0],
//    and the zero weight then drops out of every sum. (Under rup and rod nothing positive rounds to 0, and
//    nothing drops.)
//  * In a maximum, an operand that is never above another one's lower bound goes: the value stays the same
//  number; for
//    zeros of formats with -0, only strictly smaller operands go, since of equal zeros the first decides the
//    sign.
//  * relu of what is never negative (nor -0) is its operand.
//  * A softmax weight rnd(e/Z) with e in {0, 1} and Z > 0 is e * rnd(1/Z): for e = 1 by definition, for e = 0
//  because both
//    are +0. So one division serves all keys.
//  * Zeros and ones by the rules of simplify.cpp, with what the intervals know: this is where formats with
//  -0, inf and NaN
//    lose their zero terms.
//  * A table keeps the entries of arguments that occur (domains.cpp), so that what it can be is known better.
//  * What cannot trap is marked so, for the pass `demand`; an exact sum or product, for the pass
//  `reassociate` and for
//    the interpreter, which then needs no clamp.
// The intervals hold for all inputs of the shape, and so does the rewriting. Under `wrap` the intervals say
// nothing once a bound is reached, so nothing is concluded.
#include <algorithm>
#include <map>
#include <tuple>

#include "sim/passes/domains.hpp"
#include "sim/passes/registry.hpp"

namespace roundoff::sim {

namespace {

class Narrower : public FactSource {
 public:
  explicit Narrower(const Analysed& from)
      : old_(from.program()), to_(old_), ranges_(from.ranges()), domains_(old_, ranges_) {}

  Facts of(NodeId old_node) const override { return facts_of(ranges_[old_node]); }

  Rewritten run() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      const Node& node = old_.nodes[id];
      const Range& range = ranges_[id];
      const std::size_t before = to_.built().nodes.size();
      if (node.op == Op::constant || node.op == Op::arg_max) {
        to_.copy(id);  // (an arg max stays one: outputs are)
      } else if (single(range)) {
        to_.set(id, to_.constant(range.low, node.format));
      } else if (!rewritten(id, node)) {
        simplify(to_, id, *this);
      }
      const NodeId made = to_.of(id);
      if (made < before) continue;  // another node's value
      if (!range.traps) to_.never_traps(made);
      if (range.exact) to_.exact(made);
      if (node.op == Op::div && !range.traps && !old_.formats[node.format].has_nan) to_.nonzero_divisor(made);
    }
    return std::move(to_).finish();
  }

 private:
  static bool single(const Range& range) {
    return range.finite() && range.low == range.high && !range.traps && !range.minus_zero;
  }

  bool rewritten(NodeId id, const Node& node) {
    switch (node.op) {
      case Op::max:
        return pruned(id, node);
      case Op::unary: {
        const Range& x = ranges_[node.a];
        const bool kept = node.function == Function::relu && compare(x.low, Value::zero()) >= 0 &&
                          !x.minus_zero && !x.nan && to_.built().nodes[to_.of(node.a)].format == node.format;
        if (kept) to_.set(id, to_.of(node.a));
        return kept;
      }
      case Op::div:
        return divided(id, node);
      case Op::table:
        return trimmed(id, node);
      default:
        return false;
    }
  }

  bool pruned(NodeId id, const Node& node) {
    const auto list = old_.list(node.a, node.c);
    NodeId top = list[0];
    for (NodeId operand : list) {
      if (ranges_[operand].nan) return false;
      if (compare(ranges_[operand].low, ranges_[top].low) > 0) top = operand;
    }
    const bool signed_zero = old_.formats[node.format].has_negative_zero;
    std::vector<NodeId> kept;
    for (NodeId operand : list) {
      const auto order = compare(ranges_[operand].high, ranges_[top].low);
      const bool dominated = order < 0 || (order == 0 && !(signed_zero && ranges_[top].low.is_zero()));
      if (operand == top || !dominated) kept.push_back(to_.of(operand));
    }
    if (kept.size() == node.c) return false;
    if (kept.size() == 1) {
      to_.set(id, kept[0]);
      return true;
    }
    Node shorter = node;
    shorter.a = to_.list(kept);
    shorter.c = static_cast<std::uint32_t>(kept.size());
    to_.set(id, to_.push(shorter, old_.sites[id]));
    return true;
  }

  bool divided(NodeId id, const Node& node) {
    const Range& e = ranges_[node.a];
    const Range& z = ranges_[node.b];
    const Value one = Value::integer(1);
    const bool bit = e.finite() && e.low.is_zero() && e.high == one && e.quantum >= 0 && !e.minus_zero;
    if (!bit || !z.finite() || compare(z.low, Value::zero()) <= 0 || !ranges_[id].finite()) return false;
    // rnd(1/Z) must be finite, so that 0 * rnd(1/Z) = +0: the interval of e/Z contains it
    const NodeId numerator = to_.constant(one, old_.nodes[node.a].format), divisor = to_.of(node.b);
    const auto [found, fresh] =
        inverses_.try_emplace({numerator, divisor, node.format, node.nonzero_divisor});
    if (fresh) {
      Node inverse = node;
      inverse.a = numerator;
      inverse.b = divisor;
      inverse.never_traps = !ranges_[id].traps;
      Site site = old_.sites[id];
      site.inner = true;
      site.key = -1;
      found->second = to_.push(inverse, site);
    }
    const NodeId r = found->second;
    to_.set(id,
            to_.push({.op = Op::mul, .format = node.format, .a = to_.of(node.a), .b = r}, old_.sites[id]));
    return true;
  }

  bool trimmed(NodeId id, const Node& node) {
    const auto& map = old_.maps[node.b];
    const Domain& arguments = domains_.of(node.a);
    if (arguments.empty() || map.size() <= arguments.size()) return false;
    std::vector<std::pair<Value, Value>> kept;
    for (const auto& [argument, result] : map)
      if (contains(arguments, argument)) kept.emplace_back(argument, result);
    if (kept.empty() || kept.size() == map.size()) return false;
    Node table = node;
    table.a = to_.of(node.a);
    table.b = to_.map(std::move(kept));
    to_.set(id, to_.push(table, old_.sites[id]));
    return true;
  }

  const Program& old_;
  Rewriter to_;
  const std::vector<Range>& ranges_;
  Domains domains_;
  std::map<std::tuple<NodeId, NodeId, std::uint8_t, bool>, NodeId> inverses_;  // 1/Z, one for all keys
};

}  // namespace

Rewritten narrow_ranges(const Analysed& from) { return Narrower(from).run(); }

}  // namespace roundoff::sim
