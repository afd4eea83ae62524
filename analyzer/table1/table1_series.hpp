// Series of Table 1: which constructions, settings and sizes are measured, and the measuring.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzer/table1/table1.hpp"

namespace roundoff::analyzer {

/// One setting of a construction, to be measured along one variable.
struct SeriesPlan {
  const Construction* construction = nullptr;
  std::string label, variable;
  Settings settings;  ///< held fixed; in constant precision the other knobs are scanned for the least width
  TaskSize base;
  std::vector<std::string> deepest;  ///< knobs that are at their most at every size
  bool deepens = false;              ///< so that the number of layers grows
  std::vector<int> roots = {1};      ///< of the exponential laws in question
};

/// The series of a construction at base p, under its own semantics.
std::vector<SeriesPlan> plan_series(const Construction& construction, int p, bool quick);

Series measure_series(const SeriesPlan& plan, const Table1Options& options);

}  // namespace roundoff::analyzer
