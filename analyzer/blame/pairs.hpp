// Indistinguishable pairs: two inputs whose next answer token differs although the residual stream at the
// position where it is read is the same on bits. Such a pair proves that no readout whatever can mend the
// model: what told the inputs apart was lost before.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "analyzer/evidence/verify.hpp"

namespace roundoff::analyzer {

struct IndistinguishablePair {
  Instance first, second;
  std::string first_input, second_input;
  int output = 0;                         ///< answer token number, 0 the first
  int layer = 0;                          ///< after this layer (as in traces)
  Token first_next = 0, second_next = 0;  ///< the tokens that would be right
};

struct PairOptions {
  std::size_t adversarial = 4096;
  std::uint64_t count = 4096;  ///< samples beside the adversarial inputs
  std::uint64_t seed = 1;
  int layer = -1;  ///< compare the stream after this layer; -1: after the last
  std::function<void(const Progress&)> progress = {};
  std::function<bool()> interrupted = {};
};

/// The first pair in the order adversarial inputs, then samples. Nothing found proves nothing. Stopped where it is
/// interrupted.
std::optional<IndistinguishablePair> find_indistinguishable(const Model& model, const Policy& policy,
                                                            const Task& task,
                                                            const PairOptions& options = {});

}  // namespace roundoff::analyzer
