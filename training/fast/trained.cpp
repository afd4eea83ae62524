#include "training/fast/trained.hpp"

#include <cmath>

#include "formats/error.hpp"

namespace roundoff::training {

namespace {

double number(const std::string& decimal) {
  static const Format binary64 = parse_format("binary64");
  return to_double(rounded_real(decimal_real(decimal), binary64));
}

std::vector<double> widened(const Fast::Tensor& x) { return {x.data(), x.data() + x.count()}; }

void narrow(Fast::Tensor& x, const std::vector<double>& from) {
  if (from.size() != x.count()) throw FileError("a checkpoint has another number of parameters");
  for (std::size_t i = 0; i < from.size(); ++i) x.data()[i] = static_cast<float>(from[i]);
}

}  // namespace

FastTraining::FastTraining(const Model& model, const TrainingPolicy& policy, const OptimiserOptions& options,
                           std::uint64_t steps, int threads)
    : model_(model),
      plan_(model_),
      options_(options),
      steps_(steps),
      arithmetic_(policy, threads),
      network_(plan_, arithmetic_),
      scale_(number(options.loss_scale)),
      beta1_(number(options.beta1)),
      beta2_(number(options.beta2)),
      epsilon_(number(options.epsilon)),
      momentum_(number(options.momentum)),
      master_(Fast::room(1, plan_.count)),
      first_(Fast::room(1, plan_.count)),
      second_(Fast::room(1, plan_.count)) {
  require_trainable(policy.model);
  const std::vector<Value> numbers = numbers_of(model_);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    master_.data()[i] = static_cast<float>(to_double(numbers[i]));
  master_ = arithmetic_.round(master_, TrainingRole::master);
}

std::vector<Fast::Tensor> FastTraining::weights() const {
  std::vector<Fast::Tensor> made;
  for (const Parameter& parameter : plan_.parameters) {
    Fast::Tensor slice = Fast::room(parameter.rows, parameter.columns);
    std::copy_n(master_.data() + parameter.first, parameter.count(), slice.data());
    if (parameter.in_layer) slice = arithmetic_.quantised_weights(slice);
    made.push_back(arithmetic_.round(slice, TrainingRole::weights));
  }
  return made;
}

StepResult FastTraining::step(const Batch& batch, std::uint64_t step) {
  const std::vector<Fast::Tensor> read = weights();
  const auto result = network_.run(read, batch, Value::of(scale_), true);
  StepResult made{result.loss, {}};
  Fast::Tensor g = Fast::room(1, plan_.count);
  for (std::size_t p = 0; p < plan_.parameters.size(); ++p)
    std::copy_n(result.gradients[p].data(), plan_.parameters[p].count(),
                g.data() + plan_.parameters[p].first);
  for (std::size_t i = 0; i < plan_.count; ++i)
    if (!std::isfinite(g.data()[i])) {
      made.updated.skipped = true;
      return made;
    }
  ++taken_;
  static const Format binary64 = parse_format("binary64");
  const double rate = to_double(rounded_real(learning_rate(options_, step, steps_), binary64));
  const auto t = static_cast<double>(taken_);
  const bool adam = options_.kind == OptimiserOptions::adam;
  const double root = std::sqrt(1 - std::pow(beta2_, t)), c = rate * root / (1 - std::pow(beta1_, t));
  const auto cf = static_cast<float>(c), ef = static_cast<float>(epsilon_ * root),
             lr = static_cast<float>(rate);
  const auto b1 = static_cast<float>(beta1_), b2 = static_cast<float>(beta2_),
             mu = static_cast<float>(momentum_);
  const auto b1_left = static_cast<float>(1 - beta1_), b2_left = static_cast<float>(1 - beta2_);
  const auto divisor = static_cast<float>(scale_);
  Fast::Tensor next = Fast::room(1, plan_.count);
  std::vector<float> updates(plan_.count);
  for (std::size_t i = 0; i < plan_.count; ++i) {
    const float at = g.data()[i] / divisor;
    float &m = first_.data()[i], &v = second_.data()[i];
    if (adam) {
      m = b1 * m + b1_left * at;
      v = b2 * v + b2_left * at * at;
    } else {
      m = mu * m + at;
    }
  }
  first_ = arithmetic_.round(first_, TrainingRole::moments);
  second_ = arithmetic_.round(second_, TrainingRole::moments);
  for (std::size_t i = 0; i < plan_.count; ++i) {
    const float m = first_.data()[i];
    updates[i] = adam ? cf * m / (std::sqrt(second_.data()[i]) + ef) : lr * m;
    next.data()[i] = master_.data()[i] - updates[i];
    if (!std::isfinite(next.data()[i])) throw Diverged("a weight is no finite number any more");
  }
  next = arithmetic_.round(next, TrainingRole::master);
  for (std::size_t i = 0; i < plan_.count; ++i) {
    if (updates[i] == 0) continue;
    ++made.updated.moved;
    made.updated.lost += next.data()[i] == master_.data()[i] ? 1 : 0;
  }
  master_ = next;
  return made;
}

double FastTraining::loss(const Batch& batch) {
  const std::vector<Fast::Tensor> read = weights();
  return network_.run(read, batch, Value::integer(1), false).loss;
}

std::vector<Token> FastTraining::choices(const Batch& batch) {
  const std::vector<Fast::Tensor> read = weights();
  const Fast::Tensor logits = network_.logits(read, batch);
  std::vector<Token> made(logits.lanes, 0);
  for (std::size_t v = 1; v < logits.rows; ++v)
    for (std::size_t i = 0; i < logits.lanes; ++i)
      if (logits.data()[v * logits.lanes + i] > logits.data()[made[i] * logits.lanes + i])
        made[i] = static_cast<Token>(v);
  return made;
}

Model FastTraining::model() const {
  std::vector<Value> numbers;
  for (std::size_t i = 0; i < plan_.count; ++i)
    numbers.push_back(Value::of(static_cast<double>(master_.data()[i])));
  return with_numbers(model_, numbers);
}

Snapshot FastTraining::snapshot() const {
  return {widened(master_), widened(first_), widened(second_), taken_};
}

void FastTraining::restore(const Snapshot& snapshot) {
  narrow(master_, snapshot.master);
  narrow(first_, snapshot.first);
  narrow(second_, snapshot.second);
  taken_ = snapshot.taken;
}

}  // namespace roundoff::training
