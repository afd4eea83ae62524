// A model run at once: sequences of tokens in, logits and choices out, with the bits of the recorded program
// (sim/program/record.hpp) under the same policy. Which tokens run together, and on how many threads, changes no
// bit.
#pragma once

#include <span>

#include "sim/blocks/transformer.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

struct TensorOptions {
  int threads = 0;   ///< 0: all processors
  std::string isa;   ///< "" for the best the machine has
  int lanes = 128;   ///< tokens that run together, at most
  Watch watch = {};  ///< told of tokens done
};

/// What a token led to.
struct Outlook {
  int sequence = 0, position = 0;
  Token next = 0;
  std::span<const double> logits;  ///< exact where the format of logits is within binary64
};

class TensorRun {
 public:
  /// Rounds and packs the weights. The model must outlive the run. UsageError for a policy that cannot be.
  TensorRun(const Model& model, const Policy& policy, const TensorOptions& options = {});

  using Told = std::function<void(const Outlook&)>;
  /// Runs tokens that follow what their sequences have: sequence s from position first on (0 forgets what there
  /// was). `told` is called for every token, sequence by sequence within a pass, in order; before a Trap, for the
  /// tokens before it.
  void run(const std::vector<Feed>& feeds, const Told& told);
  /// Blocks of tokens from their start, from block `first` on; the sequences of what is told are their numbers. As many
  /// as fill the lanes run together.
  void run_blocks(const std::vector<std::vector<Token>>& blocks, std::size_t first, const Told& told);

  /// The residual stream as it leaves a layer (-1: the embedding): entry r of lane i at r * lanes + i.
  using Stream = std::function<void(int layer, std::span<const Feed> feeds, std::span<const double> x)>;
  void watch_stream(Stream stream) { stream_ = std::move(stream); }
  /// Told of every number that a trace has, in the order of a recorded program; one token at a time then.
  void trace(std::function<void(const Site&, const Value&)> told);

  /// That the model has room for.
  std::size_t positions() const;
  Statistics statistics() const { return tape_.statistics(); }
  const Policy& policy() const { return tape_.policy(); }

 private:
  void require(const std::vector<Feed>& feeds);
  void run_counted(const std::vector<Feed>& feeds, const Told& told, std::size_t& done, std::size_t all);
  void flush(std::vector<Feed>& feeds, const Told& told, std::size_t& done, std::size_t all);
  void pass(const std::vector<Feed>& feeds, const Told& told);

  const Model* model_;
  TensorOptions options_;
  Tensors tape_;
  Transformer<Tensors> transformer_;
  Stream stream_;
  int capacity_ = 0;
};

}  // namespace roundoff::sim
