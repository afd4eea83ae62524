#include "sim/program/finite.hpp"

#include <algorithm>
#include <vector>

#include "formats/error.hpp"
#include "formats/rounding/arithmetic.hpp"

namespace roundoff::sim {
namespace {

struct Ends {
  Value low = Value::zero(), high = Value::zero();
};
using Entries = std::vector<Ends>;

/// Thrown where an end is no finite number.
struct Infinite {};

Value least(const Value& a, const Value& b) { return compare(b, a) < 0 ? b : a; }
Value most(const Value& a, const Value& b) { return compare(a, b) < 0 ? b : a; }
Ends joined(const Ends& a, const Ends& b) { return {least(a.low, b.low), most(a.high, b.high)}; }

class BlockBounds {
 public:
  BlockBounds(const Policy& policy, int positions) : policy_(policy), positions_(positions) {}

  void embed(const Model& model) {
    const auto width = static_cast<std::size_t>(model.token_embedding.columns());
    const Entries tokens = table(model.token_embedding, model.token_embedding.rows(), width);
    const Entries places =
        table(model.position_embedding, std::min(model.position_embedding.rows(), positions_), width);
    x_.resize(width);
    for (std::size_t r = 0; r < width; ++r)
      x_[r] = plus(in(tokens[r], Role::activations), in(places[r], Role::activations), Role::activations);
  }

  void layer(const Layer& from) {
    if (from.attention) residual(attention(*from.attention));
    if (!from.feed_forward) return;
    Entries hidden = linear(from.feed_forward->in, x_, Role::activations);
    for (Ends& unit : hidden) unit = {most(unit.low, Value::zero()), most(unit.high, Value::zero())};
    residual(linear(from.feed_forward->out, hidden, Role::activations));
  }

  void head(const Model& model) {
    if (model.tied)
      linear({model.token_embedding, model.unembedding.bias}, x_, Role::logits);
    else
      linear(model.unembedding, x_, Role::logits);
  }

 private:
  static Value finite(const Value& value) {
    if (!value.is_finite()) throw Infinite();
    return value;
  }
  Value in(const Value& value, Role role) const { return finite(formats::round(value, policy_[role]).value); }
  Ends in(const Ends& ends, Role role) const { return {in(ends.low, role), in(ends.high, role)}; }
  Ends plus(const Ends& a, const Ends& b, Role role) const {
    const Format& format = policy_[role];
    return {finite(formats::add(a.low, b.low, format).value),
            finite(formats::add(a.high, b.high, format).value)};
  }
  Ends times(const Ends& a, const Ends& b, Role role) const {
    const Format& format = policy_[role];
    Ends product;
    bool first = true;
    for (const Value& x : {a.low, a.high})
      for (const Value& y : {b.low, b.high}) {
        const Value corner = finite(formats::mul(x, y, format).value);
        product = first ? Ends{corner, corner} : joined(product, {corner, corner});
        first = false;
      }
    return product;
  }
  /// The term added up to as often as there are keys.
  Ends over_keys(const Ends& term, Role role) const {
    const Ends one = {least(term.low, Value::zero()), most(term.high, Value::zero())};
    Ends sum = one;
    for (int key = 1; key < positions_; ++key) {
      const Ends next = joined(sum, plus(sum, one, role));
      if (next.low == sum.low && next.high == sum.high) break;
      sum = next;
    }
    return sum;
  }

  Entries table(const Matrix& matrix, int rows, std::size_t width) const {
    Entries ends(width);
    std::vector<int> seen(width, 0);
    for (int r = 0; r < rows; ++r)
      for (const Matrix::Entry& entry : matrix.row(r)) {
        const Value value = in(entry.value, Role::weights);
        Ends& of = ends[entry.column];
        of = seen[entry.column]++ == 0 ? Ends{value, value} : joined(of, {value, value});
      }
    for (std::size_t c = 0; c < width; ++c)
      if (seen[c] < rows) ends[c] = joined(ends[c], {});
    return ends;
  }

  Entries linear(const Linear& map, const Entries& x, Role role) const {
    Entries y(static_cast<std::size_t>(map.weight.rows()));
    for (int r = 0; r < map.weight.rows(); ++r) {
      Ends sum;
      bool first = true;
      for (const Matrix::Entry& entry : map.weight.row(r)) {
        const Value weight = in(entry.value, Role::weights);
        const Ends term = times({weight, weight}, x[entry.column], Role::accumulators);
        sum = first ? term : plus(sum, term, Role::accumulators);
        first = false;
      }
      const auto row = static_cast<std::size_t>(r);
      if (map.bias) {
        const Value bias = in((*map.bias)[row], Role::weights);
        sum = plus(sum, {bias, bias}, Role::accumulators);
      }
      y[row] = in(sum, role);
    }
    return y;
  }

  void residual(const Entries& f) {
    for (std::size_t r = 0; r < x_.size(); ++r) x_[r] = plus(x_[r], f[r], Role::activations);
  }

  Entries attention(const Attention& from) const {
    const Entries q = linear(from.query, x_, Role::activations), k = linear(from.key, x_, Role::cache),
                  v = linear(from.value, x_, Role::cache);
    const auto heads = static_cast<std::size_t>(from.heads), groups = static_cast<std::size_t>(from.groups());
    const std::size_t d_k = q.size() / heads, d_v = v.size() / groups;
    const Value one = in(Value::integer(1), Role::softmax);
    // e / Z with 0 <= e <= 1 <= Z
    const Ends weight = {Value::zero(), finite(formats::div(one, one, policy_[Role::softmax]).value)};
    over_keys({Value::zero(), one}, Role::softmax);  // Z
    Entries head;
    for (std::size_t h = 0; h < heads; ++h) {
      const std::size_t group = h / (heads / groups);
      Ends score;
      for (std::size_t t = 0; t < d_k; ++t) {
        const Ends term = times(q[h * d_k + t], k[group * d_k + t], Role::accumulators);
        score = t == 0 ? term : plus(score, term, Role::accumulators);
      }
      score = in(score, Role::scores);
      if (from.scale) {
        const Value scale = in(*from.scale, Role::scores);
        score = times(score, {scale, scale}, Role::scores);
      }
      finite(formats::sub(score.low, score.high, policy_[Role::softmax]).value);  // s - max
      for (std::size_t t = 0; t < d_v; ++t) {
        const Ends term = times(in(weight, Role::softmax), v[group * d_v + t], Role::accumulators);
        head.push_back(in(over_keys(term, Role::accumulators), Role::activations));
      }
    }
    return linear(from.output, head, Role::activations);
  }

  const Policy& policy_;
  int positions_;
  Entries x_;
};

bool understood(const Layer& layer) {
  if (layer.projection || layer.before_attention || layer.after_attention || layer.before_feed_forward ||
      layer.after_feed_forward || layer.of_attention || layer.of_feed_forward || layer.parallel || layer.keep ||
      layer.add)
    return false;
  const auto factorised = [](const Linear& map) { return map.factor.has_value(); };
  if (const auto& ff = layer.feed_forward)
    if (factorised(ff->in) || factorised(ff->out)) return false;
  if (const auto& from = layer.attention)
    if (factorised(from->query) || factorised(from->key) || factorised(from->value) || factorised(from->output) ||
        from->divides || from->cap || from->window != 0 ||
        from->weighting != Weighting::softmax || from->query_norm || from->key_norm || from->rotary ||
        from->slopes || !from->mask.empty())
      return false;
  return !layer.feed_forward ||
         (layer.feed_forward->activation == Activation::relu && !layer.feed_forward->gate);
}

bool understood(const Policy& policy) {
  const Quantisers& quantisers = policy.quantisers;
  return policy.softmax == Softmax::stable && policy.order.kind == SumOrder::sequential &&
         policy.dot == DotMode::rounded && policy.divide == Divide::first && policy.mask != Mask::strict &&
         quantisers.weights.empty() && quantisers.activations.empty() && quantisers.cache.empty() &&
         std::all_of(policy.formats.begin(), policy.formats.end(), [](const Format& format) {
           return format.has_zero && format.is_grid() && format.lowest.negative &&
                  format.overflow != Overflow::wrap && !format.is_stochastic() && !format.flushes &&
                  !format.takes_zero;
         });
}

}  // namespace

bool stays_finite(const Model& model, const Policy& policy, int positions) {
  if (!understood(policy) || model.final_norm || model.embedding_scale || model.logit_cap || model.unembedding.factor ||
      !std::all_of(model.layers.begin(), model.layers.end(),
                   [](const Layer& layer) { return understood(layer); }))
    return false;
  try {
    if (formats::round(Value::integer(1), policy[Role::softmax]).value.is_zero()) return false;
    BlockBounds bounds(policy, positions);
    bounds.embed(model);
    for (const Layer& layer : model.layers) bounds.layer(layer);
    bounds.head(model);
    return true;
  } catch (const Infinite&) {
    return false;
  } catch (const Trap&) {
    return false;
  }
}

}  // namespace roundoff::sim
