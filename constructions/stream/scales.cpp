// See scales.hpp.
#include "constructions/stream/scales.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/functions/real.hpp"

namespace roundoff::constructions {

bool floating(const Policy& policy) { return !policy[Role::accumulators].is_uniform(); }

Weight largest(const Policy& policy) { return policy[Role::accumulators].highest; }

int whole_part(const Weight& x) {
  int whole = 0;
  for (int bit = 30; bit >= 0; --bit) {
    if (whole < (1 << 30) && !less(x, whole + (1 << bit))) whole += 1 << bit;
  }
  return whole;
}

namespace {

/// The step in which weights are chosen: the format's own, but not finer than 2^-4.
int step_exponent(const Format& format) { return std::clamp(format.quantum, -4, 0); }

/// exp(-score) rounds to 0, or -score is out of range.
bool vanishes(const Weight& score, const Format& format) {
  const Weight below = -score;
  return less(below, format.lowest) || apply(Function::exp, below.value, format).value.is_zero();
}

/// The least power of two that is not below x > 0.
Weight power_above(const Weight& x) {
  int exponent = 0;
  while (less(power_of_two(exponent), x)) ++exponent;
  return power_of_two(exponent);
}

}  // namespace

// exp is decreasing and rounding is monotone, so that what vanishes lies above one bound: bisection.
Weight gap(const Policy& policy) {
  const Format& format = policy[Role::softmax];
  if (format.is_stochastic()) return 0;
  if (!format.is_uniform()) {
    for (int exponent = 0; !less(format.highest, power_of_two(exponent)) && exponent < 16; ++exponent) {
      if (vanishes(power_of_two(exponent), format)) return power_of_two(exponent);
    }
    return 0;
  }
  const int exponent = step_exponent(format);
  const auto multiple_vanishes = [&](int multiple) {
    return vanishes(Value::scaled(false, static_cast<u128>(multiple), exponent), format);
  };
  int least = 1, most = 64 << -exponent;
  if (!multiple_vanishes(most)) return 0;
  while (least < most) {
    const int middle = (least + most) / 2;
    if (multiple_vanishes(middle)) {
      most = middle;
    } else {
      least = middle + 1;
    }
  }
  const Weight found = Value::scaled(false, static_cast<u128>(most), exponent);
  return less(-found, format.lowest) ? Weight(0) : found;
}

std::string needs_gap(const Policy& policy) {
  if (!gap(policy).value.is_zero()) return "";
  return fmt::format("exp(-x) never rounds to 0 in {}: no attention is hard; round to nearest, rtz or rdn",
                     notation(policy[Role::softmax]));
}

Weight wall(const Policy& policy, const Weight& bound) {
  return floating(policy) ? power_above(2 * bound) : largest(policy);
}

std::string needs_wall(const Policy& policy, const Weight& bound) {
  if (!floating(policy)) return needs_saturation(policy);
  const Weight most = bound + 2 * wall(policy, bound);
  for (const Role role : {Role::accumulators, Role::scores, Role::activations}) {
    if (!less(policy[role].highest, most)) continue;
    return fmt::format("needs numbers up to {}, which {} has not: take a format with more exponent bits",
                       long_decimal(most.value), notation(policy[role]));
  }
  return "";
}

Weight part_of(const Weight& x, int parts, const Policy& policy) {
  const int exponent = step_exponent(policy[Role::accumulators]);
  int multiple = 1;
  while (less(parts * (multiple * power_of_two(exponent)), x)) ++multiple;
  return multiple * power_of_two(exponent);
}

std::string needs_saturation(const Policy& policy) {
  for (const Role role : {Role::accumulators, Role::scores, Role::activations}) {
    if (!policy[role].saturates()) {
      return fmt::format("needs sums that saturate, and {} does not: use `:sat`", notation(policy[role]));
    }
  }
  return "";
}

std::string needs_sequential_sums(const Policy& policy) {
  if (policy.order.kind != SumOrder::sequential || policy.dot == DotMode::exact_dot) {
    return "needs sums rounded term by term in index order (it computes by saturation): use --order "
           "sequential";
  }
  return "";
}

std::string needs_symmetric_range(const Policy& policy) {
  const Format& sums = policy[Role::accumulators];
  if (!less(sums.lowest, -largest(policy))) return "";
  return fmt::format(
      "two pushes of MAX do not lead from the lowest number of {} to MAX: use a symmetric range, fixed(i,f)",
      notation(sums));
}

std::string needs_fixed_exp(const Policy& policy) {
  if (!policy[Role::softmax].is_stochastic()) return "";
  return "stochastic rounding lifts exp(-MAX) above 0 at times: no attention is hard; round to nearest, rtz "
         "or rdn";
}

std::string needs_stable_softmax(const Policy& policy) {
  if (policy.softmax == Softmax::stable) return "";
  return "needs --softmax stable: under plain softmax a query whose best score is below 0 has exp = 0 "
         "everywhere, 0/0";
}

std::string needs_weight(const Policy& policy, const Weight& value, const std::string& what) {
  for (const Role role : {Role::weights, Role::activations}) {
    const Format& format = policy[role];
    if (round(value.value, format).value == value.value) continue;
    const char* remedy = "fraction (or significand) bits";
    if (less(format.highest, value)) remedy = "integer (or exponent) bits";
    if (less(value, format.lowest)) remedy = "integer bits, and a sign";
    return fmt::format("{} = {} is not in {}: take a format with more {}", what, long_decimal(value.value),
                       notation(format), remedy);
  }
  return "";
}

std::string first_reason(std::initializer_list<std::string> reasons) {
  for (const std::string& reason : reasons) {
    if (!reason.empty()) return reason;
  }
  return "";
}

}  // namespace roundoff::constructions
