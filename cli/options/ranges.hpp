// Lists of sizes on the command line: 8, 2..64, 2,4,8, 2..64*2 (doubling), 4..24+4 (steps of four).
#pragma once

#include <string>
#include <vector>

#include "cli/names.hpp"

namespace roundoff::cli {

/// The numbers in the order written, repetitions dropped. UsageError naming `option` and the part that is
/// wrong.
std::vector<int> parse_range(const std::string& option, const std::string& text);

}  // namespace roundoff::cli
