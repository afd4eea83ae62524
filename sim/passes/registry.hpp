// The passes by name; passes.cpp lists them in the order they run.
#pragma once

#include "sim/passes.hpp"

namespace roundoff {

Rewritten drop_zeros(const Program& program);
Rewritten merge_common(const Program& program);
Rewritten narrow_ranges(const Program& program);
Rewritten reassociate(const Program& program);
Rewritten name_owners(const Program& program);
Rewritten count_votes(const Program& program);
Rewritten cut_tails(const Program& program);
Rewritten tabulate(const Program& program);
Rewritten run_as_integers(const Program& program);
Rewritten fold_constants(const Program& program);
Rewritten keep_demanded(const Program& program);

}  // namespace roundoff
