// Choosing a container, and deciding which operations are exact in it.
//
// A kernel of format F is exact on members of F (its inequality is stated where it is written). An operand of
// another format is allowed where all its members are members of F. Else the operation must be exact in
// double before F's own rounding of a double is applied once (`round_f64`); that is so when all bits of the
// exact result fit in 53: a product of p_a and p_b bits when p_a + p_b <= 53; a sum of terms below 2^h that
// are multiples of 2^q when h - q <= 53.
#include "sim/lanes/layout.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

bool contains(const Format& outer, const Format& inner) {
  if (outer == inner) return true;
  if (!outer.is_grid() || !inner.is_grid()) return false;
  if ((inner.has_negative_zero && !outer.has_negative_zero) || (inner.has_nan && !outer.has_nan))
    return false;
  const auto infinite = [](const Format& f) { return f.has_infinity || f.overflow == Overflow::inf; };
  if (infinite(inner) && !infinite(outer)) return false;
  return outer.has_zero && inner.quantum >= outer.quantum &&
         (inner.precision <= outer.precision || (outer.is_uniform() && outer.precision >= 1)) &&
         compare(inner.highest, outer.highest) <= 0 && compare(inner.lowest, outer.lowest) >= 0;
}

Grid grid_of(const std::vector<std::pair<Value, Value>>& map) {
  constexpr std::int64_t most = 1 << 16;
  Grid grid;
  grid.base = map[0].first;
  grid.step = 1 << 20;
  for (const auto& [argument, result] : map) {
    if (!argument.is_finite()) return {};
    if (compare(argument, grid.base) < 0) grid.base = argument;
    if (!argument.is_zero()) grid.step = std::min(grid.step, argument.exponent);
  }
  if (grid.step == 1 << 20) grid.step = 0;
  const auto index = [&](const Value& argument) -> std::int64_t {
    // both are multiples of 2^step; their distance in steps, when it is small
    const auto steps = [&](const Value& v) -> i128 {
      if (v.is_zero()) return 0;
      if (leading_exponent(v) - grid.step > 100) return i128{1} << 101;
      const auto magnitude = static_cast<i128>(v.significand << (v.exponent - grid.step));
      return v.negative ? -magnitude : magnitude;
    };
    const i128 distance = steps(argument) - steps(grid.base);
    return distance >= 0 && distance < most ? static_cast<std::int64_t>(distance) : -1;
  };
  std::vector<bool> known;
  for (const auto& [argument, result] : map) {
    const std::int64_t j = index(argument);
    if (j < 0) return {};
    const auto at = static_cast<std::size_t>(j);
    if (at >= grid.results.size()) grid.results.resize(at + 1, map[0].second), known.resize(at + 1);
    if (known[at] && grid.results[at] != result) return {};  // -0 and +0 apart
    grid.results[at] = result;
    known[at] = true;
  }
  return grid;
}

namespace {

bool is_integer(Container container) { return container <= Container::i64; }

// Every finite member is a multiple of 2^low and below 2^high in magnitude.
struct Extent {
  int low = 0, high = 0;
};
Extent extent(const Format& format) {
  int high = format.quantum;
  for (const Value* end : {&format.highest, &format.lowest})
    if (!end->is_zero()) high = std::max(high, leading_exponent(*end) + 1);
  return {format.quantum, high};
}

int log2_ceil(std::uint32_t count) {
  int bits = 0;
  while ((std::uint32_t{1} << bits) < count) ++bits;
  return bits;
}

constexpr int double_bits = 53;

// Whether a constant can be stored: some are members of no format that an operation rounds to.
bool storable(const Value& value, Container container, int quantum) {
  if (!is_integer(container)) return true;  // judged with the operations that read it
  if (!value.is_finite() || (value.is_zero() && value.negative)) return false;
  const int digits = 8 * static_cast<int>(size_of(container)) - 1;
  return value.is_zero() || (value.exponent >= quantum && leading_exponent(value) - quantum < digits);
}

// Decides node by node; the first obstacle is the answer.
class Judge {
 public:
  explicit Judge(const Program& program) : program_(program) {}

  /// Whether some operation reads values that are no members of its format, so that they must be doubles.
  bool mixes() const { return mixes_; }

  std::string obstacle() {
    if (program_.shape.vocabulary > most_lane_tokens)
      return fmt::format("a vocabulary of more than {} tokens", most_lane_tokens);
    for (NodeId id = 0; id < program_.nodes.size(); ++id)
      if (const char* reason = refuse(program_.nodes[id])) return reason;
    return "";
  }

 private:
  const Format& format(NodeId id) const { return program_.formats[program_.nodes[id].format]; }
  bool member(NodeId id, const Format& f) const {
    const Node& node = program_.nodes[id];
    if (node.op == Op::constant)
      return round(program_.constants[node.a], f).value == program_.constants[node.a];
    return contains(f, format(id));
  }
  bool members(std::span<const NodeId> list, const Format& f) const {
    return std::all_of(list.begin(), list.end(), [&](NodeId id) { return member(id, f); });
  }
  Extent extent_of(NodeId id) const {
    const Node& node = program_.nodes[id];
    if (node.op != Op::constant) return extent(format(id));
    const Value& value = program_.constants[node.a];
    if (value.is_zero() || !value.is_finite()) return {0, 0};
    return {value.exponent, leading_exponent(value) + 1};
  }

  const char* refuse(const Node& node) {
    if (node.op == Op::constant || node.op == Op::embed || node.op == Op::max || node.op == Op::arg_max)
      return nullptr;
    if (node.op == Op::table)
      return grid_of(program_.maps[node.b]).results.empty() ? "a table over arguments far apart" : nullptr;
    const Format& f = program_.formats[node.format];
    if (f.is_stochastic()) return "stochastic rounding is not run in lanes";
    switch (node.op) {
      case Op::sum:
        return refuse_sum(node, f);
      case Op::dot:
        return refuse_dot(node, f);
      case Op::fma:
        return "a lone fma is not run in lanes";
      case Op::round: {
        const Extent e = extent_of(node.a);
        return member(node.a, f) || e.high - e.low <= double_bits || format(node.a).precision <= double_bits
                   ? nullptr
                   : "a conversion from a format beyond double";
      }
      case Op::add:
      case Op::sub: {
        if (member(node.a, f) && member(node.b, f)) return nullptr;
        const Extent a = extent_of(node.a), b = extent_of(node.b);
        return std::max(a.high, b.high) + 1 - std::min(a.low, b.low) <= double_bits && !signed_zero_down(f)
                   ? nullptr
                   : "a sum of formats that are not exact in double";
      }
      case Op::mul:
        if (member(node.a, f) && member(node.b, f)) return nullptr;
        return exact_product(node.a, node.b) ? nullptr : "a product of formats that are not exact in double";
      default: {
        bool all = true;
        for_operands(program_, node, [&](NodeId id) { all = all && member(id, f); });
        return all ? nullptr : "a division or function of another format's values";
      }
    }
  }

  // The sign of an exact zero sum in rdn is not the one that the host's double gives.
  static bool signed_zero_down(const Format& f) { return f.has_negative_zero && f.rounding == Rounding::rdn; }

  bool exact_product(NodeId a, NodeId b) const {
    const Extent x = extent_of(a), y = extent_of(b);
    const auto bits = [&](NodeId id, const Extent& e) {
      const Node& node = program_.nodes[id];
      const int span = std::max(1, e.high - e.low);
      return node.op == Op::constant ? span : std::min(span, format(id).precision);
    };
    return bits(a, x) + bits(b, y) <= double_bits && x.low + y.low >= -1074 && x.high + y.high <= 1024;
  }

  const char* refuse_sum(const Node& node, const Format& f) {
    const SumOrder& order = program_.reductions[node.reduction].order;
    const auto terms = program_.list(node.a, node.c);
    if (order.kind == SumOrder::wide) {
      if (!members(terms, order.wide_format)) return "terms that are not members of the wide format";
      return wide_fits(order) ? nullptr : "a wide format beyond double";
    }
    if (order.kind == SumOrder::exact) {
      Extent all{1 << 20, -(1 << 20)};
      for (NodeId id : terms) {
        const Extent e = extent_of(id);
        all = {std::min(all.low, e.low), std::max(all.high, e.high)};
      }
      return exact_sum(all, node.c, f);
    }
    return members(terms, f) ? nullptr : "a sum of another format's values";
  }

  const char* refuse_dot(const Node& node, const Format& f) {
    const Reduction& reduction = program_.reductions[node.reduction];
    const auto x = program_.list(node.a, node.c), y = program_.list(node.b, node.c);
    const bool same = members(x, f) && members(y, f);
    if (reduction.mode == DotMode::exact_dot) {
      Extent all{1 << 20, -(1 << 20)};
      for (std::uint32_t j = 0; j < node.c; ++j) {
        const Extent a = extent_of(x[j]), b = extent_of(y[j]);
        all = {std::min(all.low, a.low + b.low), std::max(all.high, a.high + b.high)};
      }
      return exact_sum(all, node.c, f);
    }
    if (!same) {
      if (reduction.mode == DotMode::fused) return "a fused dot of another format's values";
      for (std::uint32_t j = 0; j < node.c; ++j)
        if (!exact_product(x[j], y[j])) return "a product of formats that are not exact in double";
    }
    if (reduction.order.kind == SumOrder::exact) return exact_sum(extent(f), node.c, f);
    if (reduction.order.kind == SumOrder::wide) {
      if (!contains(reduction.order.wide_format, f)) return "terms that are not members of the wide format";
      return wide_fits(reduction.order) ? nullptr : "a wide format beyond double";
    }
    return nullptr;
  }

  static bool wide_fits(const SumOrder& order) {
    const auto containers = LaneKernels::containers(order.wide_format);
    return std::find(containers.begin(), containers.end(), Container::f64) != containers.end();
  }

  static const char* exact_sum(const Extent& terms, std::uint32_t count, const Format& f) {
    const bool fits =
        terms.high + log2_ceil(count) - terms.low <= double_bits && terms.low >= -1074 && terms.high < 1000;
    return fits && !signed_zero_down(f) ? nullptr : "an exact sum beyond double";
  }

  const Program& program_;
  mutable bool mixes_ = false;
};

Isa wanted_isa(const LaneOptions& options) {
  if (options.isa.empty()) return best_isa();
  std::string known;
  for (const Isa isa : {Isa::scalar, Isa::sse4, Isa::avx2, Isa::avx512}) {
    if (!supported(isa)) continue;
    if (name(isa) == options.isa) return isa;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", name(isa));
  }
  throw UsageError(
      fmt::format("this machine or build has no instruction set \"{}\"; it has {}", options.isa, known));
}

}  // namespace

LaneLayout lay_out(const Program& program, const LaneOptions& options) {
  LaneLayout layout;
  layout.isa = wanted_isa(options);
  // Formats that occur; constants are members of the formats that read them.
  std::vector<bool> used(program.formats.size());
  for (const Node& node : program.nodes)
    if (node.op != Op::constant && node.op != Op::arg_max) used[node.format] = true;
  if (std::find(used.begin(), used.end(), true) == used.end())
    for (const Node& node : program.nodes) used[node.format] = true;  // nothing but constants
  std::vector<Container> common;
  bool first = true;
  int quantum = 0;
  bool one_quantum = true;
  for (std::size_t f = 0; f < used.size(); ++f) {
    if (!used[f]) continue;
    const std::vector<Container> here = LaneKernels::containers(program.formats[f]);
    if (first)
      common = here;
    else
      std::erase_if(common,
                    [&](Container c) { return std::find(here.begin(), here.end(), c) == here.end(); });
    one_quantum = one_quantum && (first || program.formats[f].quantum == quantum);
    quantum = program.formats[f].quantum;
    first = false;
  }
  if (first) common = {Container::f64};
  if (!one_quantum) std::erase_if(common, is_integer);
  for (const Value& value : program.constants)
    std::erase_if(common, [&](Container c) { return !storable(value, c, quantum); });
  Judge judge(program);
  layout.obstacle = judge.obstacle();
  if (!layout.obstacle.empty()) return layout;
  if (judge.mixes()) std::erase(common, Container::f32);
  if (common.empty()) {
    layout.obstacle = "no container holds every format";
    return layout;
  }
  layout.container = common[0];
  if (!options.container.empty()) {
    std::string offered;
    bool found = false;
    for (const Container c : common) {
      offered += fmt::format("{}{}", offered.empty() ? "" : ", ", name(c));
      if (name(c) == options.container) layout.container = c, found = true;
    }
    if (!found)
      throw UsageError(fmt::format("the formats do not fit the container \"{}\"; they fit {}",
                                   options.container, offered));
  }
  for (std::size_t f = 0; f < used.size(); ++f)
    layout.kernels.push_back(used[f] ? LaneKernels::make(program.formats[f], layout.container, layout.isa)
                                     : nullptr);
  for (const Reduction& reduction : program.reductions)
    layout.wide.push_back(reduction.order.kind == SumOrder::wide
                              ? LaneKernels::make(reduction.order.wide_format, Container::f64, layout.isa)
                              : nullptr);
  for (std::size_t f = 0; f < used.size(); ++f)
    if (used[f] && !layout.kernels[f]) layout.obstacle = "no kernels for " + notation(program.formats[f]);
  return layout;
}

}  // namespace roundoff::sim
