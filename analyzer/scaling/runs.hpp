// Runs of training as a table: what a law is fitted to.
#pragma once

#include <string>
#include <vector>

#include "analyzer/scaling/precision_law.hpp"

namespace roundoff::analyzer {

struct ScalingRun {
  ScalingSetting setting;
  double loss = 0;
};

/// Of CSV with a header line: columns N, D, loss, and P_w, P_a, P_kv, P_post where there are any, in any order; an empty cell
/// is full precision, other columns are not read. FileError that names `path`, the line and the column for anything else.
std::vector<ScalingRun> parse_runs(const std::string& text, const std::string& path);

}  // namespace roundoff::analyzer
