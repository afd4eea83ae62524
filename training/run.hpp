// A training from its page to its end, with checkpoints between.
#pragma once

#include <functional>
#include <optional>

#include "training/checkpoint.hpp"
#include "training/spec.hpp"

namespace roundoff::training {

struct PartResult {
  std::string part;  ///< "n=4", "text"
  std::size_t sequences = 0;
  double loss = 0;        ///< nats a target
  std::size_t right = 0;  ///< sequences all of whose targets are right
};

struct TrainResult {
  Progress progress;
  std::uint64_t steps = 0;   ///< to do in all
  std::uint64_t tokens = 0;  ///< trained on: positions of all batches
  std::int64_t parameters = 0;
  std::vector<PartResult> held_out;  ///< absent where the model diverged
  /// (bits, loss) of the same with the weights of layers quantised afterwards; the loss over all parts.
  std::vector<std::pair<int, double>> post;
  bool interrupted = false;
};

struct RunOptions {
  int threads = 0;
  /// Told of steps done and of all, and of the loss; true ends the training, which can go on later.
  std::function<bool(std::uint64_t step, std::uint64_t steps, double loss)> progress = {};
  /// Given every checkpoint's bytes.
  std::function<void(const std::string&)> save = {};
};

class Training {
 public:
  /// UsageError for what cannot be trained so.
  explicit Training(const TrainSpec& spec);

  /// Goes on from a checkpoint of this training. UsageError for one of another.
  void restore(std::string_view bytes, const std::string& source);
  TrainResult run(const RunOptions& options);
  Model model() const { return trainee_->model(); }
  const Data& data() const { return *data_; }
  const TrainSpec& spec() const { return spec_; }

 private:
  void evaluate(TrainResult& result, int threads);

  TrainSpec spec_;
  std::unique_ptr<Data> data_;
  std::string described_;
  Model initial_;
  std::unique_ptr<Trainee> trainee_;
  std::optional<Snapshot> restored_;
  Progress progress_;
  std::uint64_t steps_ = 0;
};

/// Held-out sequences of every part, in batches that fit the memory.
std::vector<PartResult> evaluate(Trainee& trainee, const Data& data, std::size_t sequences);
/// The weights of layers in `bits`, a scale a row.
Model quantised_after(const Model& model, int bits);

}  // namespace roundoff::training
