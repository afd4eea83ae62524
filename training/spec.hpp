// A training as a page of TOML:
//
//   out = "trained/add"             # a folder; relative to the page
//   format = "bfloat16"             # of every role that [formats] does not name; and every key of a policy
//   [model]
//   layers = 2                      # d_model, heads, d_ff (4 d_model), norm = "rms" | "layer" | "none", activation, gated,
//   d_model = 32                    # biases, tied
//   [data]
//   task = "add"                    # as --task, with n = 4, [2, 3] or "2..4", and p, k, l, c, ragged
//   text = "corpus.txt"             # or a text: vocabulary = "characters" | "characters:64", context = 64
//   grammar = 2000000               # or characters of a made-up language
//   [train]
//   steps = 1000                    # or tokens
//   batch = 64                      # sequences
//   lr = 0.002                      # warmup, schedule = "cosine" | "constant", final = 0.1, optimiser = "adam" | "sgd", beta1,
//   seed = 1                        # beta2, epsilon, momentum, loss_scale, tier = "exact" | "fast", checkpoint = 100
//   [formats]                       # by role, those of a policy and gradients, master, moments, loss
//   master = "binary32"
//   [quantise]                      # weights, activations, cache, straight through backward
//   [evaluate]
//   sequences = 256                 # held out, of every part
//   post = [3, 4]                   # bits that the weights of layers are quantised to afterwards, a scale a row
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "training/data/data.hpp"
#include "training/model/initial.hpp"
#include "training/trainee.hpp"

namespace roundoff::training {

struct DataSpec {
  std::string task;
  std::vector<TaskSize> sizes;
  std::string text;          ///< a path
  std::size_t most = 0;      ///< characters of the vocabulary; 0: all
  std::size_t grammar = 0;   ///< characters of the made-up language
  std::size_t context = 64;  ///< of text and grammar
  friend bool operator==(const DataSpec&, const DataSpec&) = default;
};

struct TrainSpec {
  ModelSpec model;
  DataSpec data;
  TrainingPolicy policy;
  OptimiserOptions optimiser;
  Tier tier = Tier::exact;
  std::uint64_t steps = 0, tokens = 0;  ///< one of them is 0; steps are made of tokens by `training_of`
  std::size_t batch = 64;
  std::uint64_t seed = 1, checkpoint = 100;
  std::size_t held_out = 256;
  std::vector<int> post;
  std::string out;
};

/// FileError led by `source` and the line. Paths are relative to `source`.
TrainSpec read_train_spec(std::string_view toml, const std::string& source);
TrainSpec load_train_spec(const std::string& path);

std::unique_ptr<Data> make_data(const DataSpec& spec, std::uint64_t seed);

/// All that decides what is trained, for checkpoints: another text, another training.
std::string describe(const TrainSpec& spec, const Data& data);

}  // namespace roundoff::training
