// parity: PARITY by one unit under wrap-around, in 2-bit two's complement numbers, for every k
// (theory-notes/majority.md). Outside the theorems: sums that wrap count modulo 2^bits; under saturation no
// such unit exists.
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/counting.hpp"

namespace roundoff {

namespace {

std::string refuses(const TaskSize&, const Policy& policy, const Settings&) {
  for (const Role role : {Role::accumulators, Role::activations}) {
    if (policy[role].overflow != Overflow::wrap || policy[role].layout != Layout::twos)
      return fmt::format("needs sums that wrap around, and {} does not: use twos(1,0):wrap",
                         notation(policy[role]));
  }
  return needs_hard_heads(policy);
}

Model build(const Task& task, const Policy& policy, const Settings&) {
  const Format& format = policy[Role::accumulators];
  const Weight max = largest(policy), lowest = format.lowest, step = power_of_two(format.quantum);
  ModelBuilder model(task);
  LayerBuilder& layer = model.layer();
  const Bits bits = fetch_bits(model, layer, task, 1, max);
  // Every one adds the lowest number, -2^i, and two of them wrap to 0. A step less: -1 step when even, MAX
  // when odd.
  layer.unit(lowest * sum(bits.x) - step, {{bits.verdict, 1}});
  verdict_logits(model, bits, task, max);
  return model.finish();
}

}  // namespace

Construction parity() {
  return {.name = "parity",
          .task = "parity",
          .theorem = "outside the theorems: arithmetic that wraps around",
          .regime = Regime::constant,
          .width = "2*k + 4",
          .family = "twos(1,0):wrap",
          .summary = "one unit whose sum wraps around; 1 layer, 2-bit numbers, any k",
          .note = "majority",
          .knobs = {},
          .refuses = refuses,
          .build = build};
}

}  // namespace roundoff
