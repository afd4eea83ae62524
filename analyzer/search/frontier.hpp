// The frontier of a construction at one size: every (width, integer bits, fraction bits) with which it works
// and below which nothing that was tried works. For floats the two are exponent and significand bits.
#pragma once

#include <string>
#include <vector>

#include "analyzer/search/minimise.hpp"

namespace roundoff::analyzer {

struct FrontierPoint {
  int width = 0;
  int first = 0,
      second = 0;  ///< the notation's parameters: integer and fraction bits, exponent and significand
  Attempt attempt;
};

struct Frontier {
  TaskSize size;
  std::string first_name, second_name;  ///< "integer bits", "fraction bits"
  std::vector<FrontierPoint> points;    ///< Pareto-minimal, by (width, first, second)
  std::vector<Scan> scans;  ///< everything that was tried: one scan a setting and second parameter
  bool interrupted = false;
};

/// Uses the first of options.sizes and the scan ranges of `minimise`; `quantity` is ignored.
Frontier frontier(std::span<const Construction* const> constructions, const MinimiseOptions& options);

/// Whether a is at most b in all three, and differs.
bool dominates(const FrontierPoint& a, const FrontierPoint& b);

}  // namespace roundoff::analyzer
