// Clamped arguments: where a function is constant from some argument on, its argument may stop there.
//
// exp(s - max) rounds to 0 for all but a few differences just below 0, and the difference ranges over twice
// the format. With c the greatest argument such that f(x) = f(low) for all x <= c, f(x) = f(max(x, c)) on
// bits: f, rounded, is monotone, so it is constant between low and c. The maximum takes few values, and the
// pass `tabulate` can look them up. Done only where it makes the argument's grid small enough for that and it
// was not before; in a uniform format, or where c is a member of the argument's format.
#include <algorithm>
#include <deque>
#include <optional>

#include "sim/passes/intervals.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

// Arguments on a grid that make a table, and a table of few registers.
constexpr std::size_t most_points = 1024, few_points = 64;

bool increasing(Function function) {
  switch (function) {
    case Function::exp:
    case Function::sigmoid:
    case Function::erf:
    case Function::tanh:
    case Function::step:
      return true;
    default:
      return false;
  }
}

class Cutter {
 public:
  explicit Cutter(const Analysed& from) : old_(from.program()), to_(old_), ranges_(from.ranges()) {}

  Rewritten run() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      const Node& node = old_.nodes[id];
      const bool candidate = node.op == Op::unary && increasing(node.function) &&
                             old_.nodes[node.a].op != Op::constant && ranges_[node.a].finite() &&
                             !ranges_[id].traps && grid_points(ranges_[node.a], few_points) == 0;
      const Value* bound = candidate ? tail(node, ranges_[node.a]) : nullptr;
      if (!bound) {
        to_.copy(id);
        continue;
      }
      const NodeId list[] = {to_.of(node.a), to_.constant(*bound, old_.nodes[node.a].format)};
      Node clamp{.op = Op::max, .format = old_.nodes[node.a].format, .a = to_.list(list), .c = 2};
      clamp.never_traps = true;
      Node clamped = node;
      clamped.never_traps = true;
      clamped.a = to_.push(clamp, inner(old_.sites[id]));
      to_.set(id, to_.push(clamped, old_.sites[id]));
    }
    return std::move(to_).finish();
  }

 private:
  static Site inner(Site site) {
    site.inner = true;
    return site;
  }

  // The constant c when it leaves few arguments, else null. Programs ask the same question for every key.
  const Value* tail(const Node& node, const Range& x) {
    const Question question{node.function, node.format, old_.nodes[node.a].format, x.quantum, x.low, x.high};
    const auto known = std::find_if(answers_.begin(), answers_.end(),
                                    [&](const auto& answer) { return answer.first == question; });
    if (known != answers_.end()) return known->second ? &*known->second : nullptr;
    Format result = old_.formats[node.format];
    result.overflow = Overflow::sat;  // the node does not trap for any input; its interval may still say more
    const Format& argument = old_.formats[old_.nodes[node.a].format];
    const Value lowest = apply(node.function, x.low, result).value;
    const auto top = steps(x.high, x.quantum), bottom = steps(x.low, x.quantum);
    std::optional<Value> found;
    if (top && bottom) {
      // f is f(low) from `bottom` to `tail`, and at `beyond` no longer.
      i128 tail = *bottom, beyond = *top + 1;
      while (beyond - tail > 1) {
        const i128 middle = tail + (beyond - tail) / 2;
        const bool same = apply(node.function, from_steps(middle, x.quantum), result).value == lowest;
        (same ? tail : beyond) = middle;
      }
      const i128 room = static_cast<i128>(grid_points(x, most_points) == 0 ? most_points : few_points);
      for (; !found && tail > *bottom && *top - tail < room; --tail)
        if (const Value c = from_steps(tail, x.quantum); round(c, argument).value == c) found = c;
    }
    answers_.emplace_back(question, found);
    return answers_.back().second ? &*answers_.back().second : nullptr;
  }

  const Program& old_;
  Rewriter to_;
  const std::vector<Range>& ranges_;
  struct Question {
    Function function;
    std::uint8_t format, argument;
    int quantum;
    Value low, high;
    bool operator==(const Question&) const = default;
  };
  std::deque<std::pair<Question, std::optional<Value>>> answers_;
};

}  // namespace

Rewritten clamp_arguments(const Analysed& from) { return Cutter(from).run(); }

}  // namespace roundoff::sim
