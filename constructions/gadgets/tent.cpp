// See tent.hpp.
#include "constructions/gadgets/tent.hpp"

#include <fmt/format.h>

namespace roundoff::constructions {

void tent(HeadBuilder& head, const Form& query, const Form& key, const Form& guard, const Weight& m,
          const Weight& max) {
  const Form one = constant(1);
  head.score(m * query + max, one);
  head.score(m * query, one);
  head.score(one, -m * key);
  head.score(one, -m * key);
  head.score(one, m * key - m * guard);
  head.score(-m * query - max, one);
}

void steep_tent(HeadBuilder& head, const Form& query, const Form& key, const Form& guard, const Weight& m,
                const Weight& max) {
  const Form one = constant(1);
  head.score(2 * m * query + max, one);
  head.score(one, -2 * m * key);
  head.score(one, m * key - m * guard);
  head.score(-m * query - max, one);
}

std::string needs_tent(const Policy& policy) {
  if (floating(policy)) {
    return fmt::format(
        "lets sums saturate at MAX, which would absorb the names in floating point ({}): use fixed(i,f)",
        notation(policy[Role::accumulators]));
  }
  return first_reason({needs_stable_softmax(policy), needs_saturation(policy), needs_sequential_sums(policy),
                       needs_gap(policy), needs_weight(policy, gap(policy), "the gap M")});
}

}  // namespace roundoff::constructions
