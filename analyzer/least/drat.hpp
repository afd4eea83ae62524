// A checker of unsatisfiability proofs, apart from the solver that wrote them.
//
// A proof (DRAT: Wetzler, Heule, Hunt 2014) is a list of clauses, each added to the formula or deleted from it, in the
// text form of the DIMACS family: literals and a 0, deletions after a `d`. A clause may be added if its negation
// leads to a conflict by unit propagation (RUP), or if that holds for every resolvent on its first literal (RAT).
// The proof is right if the empty clause can be added. Nothing here knows how the solver came to its clauses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/names.hpp"

namespace roundoff::analyzer {

using Clause = std::vector<int>;  ///< literals, not 0
struct Formula {
  int variables = 0;
  std::vector<Clause> clauses;
};

struct ProofCheck {
  bool accepted = false;
  std::string reason;  ///< why not: the number of the step that does not follow
  std::size_t added = 0, deleted = 0, by_resolvents = 0;
};

/// Checks every step in order.
ProofCheck check_drat(const Formula& formula, std::string_view proof);

}  // namespace roundoff::analyzer
