// The width of iteradd-counters, for its formula.
#pragma once

#include <cstdint>

namespace roundoff::constructions {

/// n columns of k bits, units that count to 2 max, max >= 1.
std::int64_t iteradd_counters_width(int n, int k, int max);

}  // namespace roundoff::constructions
