// What each site of a model did to numbers while it ran at once, and the first number of each kind that a reader
// should know of (sim/tensors/statistics.hpp), in every form.
#pragma once

#include <string>

#include "cli/names.hpp"
#include "cli/views/answer.hpp"
#include "sim/tensors/statistics.hpp"

namespace roundoff::cli {

/// By layer, then by site; what is of no layer and comes last stands last.
Table as_table(const Statistics& statistics);
Json as_json(const Statistics& statistics);

/// "note: meets NaN (first: logits at position 1, index 1: inf - inf; 2 in all), ..." or "". One line. `prompts`: more
/// than one, so that the first one's number is said. `weight`: what is said of a weight beyond the format, or "".
std::string mishaps_text(const Statistics& statistics, bool prompts = false, const std::string& weight = "");
/// {"nan": {"first", "layer", "site", "prompt", "pos", "value", "operands", "count"?}, "infinity", "overflow",
/// "saturation"}: those that there are.
Json mishaps_json(const Statistics& statistics);

/// JSON has no infinity and no NaN: they are strings, as in the number notation.
Json number_json(double x);

}  // namespace roundoff::cli
