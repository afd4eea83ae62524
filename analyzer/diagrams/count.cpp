// Counting is one sum a node, from the terminals up; levels that a node skips multiply by their arity.
#include "analyzer/diagrams/count.hpp"

#include <cmath>
#include <unordered_map>

namespace roundoff::analyzer::diagrams {

namespace {

Integer weight(const Weights& weights, std::uint32_t level, std::uint32_t value) {
  return weights.empty() ? Integer(1) : weights[level][value];
}

// below[level]: what the assignments of the variables level, level + 1, ... count together.
std::vector<Integer> tails(const Manager& manager, const Weights& weights) {
  std::vector<Integer> below(manager.levels() + 1, Integer(1));
  for (std::uint32_t level = manager.levels(); level-- > 0;) {
    Integer all = 0;
    for (std::uint32_t v = 0; v < manager.arity(level); ++v) all += weight(weights, level, v);
    below[level] = below[level + 1] * all;
  }
  return below;
}

}  // namespace

Integer assignments(const Manager& manager) { return tails(manager, {})[0]; }

Integer count(const Manager& manager, Ref f, const Chosen& chosen, const Weights& weights) {
  const std::vector<Integer> below = tails(manager, weights);
  std::unordered_map<Ref, Integer> counted;  // over the variables from the node's own level on
  for (const Ref g : manager.postorder(f)) {
    Integer total = 0;
    if (manager.is_terminal(g)) {
      total = chosen(manager.id(g)) ? 1 : 0;
    } else {
      const std::uint32_t level = manager.level(g);
      for (std::uint32_t v = 0; v < manager.arity(level); ++v) {
        const Ref next = manager.child(g, v);
        const Integer ways = counted.at(next) * (below[level + 1] / below[manager.level(next)]);
        total += weights.empty() ? ways : Integer(ways * weights[level][v]);
      }
    }
    counted.emplace(g, std::move(total));
  }
  return counted.at(f) * (below[0] / below[manager.level(f)]);
}

std::optional<std::vector<std::uint16_t>> first(const Manager& manager, Ref f, const Chosen& chosen,
                                                const Weights& weights) {
  std::unordered_map<Ref, bool> reaches;
  const auto goes_on = [&](Ref g, std::uint32_t v) {
    return weight(weights, manager.level(g), v) > 0 && reaches.at(manager.child(g, v));
  };
  for (const Ref g : manager.postorder(f)) {
    bool any = false;
    if (manager.is_terminal(g)) {
      any = chosen(manager.id(g));
    } else {
      for (std::uint32_t v = 0; v < manager.arity(manager.level(g)); ++v) any = any || goes_on(g, v);
    }
    reaches.emplace(g, any);
  }
  if (!reaches.at(f)) return std::nullopt;
  std::vector<std::uint16_t> assignment(manager.levels());
  for (std::uint32_t level = 0; level < manager.levels(); ++level)
    while (weight(weights, level, assignment[level]) == 0) ++assignment[level];
  while (!manager.is_terminal(f)) {
    std::uint16_t v = 0;
    while (!goes_on(f, v)) ++v;
    assignment[manager.level(f)] = v;
    f = manager.child(f, v);
  }
  return assignment;
}

double ratio(const Integer& numerator, const Integer& denominator) {
  if (numerator == 0) return 0;
  // Scale to a quotient of 64 to 66 bits plus a sticky bit, which the conversion to double rounds to nearest.
  const int shift = 65 - static_cast<int>(msb(numerator)) + static_cast<int>(msb(denominator));
  const Integer top = shift > 0 ? Integer(numerator << shift) : numerator;
  const Integer bottom = shift < 0 ? Integer(denominator << -shift) : denominator;
  Integer quotient, rest;
  divide_qr(top, bottom, quotient, rest);
  quotient = quotient << 1;
  if (rest != 0) quotient = quotient | Integer(1);
  // round to 53 bits, ties to even, by hand: the conversion of cpp_int is not documented to
  const int drop = static_cast<int>(msb(quotient)) - 52;
  Integer kept = quotient >> drop;
  const Integer tail = quotient - (kept << drop), half = Integer(1) << (drop - 1);
  if (tail > half || (tail == half && (kept & 1) == 1)) kept += 1;
  return std::ldexp(static_cast<double>(static_cast<std::uint64_t>(kept)), drop - shift - 1);
}

}  // namespace roundoff::analyzer::diagrams
