// How much memory the program takes before it says that a question is too large for this machine: nine tenths
// of what is free when it starts, and no more than 8 GB, unless ROUNDOFF_MEMORY names another number of GB.
// The limit is the kernel's (RLIMIT_DATA), so that it holds in every library, and recording reads it
// (sim/program/memory.hpp) to refuse before it is reached. Files that are mapped do not count.
#pragma once

#include <string>

#include "cli/names.hpp"

namespace roundoff::cli {

/// UsageError for a ROUNDOFF_MEMORY that is no number of GB.
void limit_memory();
/// Whether the environment is to blame, or the size: one line with the remedy.
std::string out_of_memory();

}  // namespace roundoff::cli
