// A plain executor for comparison: the program as recorded, one input at a time, in the host's doubles with a
// readable rounding function. What one writes first; exact for the small formats that the benchmark uses (at
// most 24 bits, so that a double's own rounding of a sum, product or quotient does no harm before rne).
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "bench/names.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "sim/program/program.hpp"

namespace roundoff::bench {

class ScalarExecutor {
 public:
  explicit ScalarExecutor(const Program& program) : program_(program), values_(program.nodes.size()) {
    for (NodeId id = 0; id < program.nodes.size(); ++id)
      if (program.nodes[id].op == Op::constant)
        values_[id] = to_double(program.constants[program.nodes[id].a]);
    for (const auto& table : program.tables) {
      tables_.emplace_back();
      for (const Value& value : table) tables_.back().push_back(to_double(value));
    }
    for (const Format& format : program.formats) highest_.push_back(to_double(format.highest));
  }

  /// Runs all positions; output(o) is the token chosen at output o.
  void run(std::span<const Token> tokens) {
    for (NodeId id = 0; id < program_.nodes.size(); ++id) {
      const Node& node = program_.nodes[id];
      if (node.op == Op::constant) continue;
      values_[id] = node.op == Op::embed ? tables_[node.b][tokens[node.a]] : value(node);
    }
  }
  Token output(std::size_t o) const { return static_cast<Token>(values_[program_.outputs[o]]); }

 private:
  double value(const Node& node) {
    const std::uint8_t f = node.format;
    const auto x = program_.list(node.a, node.op >= Op::max ? node.c : 0);
    switch (node.op) {
      case Op::add:
        return rounded(values_[node.a] + values_[node.b], f);
      case Op::sub:
        return rounded(values_[node.a] - values_[node.b], f);
      case Op::mul:
        return rounded(values_[node.a] * values_[node.b], f);
      case Op::div:
        return rounded(values_[node.a] / values_[node.b], f);
      case Op::unary:
        return function(node);
      case Op::max: {
        double most = values_[x[0]];
        for (NodeId id : x) most = std::max(most, values_[id]);
        return most;
      }
      case Op::sum: {
        double total = values_[x[0]];
        for (NodeId id : x.subspan(1)) total = rounded(total + values_[id], f);
        return total;
      }
      case Op::dot: {
        const auto y = program_.list(node.b, node.c);
        double total = rounded(values_[x[0]] * values_[y[0]], f);
        for (std::size_t j = 1; j < x.size(); ++j)
          total = rounded(total + rounded(values_[x[j]] * values_[y[j]], f), f);
        return total;
      }
      case Op::arg_max: {
        std::size_t best = 0;
        for (std::size_t j = 1; j < x.size(); ++j)
          if (values_[x[j]] > values_[x[best]]) best = j;
        return static_cast<double>(best);
      }
      default:
        throw std::logic_error("no construction records this operation");
    }
  }

  double rounded(double x, std::uint8_t f) const {
    const Format& format = program_.formats[f];
    int step = format.quantum;
    if (!format.is_uniform() && x != 0) step = std::max(step, std::ilogb(x) + 1 - format.precision);
    const double result = std::ldexp(std::nearbyint(std::ldexp(x, -step)), step);
    return std::clamp(result, -highest_[f], highest_[f]);
  }

  // relu at once; others by the definition, each argument once.
  double function(const Node& node) {
    const double x = values_[node.a];
    if (node.function == Function::relu) return std::max(x, 0.0);
    const auto [found, fresh] = known_.try_emplace({node.function, x});
    if (fresh)
      found->second = to_double(apply(node.function, Value::of(x), program_.formats[node.format]).value);
    return found->second;
  }

  const Program& program_;
  std::vector<double> values_, highest_;
  std::vector<std::vector<double>> tables_;
  std::map<std::pair<Function, double>, double> known_;
};

}  // namespace roundoff::bench
