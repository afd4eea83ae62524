// Roles, uniform policies, and what leaves the theorems.
#include "sim/model/policy.hpp"

#include <algorithm>

namespace roundoff::sim {

std::string_view name(Role role) {
  constexpr std::string_view names[] = {"weights", "activations", "accumulators", "scores",
                                        "softmax", "cache",       "norms",        "logits", "rotary"};
  return names[static_cast<std::size_t>(role)];
}

Policy Policy::uniform(const Format& format) {
  Policy policy;
  policy.formats.fill(format);
  return policy;
}

bool Policy::is_uniform() const {
  return quantisers == Quantisers{} &&
         std::all_of(formats.begin(), formats.end(), [&](const Format& f) { return f == formats[0]; });
}

std::string outside_the_theorem(const Policy& policy) {
  if (policy.order.kind == SumOrder::exact) return "exact sums: one exact sum is a threshold gate";
  if (policy.order.kind == SumOrder::wide) return "sums in a wider format, which may grow with the sequence";
  if (policy.dot == DotMode::exact_dot) return "exact dot products: one exact sum is a threshold gate";
  for (const Format& format : policy.formats)
    if (format.overflow == Overflow::wrap) return "wrap-around counts modulo a power of two";
  return "";
}

}  // namespace roundoff::sim
