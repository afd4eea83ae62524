// Whether two runs of one model agree on bits: a program and what passes made of it, by the reference; and
// lanes.
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/reference.hpp"
#include "tests/sim/random_model.hpp"

namespace roundoff::sim {

struct Outcome {
  bool trapped = false;
  std::vector<Value> values;
};

inline Outcome outcome(const Program& program, const std::vector<Token>& tokens) {
  Reference reference(program);
  reference.start(tokens);
  Outcome result;
  try {
    reference.advance(program.shape.positions() - 1);
  } catch (const Trap&) {
    result.trapped = true;
    return result;
  }
  for (NodeId id = 0; id < program.nodes.size(); ++id) result.values.push_back(reference.value(id));
  return result;
}

/// Nothing when the rewritten program does the same on these tokens, else what differs first.
inline std::string difference(const Program& program, const Rewritten& rewritten,
                              const std::vector<Token>& tokens) {
  const Outcome before = outcome(program, tokens), after = outcome(rewritten.program, tokens);
  if (before.trapped != after.trapped) return before.trapped ? "a trap is gone" : "a trap is new";
  if (before.trapped) return "";
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    const NodeId to = rewritten.map[id];
    if (to != no_node && before.values[id] != after.values[to])
      return "node " + std::to_string(id) + " (" + describe(program.sites[id]) + ") became node " +
             std::to_string(to);
  }
  for (std::size_t o = 0; o < program.outputs.size(); ++o)
    if (before.values[program.outputs[o]] != after.values[rewritten.program.outputs[o]])
      return "output " + std::to_string(o);
  return "";
}

/// Runs lanes on a batch of random inputs and compares every value (or only the outputs) with the reference.
inline std::string difference(const Program& program, Lanes& lanes, std::uint64_t seed, int count,
                              bool every_value) {
  const auto positions = static_cast<std::size_t>(program.shape.positions());
  std::vector<LaneToken> tokens(positions * batch_lanes), chosen(program.outputs.size() * batch_lanes);
  std::vector<std::uint8_t> trapped(batch_lanes);
  std::vector<std::vector<Token>> inputs;
  for (int lane = 0; lane < count; ++lane) {
    inputs.push_back(random_tokens(program.shape, seed * 1000 + static_cast<std::uint64_t>(lane)));
    for (std::size_t i = 0; i < positions; ++i)
      tokens[i * batch_lanes + static_cast<std::size_t>(lane)] = static_cast<LaneToken>(inputs.back()[i]);
  }
  lanes.run(tokens, count, chosen, trapped);
  for (int lane = 0; lane < count; ++lane) {
    const auto at = static_cast<std::size_t>(lane);
    const Outcome by_definition = outcome(program, inputs[at]);
    if (by_definition.trapped != (trapped[at] != 0)) return "lane " + std::to_string(lane) + ": traps differ";
    if (by_definition.trapped) continue;
    for (std::size_t o = 0; o < program.outputs.size(); ++o)
      if (Value::integer(chosen[o * batch_lanes + at]) != by_definition.values[program.outputs[o]])
        return "lane " + std::to_string(lane) + ": output " + std::to_string(o);
    if (!every_value) continue;
    for (NodeId id = 0; id < program.nodes.size(); ++id)
      if (lanes.value(id, lane) != by_definition.values[id])
        return "lane " + std::to_string(lane) + ": node " + std::to_string(id) + " " +
               describe(program.sites[id]);
  }
  return "";
}

/// What the tests of passes and lanes range over: formats of every kind, and policies on top.
inline std::vector<std::string> test_formats() {
  return {"fixed(1,0)",     "fixed(3,2)",  "fixed(6,1):rtz", "fixed(3,2):rup", "fixed(3,2):trap",
          "fixed(4,1):inf", "F(0,2)",      "F(2,3)",         "twos(3,1)",      "twos(3,0):wrap",
          "ufixed(4,1)",    "binary16",    "binary16:rdn",   "bfloat16:rtz",   "float(4,6)",
          "float(5,8):sat", "e4m3",        "e5m2:inf",       "float(4,5):rod", "float(6,4):trap",
          "fixed(12,3)",    "fixed(20,6)", "binary32"};
}
inline std::vector<Policy> test_policies(const Format& format) {
  std::vector<Policy> policies(1, Policy::uniform(format));
  for (const char* order : {"tree", "exact", "blocked:2"}) {
    policies.push_back(Policy::uniform(format));
    policies.back().order = parse_order(order);
  }
  policies.push_back(Policy::uniform(format));
  policies.back().dot = DotMode::fused;
  policies.push_back(Policy::uniform(format));
  policies.back().dot = DotMode::exact_dot;
  policies.push_back(Policy::uniform(format));
  policies.back().softmax = Softmax::plain;
  policies.push_back(Policy::uniform(format));
  policies.back().nan = NanRule::propagate;
  policies.back().divide = Divide::last;
  policies.back().mask = Mask::strict;
  policies.push_back(Policy::uniform(format));
  policies.back().nan = NanRule::propagate;
  policies.back().mask = Mask::none;
  return policies;
}

}  // namespace roundoff::sim
