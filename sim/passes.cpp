// The passes and the order they run in.
#include "sim/passes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/text.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff {

std::span<const Pass> passes() {
  static constexpr Pass list[] = {
      {"zeros", "zero weights, x + 0, 1 * x: exact in formats without -0, inf and NaN", drop_zeros},
      {"demand", "what no output needs goes: exact for what cannot trap", keep_demanded},
      {"common", "equal operations on equal values are one: always exact but under sr", merge_common},
      {"fold", "what does not depend on the input is computed once: always exact", fold_constants},
      {"ranges", "what intervals decide for all inputs: constants, dominated keys, neutral terms",
       narrow_ranges},
      {"reassociate",
       "maxima over suffixes from one another, equal terms of a sum that is exact in any order", reassociate},
      {"owners", "a hard maximum that one score alone can have names its key: by the scores' domains",
       name_owners},
      {"votes", "a weighted mean of bits is a function of their count: in index order, without -0",
       count_votes},
      {"tails", "an argument stops where the function no longer changes: exact for monotone functions",
       cut_tails},
      {"tabulate", "what depends on a few small values is looked up; the table is the reference's", tabulate},
      {"integers", "floats in which nothing is rounded any more run in fixed point", run_as_integers},
  };
  return list;
}

namespace {

// A program's shape in 64 bits: equal before and after a round when nothing changed.
std::uint64_t digest(const Program& program) {
  std::uint64_t h = 0x243f6a8885a308d3ULL;
  const auto mix = [&](std::uint64_t part) {
    h = (h ^ part) * 0x9e3779b97f4a7c15ULL;
    h ^= h >> 31;
  };
  for (const Node& node : program.nodes) {
    mix(static_cast<std::uint64_t>(node.op) | std::uint64_t{node.format} << 8 |
        std::uint64_t{node.reduction} << 16 | static_cast<std::uint64_t>(node.function) << 24 |
        std::uint64_t{node.nonzero_divisor} << 32 | std::uint64_t{node.never_traps} << 33 |
        std::uint64_t{node.exact} << 34);
    mix(std::uint64_t{node.a} << 32 | node.b);
    mix(node.c);
  }
  for (NodeId operand : program.operands) mix(operand);
  return h;
}

}  // namespace

Rewritten optimise(const Program& program, std::span<const std::string> off) {
  for (const std::string& name : off)
    if (std::none_of(passes().begin(), passes().end(), [&](const Pass& pass) { return pass.name == name; })) {
      std::string known;
      for (const Pass& pass : passes()) known += fmt::format("{}{}", known.empty() ? "" : ", ", pass.name);
      throw UsageError(fmt::format("there is no pass \"{}\"; the passes are {}", name, known));
    }
  Rewritten result{program, {}};
  result.map.resize(program.nodes.size());
  for (NodeId id = 0; id < program.nodes.size(); ++id) result.map[id] = id;
  if (stochastic(program)) return result;  // a draw is a function of its place: nothing may move
  constexpr int rounds = 32;
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t before = digest(result.program);
    for (const Pass& pass : passes()) {
      if (std::find(off.begin(), off.end(), pass.name) != off.end()) continue;
      Rewritten next = pass.run(result.program);
      for (NodeId& node : result.map)
        if (node != no_node) node = next.map[node];
      result.program = std::move(next.program);
    }
    if (digest(result.program) == before) break;
  }
  return result;
}

}  // namespace roundoff
