// majority: MAJORITY by one unit (theory-notes/majority.md). The unit starts at -T, T = floor(k/2) + 1 steps,
// and adds a step for every one. It is right for every k with T <= K: in fixed point that saturates K =
// 2^(i+f) - 1, the smallest steps from 0 to MAX; in floating point K = 2^p, up to where p bits hold every
// integer. The knee is k = 2K - 1.
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/tasks/counting.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_majority(const TaskSize&, const Policy& policy, const Settings&) {
  const Format& sums = policy[Role::accumulators];
  if (!floating(policy))
    return first_reason({needs_saturation(policy), needs_sequential_sums(policy), needs_hard_heads(policy)});
  return first_reason({needs_sequential_sums(policy),
                       needs_weight(policy, power_of_two(sums.precision), "2^p, where counting in ones ends"),
                       needs_hard_heads(policy)});
}

Model build_majority(const Task& task, const Policy& policy, const Settings&) {
  const Weight max = largest(policy);
  const Weight step = floating(policy) ? Weight(1) : power_of_two(policy[Role::accumulators].quantum);
  ModelBuilder model(task);
  LayerBuilder& layer = model.layer();
  const Bits bits = fetch_bits(model, layer, task, step, max);
  // -T + ones, in steps; then + 1 step: positive exactly when there are T ones. `one` stands first: the
  // threshold comes first.
  layer.unit(-((task.size().k / 2 + 1) * step) * bits.one + sum(bits.x) + step, {{bits.verdict, 1}});
  verdict_logits(model, bits, task, max);
  return model.finish();
}

}  // namespace

Construction majority() {
  return {.name = "majority",
          .task = "majority",
          .theorem = "beyond the paper (the task of theorems 4.2 and 4.3)",
          .regime = Regime::logarithmic,
          .width = "2*k + 4",
          .family = "fixed(lg(k+4)-1,0)",
          .floats = {.family = "float(max(5, lg(lg(k+2))+2), max(2, lg(k+2)-1))", .width = "2*k + 4"},
          .summary = "one unit counts to the threshold; 1 layer, right up to k = 2K-1 for K steps",
          .note = "majority",
          .knobs = {},
          .refuses = refuses_majority,
          .build = build_majority};
}

}  // namespace roundoff::constructions
