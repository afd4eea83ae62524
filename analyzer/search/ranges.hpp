// Lists of sizes as people write them, on the command line and in sweeps: 8, 2..64, 2,4,8, 2..64*2
// (doubling), 4..24+4 (steps of four).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/names.hpp"

namespace roundoff::analyzer {

/// The numbers in the order written, repetitions dropped. UsageError naming `what` (an option, a key) and the
/// part that is wrong.
std::vector<int> parse_range(std::string_view what, std::string_view text);

/// A size that stands alone. UsageError for what no size can be.
int checked_size(std::string_view what, std::int64_t number);

}  // namespace roundoff::analyzer
