#include "training/run.hpp"

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/model/quantise.hpp"

namespace roundoff::training {

Training::Training(const TrainSpec& spec)
    : spec_(spec),
      data_(make_data(spec.data, spec.seed)),
      described_(describe(spec, *data_)),
      initial_(initial_model(spec.model, data_->vocabulary(), data_->positions(), spec.seed)) {
  steps_ = spec.steps;
  if (steps_ == 0) {
    // A step's tokens are those of the longest sequences where lengths differ: tokens are then an upper bound.
    const std::uint64_t each = spec.batch * data_->positions();
    steps_ = (spec.tokens + each - 1) / each;
  }
}

void Training::restore(std::string_view bytes, const std::string& source) {
  Checkpoint checkpoint = read_checkpoint(bytes, source);
  if (checkpoint.training != described_)
    throw UsageError(fmt::format("{} is of another training; name another `out`, or remove it", source));
  progress_ = std::move(checkpoint.progress);
  restored_ = std::move(checkpoint.snapshot);
}

TrainResult Training::run(const RunOptions& options) {
  trainee_ = make_trainee(spec_.tier, initial_, spec_.policy, spec_.optimiser, steps_, options.threads);
  if (restored_) trainee_->restore(*restored_);
  TrainResult result;
  result.steps = steps_;
  result.parameters = shape(initial_).parameters;
  const auto save = [&] {
    if (options.save) options.save(write_checkpoint({described_, progress_, trainee_->snapshot()}));
  };
  std::uint64_t saved = progress_.step;
  while (progress_.step < steps_ && progress_.ended.empty() && !result.interrupted) {
    const std::uint64_t step = progress_.step + 1;
    try {
      const StepResult done = trainee_->step(data_->batch(step, spec_.batch), step);
      progress_.losses.push_back(done.loss);
      progress_.lost.push_back(done.updated.moved == 0 ? 0
                                                       : static_cast<double>(done.updated.lost) /
                                                             static_cast<double>(done.updated.moved));
      progress_.skipped += done.updated.skipped ? 1 : 0;
      progress_.step = step;
    } catch (const Diverged& why) {
      progress_.ended = fmt::format("at step {}: {}", step, why.what());
    } catch (const Trap& why) {
      progress_.ended = fmt::format("at step {}: {}", step, why.what());
    }
    if (options.progress &&
        options.progress(progress_.step, steps_, progress_.losses.empty() ? 0 : progress_.losses.back()))
      result.interrupted = progress_.step < steps_;
    if (progress_.step % spec_.checkpoint == 0 && progress_.step != saved) {
      save();
      saved = progress_.step;
    }
  }
  if (progress_.step != saved || !progress_.ended.empty()) save();
  result.progress = progress_;
  for (std::uint64_t step = 1; step <= progress_.step; ++step) {
    if (spec_.data.task.empty()) {
      result.tokens = progress_.step * spec_.batch * data_->positions();
      break;
    }
    result.tokens += data_->batch(step, 1).lanes() * spec_.batch;
  }
  if (!result.interrupted && progress_.ended.empty()) evaluate(result, options.threads);
  return result;
}

void Training::evaluate(TrainResult& result, int threads) {
  result.held_out = training::evaluate(*trainee_, *data_, spec_.held_out);
  const Model trained = trainee_->model();
  for (const int bits : spec_.post) {
    const std::unique_ptr<Trainee> rounded = make_trainee(spec_.tier, quantised_after(trained, bits),
                                                          spec_.policy, spec_.optimiser, steps_, threads);
    double loss = 0;
    const std::vector<PartResult> parts = training::evaluate(*rounded, *data_, spec_.held_out);
    for (const PartResult& part : parts) loss += part.loss / static_cast<double>(parts.size());
    result.post.emplace_back(bits, loss);
  }
}

std::vector<PartResult> evaluate(Trainee& trainee, const Data& data, std::size_t sequences) {
  std::vector<PartResult> made;
  const std::vector<std::string> parts = data.held_out();
  for (std::size_t p = 0; p < parts.size(); ++p) {
    PartResult& part = made.emplace_back();
    part.part = parts[p];
    constexpr std::size_t together = 64;
    double targets = 0;
    for (std::size_t first = 0; first < sequences; first += together) {
      const Batch batch = data.held_out(p, first, std::min(together, sequences - first));
      if (batch.sequences.empty()) break;
      const auto count = static_cast<double>(batch.target_count());
      part.loss += trainee.loss(batch) * count;
      targets += count;
      part.sequences += batch.sequences.size();
      if (!data.has_answers()) continue;
      const std::vector<Token> chosen = trainee.choices(batch);
      for (const Batch::Sequence& sequence : batch.sequences) {
        bool right = true;
        for (std::size_t i = sequence.first; i < sequence.first + sequence.length; ++i)
          right = right && (batch.targets[i] < 0 || chosen[i] == static_cast<Token>(batch.targets[i]));
        part.right += right ? 1 : 0;
      }
    }
    if (targets > 0) part.loss /= targets;
  }
  return made;
}

Model quantised_after(const Model& model, int bits) {
  static const Format binary32 = parse_format("binary32");
  Model made = model;
  const auto row = [&](Matrix& matrix) {
    matrix = quantised(matrix, parse_quantiser(fmt::format("int{}/{}", bits, matrix.columns())), binary32);
  };
  for (Layer& layer : made.layers) {
    if (layer.attention)
      for (Linear* map : {&layer.attention->query, &layer.attention->key, &layer.attention->value,
                          &layer.attention->output})
        row(map->weight);
    if (layer.feed_forward) {
      row(layer.feed_forward->in.weight);
      row(layer.feed_forward->out.weight);
      if (layer.feed_forward->gate) row(layer.feed_forward->gate->weight);
    }
  }
  return made;
}

}  // namespace roundoff::training
