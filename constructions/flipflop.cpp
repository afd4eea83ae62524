// See flipflop.hpp.
#include "constructions/flipflop.hpp"

#include <fmt/format.h>

namespace roundoff {

void FlipFlop::gather(HeadBuilder& head, int verdict) const {
  std::vector<Target> targets;
  for (int copy = 0; copy < copies; ++copy) {
    targets.push_back({registers_[static_cast<std::size_t>(copies * verdict + copy)], 1});
  }
  head.copy(push(verdict), targets);
}

Form FlipFlop::state(int first, int last, Register one, const Weight& max) const {
  Form state = -max * one;
  for (int r = copies * first; r < copies * last; ++r) state += max * registers_[static_cast<std::size_t>(r)];
  return state;
}

// The sum starts at -MAX, or lower after resets; pushes are monotone, so the extremes decide.
std::string needs_flipflop(const Policy& policy, const Weight& copied) {
  const Format& sums = policy[Role::accumulators];
  const Value max = largest(policy).value;
  const Value push = mul(max, copied.value, sums).value;
  Value set = sums.lowest, reset = max;
  for (int i = 0; i < FlipFlop::copies; ++i) {
    set = add(set, push, sums).value;
    reset = sub(reset, push, sums).value;
  }
  if (less(0, set) && !less(0, reset)) return "";
  return fmt::format("two pushes of MAX do not cross the range of {}: use fixed(1,0) or F(0,2)",
                     notation(sums));
}

}  // namespace roundoff
