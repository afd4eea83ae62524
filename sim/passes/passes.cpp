// The passes and the order they run in.
#include "sim/passes/passes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/passes/intervals.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"
#include "sim/program/flat_table.hpp"

namespace roundoff::sim {

const std::vector<Range>& Analysed::ranges() const {
  if (!ranges_) ranges_ = std::make_shared<const std::vector<Range>>(intervals(program_));
  return *ranges_;
}

std::span<const Pass> passes() {
  static constexpr Pass list[] = {
      {"demand", "what no output needs goes: exact for what cannot trap", keep_demanded},
      {"zeros", "zero weights, x + 0, 1 * x: exact in formats without -0, inf and NaN", drop_zeros},
      {"common", "equal operations on equal values are one: always exact but under sr", merge_common},
      {"fold", "what does not depend on the input is computed once: always exact", fold_constants},
      {"ranges", "what intervals decide for all inputs: constants, dominated keys, neutral terms",
       narrow_ranges},
      {"reassociate",
       "maxima over suffixes from one another, equal terms of a sum that is exact in any order", reassociate},
      {"maximum-keys", "a hard maximum that one score alone can have names its key: by the scores' domains",
       name_maximum_keys},
      {"bit-means", "a weighted mean of bits is a function of their count: in index order, without -0",
       count_bits_of_means},
      {"clamp", "an argument stops where the function no longer changes: exact for monotone functions",
       clamp_arguments},
      {"tabulate", "what depends on a few small values is looked up; the table is the reference's", tabulate},
      {"integers", "floats in which nothing is rounded any more run in fixed point", run_as_integers},
  };
  return list;
}

namespace {

// A program in 64 bits: equal before and after a pass when nothing changed.
std::uint64_t digest(const Program& program) {
  std::uint64_t h = 0x243f6a8885a308d3ULL;
  const auto mix = [&](std::uint64_t part) { h = mixed(h, part); };
  for (const Node& node : program.nodes) {
    mix(static_cast<std::uint64_t>(node.op) | std::uint64_t{node.format} << 8 |
        std::uint64_t{node.reduction} << 16 | static_cast<std::uint64_t>(node.function) << 24 |
        std::uint64_t{node.nonzero_divisor} << 32 | std::uint64_t{node.never_traps} << 33 |
        std::uint64_t{node.exact} << 34);
    mix(std::uint64_t{node.a} << 32 | node.b);
    mix(node.c);
  }
  for (NodeId operand : program.operands) mix(operand);
  for (const Value& value : program.constants) mix(hash_value(value));
  for (const auto& table : program.tables)
    for (const Value& value : table) mix(hash_value(value));
  for (const auto& map : program.maps)
    for (const auto& [argument, result] : map) mix(hash_value(argument)), mix(hash_value(result));
  return h;
}

bool takes_zero(const Program& program) {
  const auto of = [](const Format& format) { return format.takes_zero; };
  return std::any_of(program.formats.begin(), program.formats.end(), of) ||
         std::any_of(program.reductions.begin(), program.reductions.end(),
                     [&](const Reduction& reduction) { return of(reduction.order.wide_format); });
}

// map[old] becomes where `next` takes it.
void follow(std::vector<NodeId>& map, const std::vector<NodeId>& next) {
  for (NodeId& node : map)
    if (node != no_node) node = next[node];
}

}  // namespace

Rewritten optimise(const Program& program, std::span<const std::string> off, const Watch& watch) {
  for (const std::string& name : off)
    if (std::none_of(passes().begin(), passes().end(), [&](const Pass& pass) { return pass.name == name; })) {
      std::string known;
      for (const Pass& pass : passes()) known += fmt::format("{}{}", known.empty() ? "" : ", ", pass.name);
      throw UsageError(fmt::format("there is no pass \"{}\"; the passes are {}", name, known));
    }
  std::vector<const Pass*> wanted;
  for (const Pass& pass : passes())
    if (std::find(off.begin(), off.end(), pass.name) == off.end()) wanted.push_back(&pass);
  // A draw is a function of its place, and where subnormal operands count as zeros 1 * x is not x: nothing moves.
  if (wanted.empty() || stochastic(program) || takes_zero(program)) {
    Rewritten same{program, {}};
    for (NodeId id = 0; id < program.nodes.size(); ++id) same.map.push_back(id);
    return same;
  }
  const auto tell = [&] {
    if (watch) watch("simplifying the program", 0, 0);
  };
  tell();
  Rewritten result = wanted[0]->run(program);
  // Maps of programs of about one size are composed at once, the others in the end: the first are the
  // largest.
  std::vector<std::vector<NodeId>> maps;
  maps.push_back(std::move(result.map));
  // Until every pass has found nothing to do since the last change, or a round saves less than a hundredth
  // (what one pass copies another may merge again, for ever).
  Analysed from(result.program);
  const auto size = [&] { return result.program.nodes.size() + result.program.operands.size(); };
  std::uint64_t shape = digest(result.program);
  std::size_t idle = 0, last_round = 2 * size();
  for (std::size_t step = 1; idle < wanted.size(); ++step) {
    if (step % wanted.size() == 0) {
      if (size() >= last_round - last_round / 100) break;
      last_round = size();
    }
    tell();
    Rewritten next = wanted[step % wanted.size()]->run(from);
    result.program = std::move(next.program);
    if (2 * next.map.size() <= maps.back().size())
      maps.push_back(std::move(next.map));
    else
      follow(maps.back(), next.map);
    const std::uint64_t now = digest(result.program);
    idle = now == shape ? idle + 1 : 0;
    if (now != shape) from.forget();
    shape = now;
  }
  for (; maps.size() > 1; maps.pop_back()) follow(maps[maps.size() - 2], maps.back());
  result.map = std::move(maps[0]);
  return result;
}

}  // namespace roundoff::sim
