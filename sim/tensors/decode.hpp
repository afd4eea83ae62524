// Greedy decoding on the tensor tape: prompts of any lengths, together.
#pragma once

#include <functional>
#include <vector>

#include "sim/tensors/run.hpp"

namespace roundoff::sim {

struct DecodeOptions {
  std::size_t most = 32;            ///< tokens to write for a prompt
  std::function<bool(Token)> last;  ///< whether a token ends its answer (it belongs to it); none: never
  std::function<void(std::size_t written)> watch;  ///< told after every step; may throw Stopped
};

/// What follows each prompt: `most` tokens, or fewer where one ends it or the model has no more positions. UsageError
/// for an empty prompt.
std::vector<std::vector<Token>> decode(TensorRun& run, const std::vector<std::vector<Token>>& prompts,
                                       const DecodeOptions& options);

}  // namespace roundoff::sim
