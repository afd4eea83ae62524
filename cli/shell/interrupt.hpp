// Control-C: the first one asks running work to stop where it can be resumed, the second one ends the
// program.
#pragma once

#include <stdexcept>

#include "cli/names.hpp"

namespace roundoff::cli {

/// What was interrupted, and how to go on (exit code 4).
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void catch_interrupts();
bool interrupted();

}  // namespace roundoff::cli
