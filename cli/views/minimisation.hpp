// A minimisation as people, spreadsheets and programs read it: per size the minimum, the evidence for it,
// what happens one step below, exceptions to monotonicity, and the growth law.
#pragma once

#include <string>

#include "analyzer/search/minimise.hpp"
#include "cli/names.hpp"
#include "cli/views/answer.hpp"

namespace roundoff::cli {

/// The layer's format as the one to search from, and the rest as what is chosen beside it. UsageError where it
/// names every role, so that there is no format left to search.
void set_policy(PolicyLayer layer, MinimiseOptions& options);
/// What a search holds fixed, and how it asks: {"format": null where it is the design's own, "policy": {...},
/// "settings": {...}, "asked": {...}}.
Json held_json(const MinimiseOptions& options);

Table as_table(const Minimisation& found);
/// The table, with what lies below each minimum, exceptions and the law in words.
std::string as_text(const Minimisation& found);
/// "n=4", of a task without digits "k=4".
std::string size_text(const Minimisation& found, const TaskSize& size);
Json as_json(const Minimisation& found);

/// Why the candidates one step below `best` do not do: "fixed(3,0): 01+01= gives 000, right is 010",
/// "window=2: refused: ...",
/// "-" where there is none.
std::string below_text(const std::vector<const Attempt*>& below, const Attempt& best);

/// The failing candidate that says most: one with a counterexample before one that was refused, then the one
/// of greatest value. Null for none.
const Attempt* most_telling(const std::vector<const Attempt*>& attempts);
/// Where nothing succeeds, the last thing that was tried, and why it does not: "fixed(9,0): refused: ...". "-" where
/// nothing was tried.
std::string last_text(const std::vector<Scan>& scans);
std::vector<const Attempt*> pointers(const std::vector<Attempt>& attempts);
/// "01+01= gives 000, right is 010", or "refused: ...".
std::string failure_text(const Attempt& attempt);
std::string settings_text(const Settings& settings);  ///< "D=2 window=3"
Json as_json(const Attempt& attempt, const TaskSize& size);
Json as_json(const GrowthLaw& law);
/// Short, for tables: "linear: 3*n + 28", "linear or logarithmic (undecided)", "too few points".
std::string law_text(const GrowthLaw& law);
/// The command that repeats a failing candidate's counterexample, or "" where it has none.
std::string replay_line(const Attempt& attempt, const TaskSize& size);

}  // namespace roundoff::cli
