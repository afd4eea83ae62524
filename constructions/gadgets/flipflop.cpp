// See flipflop.hpp.
#include "constructions/gadgets/flipflop.hpp"

#include <fmt/format.h>

namespace roundoff::constructions {

std::vector<Target> FlipFlop::write(int verdict, const Weight& weight) const {
  std::vector<Target> targets;
  for (int copy = 0; copy < copies; ++copy) {
    targets.push_back({registers_[static_cast<std::size_t>(copies * verdict + copy)], weight});
  }
  return targets;
}

void FlipFlop::gather(HeadBuilder& head, int verdict) const { head.copy(push(verdict), write(verdict, 1)); }

Form FlipFlop::state(int first, int last, Register one, const Weight& max) const {
  Form state = -max * one;
  for (int r = copies * first; r < copies * last; ++r) state += max * registers_[static_cast<std::size_t>(r)];
  return state;
}

// Pushes are monotone, so the extremes decide: a set from the lowest sum must end at 1 or more, a reset from
// MAX at 0 or less.
std::string needs_flipflop(const Policy& policy, const Weight& copied_set, const Weight& copied_reset) {
  const std::string semantics = first_reason({needs_saturation(policy), needs_sequential_sums(policy)});
  if (!semantics.empty()) return semantics;
  const Format& sums = policy[Role::accumulators];
  const Value max = largest(policy).value;
  Value set = sums.lowest, reset = max;
  for (int i = 0; i < FlipFlop::copies; ++i) {
    set = add(set, mul(max, copied_set.value, sums).value, sums).value;
    reset = add(reset, mul(max, copied_reset.value, sums).value, sums).value;
  }
  if (!less(set, 1) && !less(0, reset)) return "";
  return fmt::format("two pushes of MAX do not cross the range of {}: use fixed(1,0) or F(0,2)",
                     notation(sums));
}

}  // namespace roundoff::constructions
