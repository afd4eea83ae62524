// A minimisation as people, spreadsheets and programs read it: per size the minimum, the evidence for it,
// what happens one step below, exceptions to monotonicity, and the growth law.
#pragma once

#include <string>

#include "analyzer/minimise.hpp"
#include "cli/answer.hpp"

namespace roundoff::cli {

Table as_table(const Minimisation& found);
/// The table, with what lies below each minimum, exceptions and the law in words.
std::string as_text(const Minimisation& found, const Policy& semantics);
Json as_json(const Minimisation& found, const Policy& semantics);

/// Why the candidate one step below does not do: "01+01= gives 000, right is 010", "refused: ...", "-" where
/// there is none.
std::string below_text(const Minimum& minimum);
/// The command that repeats a failing candidate's counterexample, or "" where it has none.
std::string replay_line(const Attempt& attempt, const TaskSize& size, const Policy& semantics);

}  // namespace roundoff::cli
