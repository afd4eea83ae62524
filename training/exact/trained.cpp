#include "training/exact/trained.hpp"

#include <cstring>

#include "formats/error.hpp"
#include "sim/lanes/layout.hpp"

namespace roundoff::training {

ExactTraining::ExactTraining(const Model& model, const TrainingPolicy& policy,
                             const OptimiserOptions& options, std::uint64_t steps, int threads)
    : model_(model),
      plan_(model_),
      arithmetic_(policy, threads),
      network_(plan_, arithmetic_),
      update_(options, steps, arithmetic_),
      loss_scale_(rounded_real(decimal_real(options.loss_scale), parse_format("binary128"))) {
  require_trainable(policy.model);
  for (const TrainingRole role : {TrainingRole::master, TrainingRole::moments})
    if (!contains(parse_format("binary64"), policy[role]))
      throw UsageError("training: " + notation(policy[role]) +
                       " is no part of binary64, which checkpoints hold");
  if (!policy.model.quantisers.weights.empty())
    weight_quantiser_ = parse_quantiser(policy.model.quantisers.weights);
  state_.master = arithmetic_.zeros(1, plan_.count, TrainingRole::master);
  state_.first = arithmetic_.zeros(1, plan_.count, TrainingRole::moments);
  state_.second = arithmetic_.zeros(1, plan_.count, TrainingRole::moments);
  const std::vector<Value> numbers = numbers_of(model_);
  const Kept& master = *state_.master.kept;
  for (std::size_t i = 0; i < numbers.size(); ++i)  // step 0 has no other operation
    master.number().store(formats::round(numbers[i], master.format(), {i, 0}).value, state_.master.at(0, i));
}

std::vector<Tensor> ExactTraining::weights() {
  std::vector<Tensor> made;
  for (const Parameter& parameter : plan_.parameters) {
    Tensor slice = arithmetic_.room(parameter.rows, parameter.columns, TrainingRole::master);
    for (std::size_t r = 0; r < parameter.rows; ++r)
      std::memcpy(slice.row(r), state_.master.at(0, parameter.first + r * parameter.columns),
                  parameter.columns * slice.kept->size());
    if (weight_quantiser_ && parameter.in_layer) {
      const Format& format = arithmetic_.kept(TrainingRole::weights).number().format();
      Matrix matrix(static_cast<int>(parameter.rows), static_cast<int>(parameter.columns));
      for (std::size_t r = 0; r < parameter.rows; ++r)
        for (std::size_t c = 0; c < parameter.columns; ++c)
          matrix.set(static_cast<int>(r), static_cast<int>(c), slice.value(r, c));
      const Matrix rounded = quantised(matrix, *weight_quantiser_, format);
      Tensor weights = arithmetic_.room(parameter.rows, parameter.columns, TrainingRole::weights);
      for (std::size_t r = 0; r < parameter.rows; ++r)
        for (std::size_t c = 0; c < parameter.columns; ++c)
          weights.kept->number().store(rounded.at(static_cast<int>(r), static_cast<int>(c)),
                                       weights.at(r, c));
      slice = weights;
    }
    made.push_back(arithmetic_.round(slice, TrainingRole::weights));
  }
  return made;
}

Network<Exact>::Result ExactTraining::gradients(const Batch& batch, std::uint64_t step) {
  arithmetic_.begin_step(step);
  const std::vector<Tensor> read = weights();
  return network_.run(read, batch, loss_scale_, true);
}

StepResult ExactTraining::step(const Batch& batch, std::uint64_t step) {
  const Network<Exact>::Result result = gradients(batch, step);
  Tensor all = arithmetic_.room(1, plan_.count, TrainingRole::gradients);
  for (std::size_t p = 0; p < plan_.parameters.size(); ++p) {
    const Parameter& parameter = plan_.parameters[p];
    for (std::size_t r = 0; r < parameter.rows; ++r)
      std::memcpy(all.at(0, parameter.first + r * parameter.columns), result.gradients[p].row(r),
                  parameter.columns * all.kept->size());
  }
  return {result.loss, update_(state_, all, step)};
}

double ExactTraining::loss(const Batch& batch) {
  arithmetic_.begin_step(0);
  const std::vector<Tensor> read = weights();
  return network_.run(read, batch, Value::integer(1), false).loss;
}

Tensor ExactTraining::logits(const Batch& batch) {
  arithmetic_.begin_step(0);
  const std::vector<Tensor> read = weights();
  return network_.logits(read, batch);
}

Model ExactTraining::model() const {
  std::vector<Value> numbers(plan_.count);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = state_.master.value(0, i);
  return with_numbers(model_, numbers);
}

std::vector<Token> ExactTraining::choices(const Batch& batch) {
  const Tensor all = logits(batch);
  std::vector<Token> made(all.lanes, 0);
  std::vector<Value> most(all.lanes);
  for (std::size_t v = 0; v < all.rows; ++v)
    for (std::size_t i = 0; i < all.lanes; ++i) {
      const Value at = all.value(v, i);
      if (at.is_nan()) throw Diverged("a logit is NaN");
      if (v != 0 && !(compare(at, most[i]) > 0)) continue;
      most[i] = at;
      made[i] = static_cast<Token>(v);
    }
  return made;
}

namespace {

std::vector<double> doubles_of(const Tensor& x) {
  std::vector<double> made;
  for (std::size_t i = 0; i < x.lanes; ++i) made.push_back(to_double(x.value(0, i)));
  return made;
}

void fill(Tensor& x, const std::vector<double>& from) {
  if (from.size() != x.lanes) throw FileError("a checkpoint has another number of parameters");
  for (std::size_t i = 0; i < x.lanes; ++i) x.kept->number().store(Value::of(from[i]), x.at(0, i));
}

}  // namespace

Snapshot ExactTraining::snapshot() const {
  return {doubles_of(state_.master), doubles_of(state_.first), doubles_of(state_.second), state_.taken};
}

void ExactTraining::restore(const Snapshot& snapshot) {
  fill(state_.master, snapshot.master);
  fill(state_.first, snapshot.first);
  fill(state_.second, snapshot.second);
  state_.taken = snapshot.taken;
}

}  // namespace roundoff::training
