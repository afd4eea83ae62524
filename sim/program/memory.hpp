// How much memory there is for what is being built, and a forecast of what it takes: work that grows with
// every position is refused when its course says that it will not fit, not when it no longer does.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "formats/error.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

/// Bytes that this process may still come to hold, by its limit (RLIMIT_DATA); infinite without one.
double memory_limit();

/// What would be built takes more than there is.
struct TooMuchMemory : UsageError {
  using UsageError::UsageError;
};

/// What something that is built step by step will have taken at its last step.
class Forecast {
 public:
  /// `what` is being built: "the program"; `factor`: what is needed in all, for a byte of it.
  Forecast(std::string what, int steps, double factor = 1)
      : what_(std::move(what)), steps_(steps), factor_(factor) {}

  /// `bytes` are taken after step `done`. TooMuchMemory where the course leads beyond the limit.
  void at(int done, std::size_t bytes);
  /// By the last three looks: exact for courses a + b n + c n^2.
  double expected() const;

 private:
  struct Look {
    double step, bytes;
  };
  std::string what_;
  int steps_;
  double factor_;
  std::vector<Look> looks_;  ///< at steps that double
};

}  // namespace roundoff::sim
