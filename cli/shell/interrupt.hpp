// Control-C: the first one asks running work to stop where it can be resumed. What does not look within two
// seconds (a file that is parsed, a pass over a program, a read from a terminal) is ended then, with the same
// exit code; nothing is lost by that, for stores and files are written whole or not at all. What has looked has
// six seconds more to put away what it has. The second one ends the program at once.
#pragma once

#include <functional>
#include <stdexcept>

#include "cli/names.hpp"
#include "cli/shell/session.hpp"

namespace roundoff::cli {

/// What was interrupted, and how to go on (exit code 4).
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void catch_interrupts();
/// Whoever learns it has to stop soon: from then on the program waits for that.
bool interrupted();
/// The same of one command: its listener's word where it has one.
std::function<bool()> interruption(const Session& session);

}  // namespace roundoff::cli
