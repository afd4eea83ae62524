// Counting and one-layer communication bounds.
//
// One layer. Cut the question before position j: Alice knows the tokens before the cut, Bob those after it.
// Under sequential sums of b-bit numbers, attention at the reading position is a left-to-right pass, so Alice
// sends, for each head, the running denominator (b bits), Bob goes on with it and returns the total, Alice
// sends the d_v running numerators; under the stable softmax the two first exchange the maximum (2b more).
// Bob then knows the whole state. So heads * b * (d_v + 2) (or + 4) is at least the deterministic
// communication complexity of the first answer token. With d_v >= 1 the left side is at most 3b (or 5b) times
// heads * d_v <= width. It fails for exact sums, whose running totals need b + lg N bits, and says nothing
// about two layers, where keys of the second depend on both parties.
#include "analyzer/bounds/bounds.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "analyzer/bounds/any_depth.hpp"
#include "formats/functions/steady.hpp"

namespace roundoff::analyzer {
namespace {

Bound one_layer(const Task& task, const Policy& policy, int layers) {
  const double needed = task.communication_bits();
  const int bits = policy[Role::accumulators].bits;
  const bool stable = policy.softmax == Softmax::stable;
  const int messages = stable ? 4 : 2;
  Bound bound;
  bound.name = "one-layer communication";
  bound.quantity = fmt::format("heads*(d_v+{})", messages);
  bound.value = std::ceil(needed / bits);
  bound.statement =
      fmt::format("heads*(d_v+{}) >= {:.6g} bits / {} bits = {:.0f}", messages, needed, bits, bound.value);
  bound.source = "derived: theory-notes/lower-bounds.md";
  bound.applies = layers == 1 && needed > 0 && policy.order.kind == SumOrder::sequential &&
                  policy.dot != DotMode::exact_dot;
  if (needed <= 0) {
    bound.condition = fmt::format("no communication bound is known for {}", task.name());
  } else if (policy.order.kind != SumOrder::sequential || policy.dot == DotMode::exact_dot) {
    bound.condition = "needs sequentially rounded sums: exact or wide sums carry more than b bits";
  } else {
    bound.condition =
        layers == 1
            ? "one layer, sequentially rounded sums"
            : fmt::format("speaks of one layer, and this has {}: no bound for two or more layers is known",
                          layers);
  }
  return bound;
}

Bound one_layer_width(const Bound& heads, const Policy& policy) {
  Bound bound = heads;
  const int factor = policy.softmax == Softmax::stable ? 5 : 3;
  bound.name = "one-layer width";
  bound.quantity = "width";
  bound.value = std::ceil(heads.value / factor);
  bound.statement =
      fmt::format("width >= heads*d_v >= {:.0f} / {} = {:.0f}", heads.value, factor, bound.value);
  return bound;
}

/// The most values that any number of a forward pass can have.
double values_of(const Policy& policy) {
  double most = 0;
  for (const Role role : {Role::activations, Role::accumulators, Role::scores, Role::softmax})
    most = std::max(most, value_count(policy[role]));
  return most;
}

Bound any_depth(const Task& task, const Policy& policy, int layers) {
  const double bits = task.operand_bits(), values = values_of(policy);
  Bound bound;
  bound.name = "any-depth width";
  bound.quantity = "width";
  bound.source = "derived: theory-notes/lower-bounds.md";
  if (bits <= 0) {
    bound.condition = fmt::format("no bound for any depth is known for {}", task.name());
    return bound;
  }
  if (policy.order.kind != SumOrder::sequential || policy.dot == DotMode::exact_dot) {
    bound.condition = "needs sequentially rounded sums: exact or wide sums carry more than b bits";
    return bound;
  }
  bound.applies = true;
  bound.value = any_depth_width(bits, layers, values);
  bound.statement =
      fmt::format("width >= {:.0f} at {} layers: layers*heads*{:.6g}^d_k*(1+{:.6g}+{:.6g}^2*d_v)*{:.4g} bits >= {:.6g} bits",
                  bound.value, layers, values, values, values, steady_log2(values), bits);
  const double deepest = deepest_above_one(bits, values);
  bound.condition = fmt::format("causal attention, sequentially rounded sums; {}",
                                deepest < 1 ? std::string("says no more than 1 at this size")
                                            : fmt::format("above 1 up to {:.6g} layers", deepest));
  return bound;
}

Bound counting(const Task& task, const Policy& policy) {
  const double pairs = static_cast<double>(task.positions()) * static_cast<double>(task.vocabulary().size());
  const double per_dimension = steady_log2(value_count(policy[Role::activations]));
  Bound bound;
  bound.name = "counting";
  bound.quantity = "d_model";
  bound.value = std::ceil(steady_log2(pairs) / per_dimension);
  bound.statement = fmt::format("d_model >= lg({} positions * {} tokens) / {:.4g} bits = {:.0f}",
                                task.positions(), task.vocabulary().size(), per_dimension, bound.value);
  bound.source =
      "derived: theory-notes/lower-bounds.md (volume = width * bits is Omega(log N): Svete et al. 2026)";
  bound.applies = true;
  bound.condition =
      "embeddings that tell every (position, token) apart; masking alone may separate some of them";
  return bound;
}

}  // namespace

double value_count(const Format& format) {
  const double patterns = steady_exp2(format.bits);
  const bool symmetric =
      format.layout == Layout::fixed || (format.layout == Layout::papers && format.first == 0);
  return symmetric ? patterns - 1 : patterns;
}

std::vector<Bound> lower_bounds(const Task& task, const Policy& policy, int layers) {
  const Bound heads = one_layer(task, policy, layers);
  return {counting(task, policy), any_depth(task, policy, layers), heads, one_layer_width(heads, policy)};
}

}  // namespace roundoff::analyzer
