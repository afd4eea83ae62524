// Integers: a program of floats in which nothing is rounded any more runs in fixed point.
//
// A construction in a floating format computes with small integers and a few halves; what is not exact (the
// weights 1/Z, exp, the functions) has become tables when this pass looks. Then every value is a multiple of
// some 2^q below some 2^h, and fixed(h, -q) does the same on the same numbers; its lanes are int16 or int32,
// with tables in registers, where those of floats are wider and slower.
//
// Exactness. Every sum and product of the program is exact, whatever its order (exactness.hpp), and stays one
// in the new format, which holds all sums of some of the terms; maxima, tables and choices round nothing;
// relu rounds nothing in a format that has its operand. Anything else, an infinity or NaN that may occur, or
// a node that may trap, and nothing is done. The new format has no -0. The sign of a zero tells only in a
// division by it, in functions that are not tables, and in another zero's sign, and the first two do not
// occur here; so every value is the same number, and on bits but for zeros: a node that may be -0 is said to
// be gone.
#include <algorithm>
#include <optional>

#include "sim/passes/exactness.hpp"
#include "sim/passes/intervals.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

class Integers {
 public:
  explicit Integers(const Analysed& from) : from_(from), old_(from.program()) {}

  std::optional<Format> format() {
    const bool uniform =
        std::all_of(old_.formats.begin(), old_.formats.end(), [](const Format& f) { return f.is_uniform(); });
    if (uniform || stochastic(old_)) return {};
    for (const Node& node : old_.nodes)
      if (!rounds_nothing(node.op, node)) return {};
    ranges_ = &from_.ranges();
    for (NodeId id = 0; id < old_.nodes.size(); ++id)
      if (!measured(id)) return {};
    const int fraction = std::max(0, -quantum_);
    for (const int digits : {15, 30}) {
      if (digits < fraction) continue;
      const Format fixed = fixed_point(digits - fraction, fraction);
      if (compare(most_, fixed.highest) <= 0 && all_exact(fixed)) return fixed;
    }
    return {};
  }

  Rewritten rewritten(const Format& format) const {
    Rewritten result{old_, {}};
    Program& program = result.program;
    program.formats = {format};
    for (Value& value : program.constants) value = plus_zero(value);
    for (auto& table : program.tables)
      for (Value& value : table) value = settled(value, format);
    for (auto& map : program.maps) {
      for (auto& [argument, value] : map) argument = plus_zero(argument), value = plus_zero(value);
      std::sort(map.begin(), map.end(),
                [](const auto& a, const auto& b) { return compare(a.first, b.first) < 0; });
      map.erase(std::unique(map.begin(), map.end()), map.end());
    }
    for (Node& node : program.nodes) {
      node.format = 0;
      node.exact = arithmetic(node.op);
      node.never_traps = true;
    }
    result.map.resize(old_.nodes.size());
    for (NodeId id = 0; id < old_.nodes.size(); ++id)
      result.map[id] = (*ranges_)[id].minus_zero ? no_node : id;
    return result;
  }

 private:
  static bool arithmetic(Op op) {
    return op == Op::add || op == Op::sub || op == Op::mul || op == Op::sum || op == Op::dot;
  }
  // By its operation; whether the arithmetic is exact is asked later.
  bool rounds_nothing(Op op, const Node& node) const {
    if (arithmetic(op)) {
      const bool reduces = op == Op::sum || op == Op::dot;
      return !reduces || old_.reductions[node.reduction].order.kind != SumOrder::wide;
    }
    return op == Op::constant || op == Op::embed || op == Op::table || op == Op::max || op == Op::arg_max ||
           (op == Op::unary && node.function == Function::relu);
  }

  // Widens the grid and the bound so that this value is on it; false for what is no number.
  bool holds(const Value& value) {
    if (!value.is_finite()) return false;
    if (value.is_zero()) return true;
    quantum_ = std::min(quantum_, value.exponent);
    Value magnitude = value;
    magnitude.negative = false;
    most_ = larger(most_, magnitude);
    return true;
  }
  bool measured(NodeId id) {
    const Node& node = old_.nodes[id];
    const Range& range = (*ranges_)[id];
    if (!range.finite() || range.traps) return false;
    if (!holds(range.low) || !holds(range.high)) return false;
    if (range.low != range.high) quantum_ = std::min(quantum_, range.quantum);
    if (node.op == Op::embed) {
      const auto& allowed = old_.shape.tokens[node.a];
      return std::all_of(allowed.begin(), allowed.end(),
                         [&](Token token) { return holds(old_.tables[node.b][token]); });
    }
    if (node.op != Op::table) return true;
    return std::all_of(old_.maps[node.b].begin(), old_.maps[node.b].end(),
                       [&](const auto& pair) { return holds(pair.first) && holds(pair.second); });
  }

  bool all_exact(const Format& fixed) const {
    std::vector<Format> signless = old_.formats;
    for (Format& format : signless) format.has_negative_zero = false;
    for (const Node& node : old_.nodes)
      if (arithmetic(node.op) && !(exact_in_any_order(old_, node, *ranges_, signless[node.format]) &&
                                   exact_in_any_order(old_, node, *ranges_, fixed)))
        return false;
    return true;
  }
  // Entries of tokens that do not occur may be anything: 0 will do.
  static Value settled(const Value& value, const Format& format) {
    return value.is_finite() && round(value, format).value == value ? plus_zero(value) : Value::zero();
  }

  const Analysed& from_;
  const Program& old_;
  const std::vector<Range>* ranges_ = nullptr;
  int quantum_ = 0;
  Value most_ = Value::zero();
};

}  // namespace

Rewritten run_as_integers(const Analysed& from) {
  Integers integers(from);
  if (const auto format = integers.format()) return integers.rewritten(*format);
  Rewritten same{from.program(), {}};
  for (NodeId id = 0; id < same.program.nodes.size(); ++id) same.map.push_back(id);
  return same;
}

}  // namespace roundoff::sim
