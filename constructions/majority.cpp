// majority: MAJORITY by one saturating unit (theory-notes/majority.md). The unit starts at -T, T = floor(k/2)
// + 1 smallest steps, and adds a step for every one. It is right for every k with T <= K, K = 2^(i+f) - 1 the
// steps from 0 to MAX: the knee k = 2K - 1.
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/counting.hpp"

namespace roundoff {

namespace {

std::string refuses(const TaskSize&, const Policy& policy, const Settings&) {
  if (!policy[Role::accumulators].is_uniform())
    return "needs fixed point, for it counts in the smallest step: use fixed(i,f)";
  return first_reason({needs_saturation(policy), needs_sequential_sums(policy), needs_hard_heads(policy)});
}

Model build(const Task& task, const Policy& policy, const Settings&) {
  const Weight max = largest(policy), step = power_of_two(policy[Role::accumulators].quantum);
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
          .summary = "one saturating unit counts to the threshold; 1 layer, right up to k = 2K-1 for K steps",
          .note = "majority",
          .knobs = {},
          .refuses = refuses,
          .build = build};
}

}  // namespace roundoff
