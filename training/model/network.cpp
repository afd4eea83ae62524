#include "training/model/network.hpp"

#include "training/fast/arithmetic.hpp"

namespace roundoff::training {

namespace {
using R = TrainingRole;

double as_double(const Value& x) { return to_double(x); }
double as_double(double x) { return x; }

std::vector<Token> positions_of(const Batch& batch) {
  std::vector<Token> positions;
  for (const Batch::Sequence& sequence : batch.sequences)
    for (std::size_t i = 0; i < sequence.length; ++i) positions.push_back(static_cast<Token>(i));
  return positions;
}
}  // namespace

// m = rnd(dot(x, x) / d); m = rnd(m + eps); r = rnd(rsqrt(m)); y_i = rnd(x_i r), then the weight, then the bias; of a layer
// norm rnd(x - mean) takes the place of x (sim/blocks/norm.cpp).
template <class Arithmetic>
auto Network<Arithmetic>::norm(const std::optional<NormPlan>& plan, const T& given, KeptNorm& kept) -> T {
  if (!plan) return given;
  const T width = a_.constant(Value::integer(static_cast<std::int64_t>(plan->width)), R::norms);
  T x = given;
  if (plan->kind == Norm::layer)
    x = a_.binary(Op::sub, x, a_.binary(Op::div, a_.sum_in(x, R::norms), width, R::norms), R::norms);
  T square = a_.binary(Op::div, a_.dot_of_rows(x, x, R::norms), width, R::norms);
  if (!plan->epsilon.is_zero())
    square = a_.binary(Op::add, square, a_.constant(plan->epsilon, R::norms), R::norms);
  const T factor = a_.unary(Function::rsqrt, square, R::norms);
  T y = a_.binary(Op::mul, x, factor, R::norms);
  if (plan->weight) y = a_.binary(Op::mul, y, weight(*plan->weight), R::norms);
  if (plan->bias) y = a_.binary(Op::add, y, weight(*plan->bias), R::norms);
  kept = {x, factor};
  return a_.round(y, R::activations);
}

// u_i = rnd(dy_i w_i); D = dot(u, x); dx_i = rnd(r rnd(u_i - rnd(x_i rnd(rnd(D rnd(r r)) / d)))); of a layer norm then
// rnd(dx_i - rnd(sum(dx) / d)); dw_i the sum of rnd(dy_i rnd(x_i r)), db_i that of dy_i.
template <class Arithmetic>
auto Network<Arithmetic>::norm_back(const std::optional<NormPlan>& plan, const T& dy, const KeptNorm& kept,
                                    std::vector<T>& gradients) -> T {
  if (!plan) return dy;
  const T width = a_.constant(Value::integer(static_cast<std::int64_t>(plan->width)), R::gradients);
  if (plan->bias) gradients[*plan->bias] = a_.sum_of_lanes(dy, R::gradients);
  T u = dy;
  if (plan->weight) {
    const T scaled = a_.binary(Op::mul, kept.x, kept.factor, R::gradients);
    gradients[*plan->weight] = a_.sum_of_lanes(a_.binary(Op::mul, dy, scaled, R::gradients), R::gradients);
    u = a_.binary(Op::mul, dy, weight(*plan->weight), R::gradients);
  }
  const T d = a_.dot_of_rows(u, kept.x, R::gradients);
  const T squared = a_.binary(Op::mul, kept.factor, kept.factor, R::gradients);
  const T common = a_.binary(Op::div, a_.binary(Op::mul, d, squared, R::gradients), width, R::gradients);
  const T less = a_.binary(Op::sub, u, a_.binary(Op::mul, kept.x, common, R::gradients), R::gradients);
  T dx = a_.binary(Op::mul, kept.factor, less, R::gradients);
  if (plan->kind == Norm::layer) {
    const T mean = a_.binary(Op::div, a_.sum_of_rows(dx, R::gradients), width, R::gradients);
    dx = a_.binary(Op::sub, dx, mean, R::gradients);
  }
  return dx;
}

template <class Arithmetic>
auto Network<Arithmetic>::linear(const LinearPlan& plan, const T& x, TrainingRole role) -> T {
  return a_.product(weight(plan.weight), x, role, plan.bias ? &weight(*plan.bias) : nullptr);
}

template <class Arithmetic>
auto Network<Arithmetic>::linear_back(const LinearPlan& plan, const T& dy, const T& x,
                                      std::vector<T>& gradients) -> T {
  gradients[plan.weight] = a_.product(dy, a_.transposed(x), R::gradients);
  if (plan.bias) gradients[*plan.bias] = a_.sum_of_lanes(dy, R::gradients);
  return a_.product(a_.transposed(weight(plan.weight)), dy, R::gradients);
}

template <class Arithmetic>
auto Network<Arithmetic>::forward(const Batch& batch, KeptPass& kept) -> T {
  const T tokens = a_.gathered(weight(plan_.tokens), batch.tokens);
  T x = plan_.has_positions
            ? a_.binary(Op::add, tokens, a_.gathered(weight(plan_.positions), positions_of(batch)),
                        R::activations)
            : a_.round(tokens, R::activations);
  for (const LayerPlan& layer : plan_.layers) {
    KeptLayer& k = kept.layers.emplace_back();
    if (layer.attention) {
      const LayerPlan::Attention& plan = *layer.attention;
      k.attention_in = activations(norm(layer.before_attention, x, k.before_attention));
      const T q = linear(plan.query, k.attention_in, R::activations);
      const T key = a_.quantised(linear(plan.key, k.attention_in, R::cache), R::cache, plan.d_k);
      const T value = a_.quantised(linear(plan.value, k.attention_in, R::cache), R::cache, plan.d_v);
      k.heads = activations(a_.attend(shape(plan), q, key, value, batch, k.attended));
      x = a_.binary(Op::add, x, linear(plan.output, k.heads, R::activations), R::activations);
      x = norm(layer.after_attention, x, k.after_attention);
    }
    if (layer.feed_forward) {
      const LayerPlan::FeedForward& plan = *layer.feed_forward;
      k.feed_forward_in = activations(norm(layer.before_feed_forward, x, k.before_feed_forward));
      k.pre = linear(plan.in, k.feed_forward_in, R::activations);
      if (plan.gate) {
        k.gate = linear(*plan.gate, k.feed_forward_in, R::activations);
        k.activated = a_.activation(plan.activation, k.gate);
        k.hidden = a_.binary(Op::mul, k.activated, k.pre, R::activations);
      } else {
        k.hidden = a_.activation(plan.activation, k.pre);
      }
      k.hidden = activations(k.hidden);
      x = a_.binary(Op::add, x, linear(plan.out, k.hidden, R::activations), R::activations);
      x = norm(layer.after_feed_forward, x, k.after_feed_forward);
    }
  }
  kept.head_in = norm(plan_.final_norm, x, kept.final_norm);
  return linear(plan_.unembedding, kept.head_in, R::logits);
}

// A value with several readers adds their gradients in forward order: the residual before the branch; q, k, v; gate, up.
template <class Arithmetic>
void Network<Arithmetic>::backward(const Batch& batch, const KeptPass& kept, const T& d_logits,
                                   std::vector<T>& g) {
  T dx = norm_back(plan_.final_norm, linear_back(plan_.unembedding, d_logits, kept.head_in, g),
                   kept.final_norm, g);
  const std::optional<T> tied = plan_.tied ? std::optional(g[plan_.tokens]) : std::nullopt;
  for (std::size_t l = plan_.layers.size(); l-- > 0;) {
    const LayerPlan& layer = plan_.layers[l];
    const KeptLayer& k = kept.layers[l];
    if (layer.feed_forward) {
      const LayerPlan::FeedForward& plan = *layer.feed_forward;
      dx = norm_back(layer.after_feed_forward, dx, k.after_feed_forward, g);
      const T dh = linear_back(plan.out, dx, k.hidden, g);
      T df;
      if (plan.gate) {
        const T d_activated = a_.binary(Op::mul, dh, k.pre, R::gradients);
        const T d_gate = a_.through_activation(plan.activation, d_activated, k.gate);
        const T from_gate = linear_back(*plan.gate, d_gate, k.feed_forward_in, g);
        const T d_up = a_.binary(Op::mul, dh, k.activated, R::gradients);
        df = a_.binary(Op::add, from_gate, linear_back(plan.in, d_up, k.feed_forward_in, g), R::gradients);
      } else {
        df = linear_back(plan.in, a_.through_activation(plan.activation, dh, k.pre), k.feed_forward_in, g);
      }
      dx = a_.binary(Op::add, dx, norm_back(layer.before_feed_forward, df, k.before_feed_forward, g),
                     R::gradients);
    }
    if (layer.attention) {
      const LayerPlan::Attention& plan = *layer.attention;
      dx = norm_back(layer.after_attention, dx, k.after_attention, g);
      const T d_heads = linear_back(plan.output, dx, k.heads, g);
      const auto d = a_.attend_back(shape(plan), k.attended, d_heads, batch);
      const T from_q = linear_back(plan.query, d.q, k.attention_in, g);
      const T from_k = linear_back(plan.key, d.k, k.attention_in, g);
      const T from_v = linear_back(plan.value, d.v, k.attention_in, g);
      const T df = a_.binary(Op::add, a_.binary(Op::add, from_q, from_k, R::gradients), from_v, R::gradients);
      dx = a_.binary(Op::add, dx, norm_back(layer.before_attention, df, k.before_attention, g), R::gradients);
    }
  }
  g[plan_.tokens] = a_.scattered(dx, batch.tokens, plan_.parameters[plan_.tokens].rows);
  if (tied) g[plan_.tokens] = a_.binary(Op::add, g[plan_.tokens], *tied, R::gradients);
  if (plan_.has_positions)
    g[plan_.positions] = a_.scattered(dx, positions_of(batch), plan_.parameters[plan_.positions].rows);
}

template <class Arithmetic>
auto Network<Arithmetic>::run(const std::vector<T>& weights, const Batch& batch, const Value& loss_scale,
                              bool gradients) -> Result {
  weights_ = &weights;
  KeptPass kept;
  const T out = forward(batch, kept);
  const auto loss = a_.loss(out, batch, loss_scale, gradients);
  Result made;
  made.loss = as_double(loss.mean);
  if (!gradients) return made;
  made.gradients.resize(plan_.parameters.size());
  backward(batch, kept, loss.logits, made.gradients);
  return made;
}

template <class Arithmetic>
auto Network<Arithmetic>::logits(const std::vector<T>& weights, const Batch& batch) -> T {
  weights_ = &weights;
  KeptPass kept;
  return forward(batch, kept);
}

template class Network<Exact>;
template class Network<Fast>;

}  // namespace roundoff::training
