// The width of iteradd-exact, counted from its design and not from a model, for its width formula.
#pragma once

#include <cstdint>

namespace roundoff::constructions {

std::int64_t iteradd_exact_width(int n, int k, int p);

}  // namespace roundoff::constructions
