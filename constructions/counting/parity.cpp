// parity: PARITY by one unit that wraps around (theory-notes/majority.md). Every one adds -2^i, half of the
// modulus 2^(i+1), so that the sum is 0 or -2^i whatever its order. The accumulators alone wrap: the softmax
// that fetches the bits has a denominator that must not.
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/tasks/counting.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_parity(const TaskSize&, const Policy& policy, const Settings&) {
  const Format& sums = policy[Role::accumulators];
  if (sums.layout != Layout::twos || sums.overflow != Overflow::wrap)
    return fmt::format(
        "needs accumulators that wrap around in two's complement, and {} does not: use twos(i,f), "
        "as in accumulators = \"twos(1,0):wrap\" of a policy file",
        notation(sums));
  if (policy[Role::softmax].overflow == Overflow::wrap)
    return "the softmax's denominator would wrap to 0 and divide: let the accumulators alone wrap (--format "
           "twos(i,f) does)";
  if (policy.order.kind == SumOrder::wide && policy.order.wide_format.overflow != Overflow::wrap)
    return "needs sums that wrap around: leave --order wide out";
  return first_reason({needs_weight(policy, sums.lowest, "half of the modulus"), needs_hard_heads(policy)});
}

Model build_parity(const Task& task, const Policy& policy, const Settings&) {
  const Format& sums = policy[Role::accumulators];
  const Weight max = largest(policy), step = power_of_two(sums.quantum), half(sums.lowest);
  ModelBuilder model(task);
  LayerBuilder& layer = model.layer();
  const Bits bits = fetch_bits(model, layer, task, half, max);
  // 0 or -2^i; a step less is negative, or MAX.
  layer.unit(sum(bits.x) - step, {{bits.verdict, 1}});
  verdict_logits(model, bits, task, max);
  return model.finish();
}

}  // namespace

Construction parity() {
  return {.name = "parity",
          .task = "parity",
          .theorem = "beyond the paper, and outside its theorems (wrap-around counts)",
          .regime = Regime::constant,
          .width = "2*k + 4",
          .family = "twos(1,0)",
          .summary = "one unit whose sum wraps around; 1 layer, in 2-bit numbers",
          .note = "majority",
          .knobs = {},
          .own = {.order = {}, .accumulators = Overflow::wrap},
          .refuses = refuses_parity,
          .build = build_parity};
}

}  // namespace roundoff::constructions
