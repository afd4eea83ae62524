// The passes by name; passes.cpp lists them in the order they run.
#pragma once

#include "sim/passes/passes.hpp"

namespace roundoff::sim {

Rewritten drop_zeros(const Analysed& from);
Rewritten merge_common(const Analysed& from);
Rewritten narrow_ranges(const Analysed& from);
Rewritten reassociate(const Analysed& from);
Rewritten name_maximum_keys(const Analysed& from);
Rewritten count_bits_of_means(const Analysed& from);
Rewritten clamp_arguments(const Analysed& from);
Rewritten tabulate(const Analysed& from);
Rewritten run_as_integers(const Analysed& from);
Rewritten fold_constants(const Analysed& from);
Rewritten keep_demanded(const Analysed& from);

}  // namespace roundoff::sim
