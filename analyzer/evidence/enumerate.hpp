// Inputs by number, decided by all cores in chunks. The outcome is that of one thread going through them in
// order: the first failing input is the least, and stopping at it stops exactly there.
#pragma once

#include <cstdint>

#include "analyzer/evidence/judge.hpp"
#include "analyzer/evidence/verify.hpp"

namespace roundoff::analyzer {

struct Enumerated {
  Checkpoint reached;  ///< done = total, or first_failing + 1 where it stopped there
  bool interrupted = false;
};

/// Starts at options.resume where `resumable`, and reports checkpoints there.
Enumerated enumerate(Subject& subject, const InputList& inputs, const VerifyOptions& options, bool resumable);

}  // namespace roundoff::analyzer
