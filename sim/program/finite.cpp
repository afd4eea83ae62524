#include "sim/program/finite.hpp"

#include <algorithm>
#include <cstddef>

#include "formats/functions/steady.hpp"
#include "formats/rounding/rounding.hpp"

namespace roundoff::sim {
namespace {

constexpr double nothing = -1e9;  ///< the logarithm of 0

double magnitude(const Value& value) { return value.is_zero() ? nothing : leading_exponent(value) + 1.0; }

double largest_of(const Matrix& matrix) {
  double most = nothing;
  for (int r = 0; r < matrix.rows(); ++r)
    for (const Matrix::Entry& entry : matrix.row(r)) most = std::max(most, magnitude(entry.value));
  return most;
}

std::size_t longest_row(const Matrix& matrix) {
  std::size_t most = 0;
  for (int r = 0; r < matrix.rows(); ++r) most = std::max(most, matrix.row(r).size());
  return most;
}

class Bounds {
 public:
  explicit Bounds(const Policy& policy) {
    for (const Format& format : policy.formats) {
      most_ = std::min(most_, leading_exponent(format.highest) + 0.0);
      quantum_ = std::max(quantum_, format.quantum + 0.0);
      precision_ = std::min(precision_, format.precision);
    }
  }

  bool finite() const { return finite_; }

  /// Of m terms at most 2^each, rounded one after another, products included.
  double sum(double each, std::size_t m) {
    if (m == 0 || each <= nothing) return nothing;
    const double terms = static_cast<double>(m);
    const double growth = steady_log2(1 + steady_exp2(1.0 - precision_)) + 1e-9;
    return checked(std::max(each, quantum_) + 1 + steady_log2(terms) + 2 * terms * growth + 1);
  }
  double plus(double a, double b) { return sum(std::max(a, b), 2); }
  /// W x + b. Weights are rounded when they are loaded: at most twice as large, or one step.
  double linear(const Linear& map, double x) {
    double y = sum(std::max(largest_of(map.weight) + 1, quantum_) + x, longest_row(map.weight));
    if (map.bias)
      for (const Value& bias : *map.bias) y = std::max(y, magnitude(bias) + 1);
    return map.bias ? plus(y, y) : y;
  }
  double checked(double bound) {
    finite_ = finite_ && bound < most_;
    return bound;
  }

 private:
  double most_ = 1e9, quantum_ = nothing;
  int precision_ = 1 << 20;
  bool finite_ = true;
};

double attention(Bounds& bounds, const Attention& from, double x, int positions) {
  const auto keys = static_cast<std::size_t>(positions);
  const auto entries = static_cast<std::size_t>(from.query.weight.rows() / std::max(1, from.heads));
  const double q = bounds.linear(from.query, x), k = bounds.linear(from.key, x), v = bounds.linear(from.value, x);
  double score = bounds.sum(q + k, entries);
  if (from.scale) score = bounds.sum(score + magnitude(*from.scale) + 1, 1);
  bounds.plus(score, score);  // s - max
  bounds.sum(0, keys);        // Z
  return bounds.linear(from.output, bounds.sum(v + 1, keys));
}

bool understood(const Layer& layer) {
  if (layer.projection || layer.before_attention || layer.after_attention || layer.before_feed_forward ||
      layer.after_feed_forward)
    return false;
  if (const auto& from = layer.attention)
    if (from->weighting != Weighting::softmax || from->query_norm || from->key_norm || from->rotary ||
        from->slopes || !from->mask.empty())
      return false;
  return !layer.feed_forward || (layer.feed_forward->activation == Activation::relu && !layer.feed_forward->gate);
}

}  // namespace

bool stays_finite(const Model& model, const Policy& policy, int positions) {
  if (policy.softmax != Softmax::stable || policy.order.kind == SumOrder::wide ||
      policy.divide != Divide::first || policy.mask == Mask::strict || model.final_norm || policy.quantisers.weights != "" ||
      policy.quantisers.activations != "" || policy.quantisers.cache != "" ||
      !std::all_of(model.layers.begin(), model.layers.end(), understood))
    return false;
  for (const Format& format : policy.formats)
    if (!format.has_zero || !format.is_grid() || !format.lowest.negative || format.overflow == Overflow::wrap ||
        format.is_stochastic() || format.flushes || format.takes_zero)
      return false;
  if (round(Value::integer(1), policy[Role::softmax]).value.is_zero()) return false;
  Bounds bounds(policy);
  double x = bounds.plus(largest_of(model.token_embedding) + 1, largest_of(model.position_embedding) + 1);
  for (const Layer& layer : model.layers) {
    if (layer.attention) x = bounds.plus(x, attention(bounds, *layer.attention, x, positions));
    if (layer.feed_forward)
      x = bounds.plus(x, bounds.linear(layer.feed_forward->out, bounds.linear(layer.feed_forward->in, x)));
  }
  bounds.linear(model.tied ? Linear{model.token_embedding, model.unembedding.bias} : model.unembedding, x);
  return bounds.finite();
}

}  // namespace roundoff::sim
