#include "training/fast/arithmetic.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Core>
#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/lanes/layout.hpp"

namespace roundoff::training {

namespace {

using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using View = Eigen::Map<Rows>;
using ConstView = Eigen::Map<const Rows>;
using Strided = Eigen::Map<Rows, 0, Eigen::OuterStride<>>;
using ConstStrided = Eigen::Map<const Rows, 0, Eigen::OuterStride<>>;

Eigen::Index index(std::size_t n) { return static_cast<Eigen::Index>(n); }
View view(Fast::Tensor& x) { return {x.data(), index(x.rows), index(x.lanes)}; }
ConstView view(const Fast::Tensor& x) { return {x.data(), index(x.rows), index(x.lanes)}; }
/// Of a flipped tensor, what is kept.
ConstView kept(const Fast::Tensor& x) { return {x.data(), index(x.lanes), index(x.rows)}; }

/// Rows [first, first + rows) and lanes [lane, lane + count).
ConstStrided strided_part(const Fast::Tensor& x, std::size_t first, std::size_t rows, std::size_t lane,
                  std::size_t count) {
  return {x.data() + first * x.lanes + lane, index(rows), index(count), Eigen::OuterStride<>(index(x.lanes))};
}
Strided strided_part(Fast::Tensor& x, std::size_t first, std::size_t rows, std::size_t lane, std::size_t count) {
  return {x.data() + first * x.lanes + lane, index(rows), index(count), Eigen::OuterStride<>(index(x.lanes))};
}

struct Applied {
  float value = 0, slope = 0;
};

Applied applied(Activation activation, float x) {
  switch (activation) {
    case Activation::relu:
      return {x > 0 ? x : 0, x > 0 ? 1.0F : 0.0F};
    case Activation::identity:
      return {x, 1};
    case Activation::silu: {
      const float s = 1 / (1 + std::exp(-x));
      return {x * s, s + x * s * (1 - s)};
    }
    case Activation::gelu: {
      const float phi = 0.5F * (1 + std::erf(x * 0.70710678F));
      return {x * phi, phi + x * 0.39894228F * std::exp(-0.5F * x * x)};
    }
    case Activation::gelu_tanh: {
      const float s = 1 / (1 + std::exp(-1.5957691F * (x + 0.044715F * x * x * x)));
      return {x * s, s + x * s * (1 - s) * 1.5957691F * (1 + 0.134145F * x * x)};
    }
  }
  return {};
}

template <class F>
Fast::Tensor spread(const Fast::Tensor& a, const Fast::Tensor& b, const F& f) {
  const std::size_t rows = std::max(a.rows, b.rows), lanes = std::max(a.lanes, b.lanes);
  Fast::Tensor made = Fast::room(rows, lanes);
  for (std::size_t r = 0; r < rows; ++r) {
    const float* x = a.data() + (a.rows == 1 ? 0 : r) * a.lanes;
    const float* y = b.data() + (b.rows == 1 ? 0 : r) * b.lanes;
    float* z = made.data() + r * lanes;
    if (a.lanes == lanes && b.lanes == lanes)
      for (std::size_t i = 0; i < lanes; ++i) z[i] = f(x[i], y[i]);
    else if (a.lanes == lanes)
      for (std::size_t i = 0; i < lanes; ++i) z[i] = f(x[i], *y);
    else
      for (std::size_t i = 0; i < lanes; ++i) z[i] = f(*x, y[i]);
  }
  return made;
}

}  // namespace

Fast::Fast(const TrainingPolicy& policy, int threads) : policy_(policy), workers_(threads) {
  const Format binary32 = parse_format("binary32");
  for (std::size_t i = 0; i < training_role_count; ++i) {
    const Format& format = policy_[static_cast<TrainingRole>(i)];
    if (format == binary32) continue;
    if (format.is_stochastic() || !contains(binary32, format) || format.is_fixed())
      throw UsageError(fmt::format(
          "the fast tier rounds to floating-point formats within binary32, to nearest or directed; {} "
          "trains in the exact tier",
          notation(format)));
    for (const auto& known : numbers_)
      if (known->format() == format) by_role_[i] = known.get();
    if (by_role_[i] == nullptr)
      by_role_[i] = numbers_.emplace_back(std::make_unique<Number>(format, best_isa())).get();
  }
  const auto steps = [](const std::string& name) -> Steps {
    if (name.empty()) return {};
    const Quantiser quantiser = parse_quantiser(name);
    const Format element = quantiser.element();
    if (quantiser.rule != BlockRule::largest || !element.is_fixed() || !quantiser.scale_notation.empty())
      throw UsageError(name + ": the fast tier quantises to intB/G; others train in the exact tier");
    return {static_cast<std::size_t>(quantiser.block), static_cast<float>(to_double(element.highest))};
  };
  weights_ = steps(policy_.model.quantisers.weights);
  activations_ = steps(policy_.model.quantisers.activations);
  cache_ = steps(policy_.model.quantisers.cache);
}

Fast::Tensor Fast::room(std::size_t rows, std::size_t lanes) {
  return {rows, lanes, false, std::make_shared<std::vector<float>>(rows * lanes)};
}

void Fast::settle(Tensor& x, TrainingRole role) const {
  const Number* number = by_role_[static_cast<std::size_t>(role)];
  if (number == nullptr) return;
  constexpr std::size_t part = 512;
  double wide[part];
  Array made(part * sizeof(double));
  for (std::size_t first = 0; first < x.count(); first += part) {
    const std::size_t n = std::min(part, x.count() - first);
    for (std::size_t i = 0; i < n; ++i) wide[i] = static_cast<double>(x.data()[first + i]);
    number->kernels()->round_f64(number->kernels()->context(), wide, made.data(), n, nullptr);
    number->to_doubles(made.data(), wide, n);
    for (std::size_t i = 0; i < n; ++i) x.data()[first + i] = static_cast<float>(wide[i]);
  }
}

Fast::Tensor Fast::constant(const Value& value, TrainingRole role) const {
  Tensor made = room(1, 1);
  made.data()[0] = static_cast<float>(to_double(value));
  settle(made, role);
  return made;
}

Fast::Tensor Fast::binary(Op op, const Tensor& a, const Tensor& b, TrainingRole role) const {
  Tensor made = op == Op::add   ? spread(a, b, [](float x, float y) { return x + y; })
                : op == Op::sub ? spread(a, b, [](float x, float y) { return x - y; })
                : op == Op::mul ? spread(a, b, [](float x, float y) { return x * y; })
                                : spread(a, b, [](float x, float y) { return x / y; });
  settle(made, role);
  return made;
}

Fast::Tensor Fast::unary(Function function, const Tensor& x, TrainingRole role) const {
  if (function != Function::rsqrt) throw std::logic_error("the fast tier has no such function");
  Tensor made = room(x.rows, x.lanes);
  for (std::size_t i = 0; i < x.count(); ++i) made.data()[i] = 1 / std::sqrt(x.data()[i]);
  settle(made, role);
  return made;
}

Fast::Tensor Fast::round(const Tensor& x, TrainingRole role) const {
  if (by_role_[static_cast<std::size_t>(role)] == nullptr) return x;
  Tensor made = room(x.rows, x.lanes);
  std::copy(x.data(), x.data() + x.count(), made.data());
  settle(made, role);
  return made;
}

Fast::Tensor Fast::activation(Activation activation, const Tensor& x) const {
  Tensor made = room(x.rows, x.lanes);
  for (std::size_t i = 0; i < x.count(); ++i) made.data()[i] = applied(activation, x.data()[i]).value;
  settle(made, TrainingRole::activations);
  return made;
}

Fast::Tensor Fast::through_activation(Activation activation, const Tensor& dy, const Tensor& pre) const {
  Tensor made = room(dy.rows, dy.lanes);
  for (std::size_t i = 0; i < dy.count(); ++i)
    made.data()[i] = dy.data()[i] * applied(activation, pre.data()[i]).slope;
  settle(made, TrainingRole::gradients);
  return made;
}

/// `count` numbers, `stride` apart, with one scale: largest magnitude / largest element; ties to even.
void Fast::fake(float* x, std::size_t count, std::size_t stride, float most) {
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(x[i * stride]));
  const float scale = largest / most;
  if (scale == 0) return;
  // A quotient of floats that is no tie is none in double either.
  for (std::size_t i = 0; i < count; ++i) {
    const double quotient = static_cast<double>(x[i * stride]) / static_cast<double>(scale);
    x[i * stride] = static_cast<float>(std::nearbyint(quotient)) * scale;
  }
}

Fast::Tensor Fast::quantised(const Tensor& x, TrainingRole role, std::size_t size) const {
  const Steps& steps = role == TrainingRole::cache ? cache_ : activations_;
  if (steps.block == 0) return x;
  Tensor made = room(x.rows, x.lanes);
  std::copy(x.data(), x.data() + x.count(), made.data());
  for (std::size_t i = 0; i < x.lanes; ++i)
    for (std::size_t first = 0; first < x.rows; first += size)
      for (std::size_t block = 0; block < size; block += steps.block)
        fake(made.data() + (first + block) * x.lanes + i, std::min(steps.block, size - block), x.lanes,
             steps.most);
  return made;
}

Fast::Tensor Fast::quantised_weights(const Tensor& x) const {
  if (weights_.block == 0) return x;
  Tensor made = room(x.rows, x.lanes);
  std::copy(x.data(), x.data() + x.count(), made.data());
  for (std::size_t r = 0; r < x.rows; ++r)
    for (std::size_t block = 0; block < x.lanes; block += weights_.block)
      fake(made.data() + r * x.lanes + block, std::min(weights_.block, x.lanes - block), 1, weights_.most);
  return made;
}

Fast::Tensor Fast::transposed(const Tensor& a) {
  Tensor made = a;
  std::swap(made.rows, made.lanes);
  made.flipped = !a.flipped;
  return made;
}

Fast::Tensor Fast::product(const Tensor& a, const Tensor& b, TrainingRole role, const Tensor* bias) const {
  Tensor made = room(a.rows, b.lanes);
  if (a.flipped)
    view(made).noalias() = kept(a).transpose() * view(b);
  else if (b.flipped)
    view(made).noalias() = view(a) * kept(b).transpose();
  else
    view(made).noalias() = view(a) * view(b);
  if (bias != nullptr) view(made).colwise() += Eigen::Map<const Eigen::VectorXf>(bias->data(), index(a.rows));
  settle(made, role);
  return made;
}

Fast::Tensor Fast::dot_of_rows(const Tensor& a, const Tensor& b, TrainingRole role) const {
  Tensor made = room(1, a.lanes);
  view(made) = view(a).cwiseProduct(view(b)).colwise().sum();
  settle(made, role);
  return made;
}

Fast::Tensor Fast::sum_of_rows(const Tensor& a, TrainingRole role) const {
  Tensor made = room(1, a.lanes);
  view(made) = view(a).colwise().sum();
  settle(made, role);
  return made;
}

Fast::Tensor Fast::sum_of_lanes(const Tensor& a, TrainingRole role) const {
  Tensor made = room(a.rows, 1);
  view(made) = view(a).rowwise().sum();
  settle(made, role);
  return made;
}

Fast::Tensor Fast::gathered(const Tensor& table, const std::vector<Token>& rows) const {
  Tensor made = room(table.lanes, rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t r = 0; r < table.lanes; ++r)
      made.data()[r * rows.size() + i] = table.data()[rows[i] * table.lanes + r];
  return made;
}

Fast::Tensor Fast::scattered(const Tensor& dx, const std::vector<Token>& rows, std::size_t table_rows) const {
  Tensor made = room(table_rows, dx.rows);
  for (std::size_t r = 0; r < dx.rows; ++r)
    for (std::size_t i = 0; i < rows.size(); ++i)
      made.data()[rows[i] * dx.rows + r] += dx.data()[r * rows.size() + i];
  settle(made, TrainingRole::gradients);
  return made;
}

Fast::Tensor Fast::attend(const AttentionShape& shape, const Tensor& q, const Tensor& k, const Tensor& v,
                          const Batch& batch, Attended& kept_for_later) {
  Tensor made = room(shape.heads * shape.d_v, q.lanes);
  kept_for_later = {q, k, v, std::vector<Tensor>(batch.sequences.size() * shape.heads)};
  const float scale = shape.scale ? static_cast<float>(to_double(*shape.scale)) : 1;
  const bool stable = policy_.model.softmax == Softmax::stable;
  workers_.each(batch.sequences.size(), [&](std::size_t s) {
    const auto [first, length] = batch.sequences[s];
    for (std::size_t h = 0; h < shape.heads; ++h) {
      const std::size_t g = h / (shape.heads / shape.groups);
      Tensor& a = kept_for_later.weights[s * shape.heads + h];
      a = room(length, length);
      view(a).noalias() = strided_part(k, g * shape.d_k, shape.d_k, first, length).transpose() *
                          strided_part(q, h * shape.d_k, shape.d_k, first, length);
      for (std::size_t j = 0; j < length; ++j)
        for (std::size_t i = 0; i < j; ++i) a.data()[j * length + i] = -INFINITY;
      a = round(a, TrainingRole::scores);
      Eigen::ArrayXXf e = view(a).array() * scale;
      if (stable) e.rowwise() -= e.colwise().maxCoeff().eval();
      e = e.exp();
      e.rowwise() /= e.colwise().sum().eval();
      view(a) = e.matrix();
      settle(a, TrainingRole::softmax);
      strided_part(made, h * shape.d_v, shape.d_v, first, length).noalias() =
          strided_part(v, g * shape.d_v, shape.d_v, first, length) * view(a);
    }
  });
  settle(made, TrainingRole::activations);
  return made;
}

Fast::AttentionGradients Fast::attend_back(const AttentionShape& shape, const Attended& kept_before,
                                           const Tensor& d_out, const Batch& batch) {
  AttentionGradients made{room(kept_before.q.rows, d_out.lanes), room(kept_before.k.rows, d_out.lanes),
                          room(kept_before.v.rows, d_out.lanes)};
  const float scale = shape.scale ? static_cast<float>(to_double(*shape.scale)) : 1;
  workers_.each(batch.sequences.size(), [&](std::size_t s) {
    const auto [first, length] = batch.sequences[s];
    for (std::size_t h = 0; h < shape.heads; ++h) {
      const std::size_t g = h / (shape.heads / shape.groups);
      const ConstView a = view(kept_before.weights[s * shape.heads + h]);
      const auto d_o = strided_part(d_out, h * shape.d_v, shape.d_v, first, length);
      strided_part(made.v, g * shape.d_v, shape.d_v, first, length).noalias() += d_o * a.transpose();
      Rows ds = strided_part(kept_before.v, g * shape.d_v, shape.d_v, first, length).transpose() * d_o;
      const Eigen::RowVectorXf d = a.cwiseProduct(ds).colwise().sum();
      ds = a.cwiseProduct(ds.rowwise() - d) * scale;
      strided_part(made.q, h * shape.d_k, shape.d_k, first, length).noalias() =
          strided_part(kept_before.k, g * shape.d_k, shape.d_k, first, length) * ds;
      strided_part(made.k, g * shape.d_k, shape.d_k, first, length).noalias() +=
          strided_part(kept_before.q, h * shape.d_k, shape.d_k, first, length) * ds.transpose();
    }
  });
  for (Tensor* gradient : {&made.q, &made.k, &made.v}) settle(*gradient, TrainingRole::gradients);
  return made;
}

Fast::Loss Fast::loss(const Tensor& logits, const Batch& batch, const Value& loss_scale,
                      bool gradient) const {
  Loss made;
  const auto count = static_cast<double>(batch.target_count());
  if (count == 0) throw UsageError("a batch without a target has no loss");
  const auto factor = static_cast<float>(to_double(loss_scale) / count);
  if (gradient) made.logits = room(logits.rows, logits.lanes);
  Eigen::ArrayXXf e = view(logits).array();
  const Eigen::Array<float, 1, Eigen::Dynamic> largest = e.colwise().maxCoeff();
  e.rowwise() -= largest;
  e = e.exp();
  const Eigen::Array<float, 1, Eigen::Dynamic> z = e.colwise().sum();
  for (std::size_t i = 0; i < logits.lanes; ++i) {
    if (batch.targets[i] < 0) continue;
    const auto target = static_cast<std::size_t>(batch.targets[i]);
    const Eigen::Index at = index(i);
    made.mean +=
        static_cast<double>(std::log(z(at)) + largest(at) - logits.data()[target * logits.lanes + i]) / count;
    if (!gradient) continue;
    for (std::size_t r = 0; r < logits.rows; ++r)
      made.logits.data()[r * logits.lanes + i] =
          (e(index(r), at) / z(at) - (r == target ? 1.0F : 0.0F)) * factor;
  }
  if (!(made.mean - made.mean == 0)) throw Diverged("the loss is NaN");
  if (gradient) settle(made.logits, TrainingRole::gradients);
  return made;
}

}  // namespace roundoff::training
