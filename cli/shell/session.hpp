// What every command shares: the common options, the way to the terminal, and where a result comes from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/names.hpp"
#include "cli/options/arguments.hpp"
#include "cli/shell/listener.hpp"

namespace roundoff::cli {

/// Exit codes, as documented in commands.md and in every --help.
enum Exit : int {
  exit_done = 0,
  exit_refuted = 1,
  exit_usage = 2,
  exit_file = 3,
  exit_interrupted = 4,
  exit_unknown = 5,
  exit_internal = 70
};

struct Session {
  bool json = false;
  bool csv = false;
  bool quiet = false;
  std::uint64_t seed = 1;
  int threads = 0;           ///< 0: all cores
  Listener* listener = nullptr;  ///< who is told in the place of the terminal
  std::string command;       ///< "verify"
  std::string command_line;  ///< "roundoff verify add-hinge --n 8", without what cannot change the answer
};

/// --json --csv --quiet --seed --threads.
void declare_common(Arguments& arguments, Session& session);

/// The words as one shell line, without --threads, --quiet, --json and --csv: the same question, the same
/// line.
std::string question_line(const std::vector<std::string>& words);

std::string version_line();

}  // namespace roundoff::cli
