// Domains are exact images: of a token's table, of a map over the argument's domain, of a maximum over the
// domains of its operands (what lies below the greatest of their least values is never the maximum).
// Everything else has the members on the grid of its interval (intervals.cpp).
#include "sim/passes/domains.hpp"

#include <algorithm>

#include "sim/passes/bounds.hpp"

namespace roundoff::sim {

namespace {

bool before(const Value& a, const Value& b) { return compare(a, b) < 0; }

/// Collects values in order, and gives up where there are too many, or one that is no ordinary number.
class Collector {
 public:
  void add(const Value& value) {
    if (failed_) return;
    if (!value.is_finite() || (value.is_zero() && value.negative)) {
      failed_ = true;
      return;
    }
    if (!values_.empty() && value == values_.back()) return;
    const auto at = std::lower_bound(values_.begin(), values_.end(), value, before);
    if (at != values_.end() && *at == value) return;
    if (values_.size() == Domains::most) {
      failed_ = true;
      return;
    }
    values_.insert(at, value);
  }
  bool failed() const { return failed_; }
  Domain take() && { return failed_ ? Domain() : std::move(values_); }

 private:
  Domain values_;
  bool failed_ = false;
};

}  // namespace

const Value* mapped(const std::vector<std::pair<Value, Value>>& map, const Value& argument) {
  const auto entry = std::find_if(map.begin(), map.end(),
                                  [&](const auto& pair) { return compare(pair.first, argument) == 0; });
  return entry == map.end() ? nullptr : &entry->second;
}

bool contains(const Domain& domain, const Value& value) {
  return std::binary_search(domain.begin(), domain.end(), value, before);
}

bool on_small_grid(const Domain& domain, std::size_t limit) {
  if (domain.empty()) return false;
  Range range;
  range.low = domain.front();
  range.high = domain.back();
  range.quantum = 1 << 20;
  for (const Value& value : domain)
    if (!value.is_zero()) range.quantum = std::min(range.quantum, value.exponent);
  return grid_points(range, limit) != 0;
}

const Domain& Domains::of(NodeId node) {
  if (known_.empty()) known_.resize(program_.nodes.size());
  if (!known_[node]) {
    Domain found = compute(node);
    known_[node] = std::move(found);
  }
  return *known_[node];
}

Domain Domains::compute(NodeId id) {
  const Node& node = program_.nodes[id];
  switch (node.op) {
    case Op::constant: {
      Collector values;
      values.add(program_.constants[node.a]);
      return std::move(values).take();
    }
    case Op::embed: {
      Collector values;
      for (Token token : program_.shape.tokens[node.a]) values.add(program_.tables[node.b][token]);
      return std::move(values).take();
    }
    case Op::table:
      return table(id, node);
    case Op::max:
      return maximum(node);
    case Op::arg_max:
      return {};
    default:
      return grid(id, node);
  }
}

// What the map leaves out cannot occur.
Domain Domains::table(NodeId id, const Node& node) {
  const auto& map = program_.maps[node.b];
  const Domain& arguments = of(node.a);
  Collector values;
  if (arguments.empty()) {
    const Range& range = ranges_[id];
    for (const auto& [argument, result] : map) {
      if (values.failed() || result.is_nan()) return {};
      if (compare(result, range.low) >= 0 && compare(result, range.high) <= 0) values.add(result);
    }
  } else {
    for (const auto& [argument, result] : map) {
      if (values.failed()) return {};
      if (std::binary_search(arguments.begin(), arguments.end(), plus_zero(argument), before))
        values.add(result);
    }
  }
  return std::move(values).take();
}

Domain Domains::maximum(const Node& node) {
  const Value* floor = nullptr;
  const auto operands = program_.list(node.a, node.c);
  for (NodeId operand : operands) {
    const Domain& domain = of(operand);
    if (domain.empty() || ranges_[operand].nan) return {};
    if (!floor || compare(domain.front(), *floor) > 0) floor = &domain.front();
  }
  Collector values;
  for (NodeId operand : operands) {
    const Domain& domain = of(operand);
    for (auto value = std::lower_bound(domain.begin(), domain.end(), *floor, before); value != domain.end();
         ++value)
      values.add(*value);
  }
  return std::move(values).take();
}

Domain Domains::grid(NodeId id, const Node& node) const {
  const Range& range = ranges_[id];
  if (range.minus_zero || grid_points(range, most) == 0) return {};
  const Format& format = program_.formats[node.format];
  const auto first = steps(range.low, range.quantum), last = steps(range.high, range.quantum);
  if (!first || !last) return {};
  const bool all = format.is_uniform() && range.quantum >= format.quantum;
  Collector values;
  for (i128 step = *first; step <= *last; ++step) {
    const Value value = from_steps(step, range.quantum);
    if (all || round(value, format).value == value) values.add(value);
  }
  return std::move(values).take();
}

// rnd(s - m) is not 0 where s < m: the exact difference is at least 2^q in magnitude, q the finer quantum of
// the two; where that is a multiple of the format's own quantum it is at least a member, and rounding is
// monotone.
bool Indicators::tells_zero(const Node& sub) const {
  const Format& format = program_.formats[sub.format];
  const Range &s = ranges_[sub.a], &m = ranges_[sub.b];
  return format.is_grid() && !format.flushes && !format.takes_zero && format.overflow != Overflow::wrap &&
         !format.is_stochastic() && s.finite() && m.finite() &&
         std::min(s.quantum, m.quantum) >= format.quantum;
}

// The function next to the difference: f(0), and f(d) for every d < 0 on the grid if that is one number.
std::optional<Indicator> Indicators::first(NodeId function, NodeId argument) const {
  const Node& f = program_.nodes[function];
  const Value zero = Value::zero();
  NodeId difference = argument;
  Value floor = ranges_[argument].low;
  if (const Node& clamp = program_.nodes[argument]; clamp.op == Op::max && clamp.c == 2) {  // max(s - m, c)
    const auto list = program_.list(clamp.a, 2);
    const bool swapped = program_.nodes[list[0]].op == Op::constant;
    if (swapped == (program_.nodes[list[1]].op == Op::constant)) return {};
    difference = list[swapped ? 1 : 0];
    floor = program_.constants[program_.nodes[list[swapped ? 0 : 1]].a];
    if (!floor.is_finite() || compare(floor, zero) >= 0) return {};
  }
  const Node& sub = program_.nodes[difference];
  if (sub.op != Op::sub || program_.nodes[sub.b].op != Op::max || !tells_zero(sub) ||
      !ranges_[difference].finite())
    return {};
  Indicator found{sub.a, sub.b, {}, {}};
  if (f.op == Op::table) {
    const auto& map = program_.maps[f.b];
    const Value* equal = mapped(map, zero);
    if (!equal) return {};
    found.equal = *equal;
    bool some = false;
    for (const auto& [at, result] : map) {
      if (compare(at, zero) >= 0) continue;
      if (some && result != found.less) return {};
      found.less = result;
      some = true;
    }
    return some ? std::optional(found) : std::nullopt;
  }
  if (f.op != Op::unary || f.function != Function::exp || ranges_[function].traps) return {};
  const Format& format = program_.formats[f.format];
  const int quantum = std::min(ranges_[sub.a].quantum, ranges_[sub.b].quantum);
  if (quantum > 1000 || format.is_stochastic()) return {};
  found.equal = apply(f.function, zero, format).value;
  found.less = apply(f.function, Value::scaled(true, 1, quantum), format).value;
  const Value lowest = apply(f.function, floor, format).value;
  return compare(floor, zero) < 0 && lowest == found.less ? std::optional(found)
                                                          : std::nullopt;  // exp increases
}

std::optional<Indicator> Indicators::of(NodeId node) const {
  std::vector<NodeId> later;  // functions of the indicator, the last first
  for (;;) {
    const Node& f = program_.nodes[node];
    if (f.op != Op::table && f.op != Op::unary) return {};
    if (auto found = first(node, f.a)) {
      for (auto step = later.rbegin(); step != later.rend(); ++step) {
        const Node& g = program_.nodes[*step];
        for (Value* value : {&found->equal, &found->less}) {
          if (g.op == Op::unary) {
            if (ranges_[*step].traps) return {};
            *value = apply(g.function, *value, program_.formats[g.format]).value;
          } else if (const Value* result = mapped(program_.maps[g.b], *value)) {
            *value = *result;
          } else {
            return {};
          }
        }
      }
      return found;
    }
    later.push_back(node);
    node = f.a;
  }
}

}  // namespace roundoff::sim
