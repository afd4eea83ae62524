// How a program lies in lanes: one container for every value, and for every operation a way of doing it that
// the lane kernels promise to be exact. Where there is none, the program is run by the reference.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/lanes/lanes.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/names.hpp"

namespace roundoff::sim {

/// Whether every member of `inner` is a member of `outer` (a kernel of `outer` may then read it).
bool contains(const Format& outer, const Format& inner);

/// A tabulated function on a grid: entry j is the result at base + j * 2^step. Arguments that the map leaves
/// out get some member. Empty where the map has an argument off any small grid (NaN, infinite, too far
/// apart).
struct Grid {
  Value base;
  int step = 0;
  std::vector<Value> results;
};
Grid grid_of(const std::vector<std::pair<Value, Value>>& map);

struct LaneLayout {
  Container container = Container::f64;
  Isa isa = Isa::scalar;
  std::vector<std::unique_ptr<LaneKernels>>
      kernels;  ///< by format of the program; null where no operation rounds to it
  std::vector<std::unique_ptr<LaneKernels>> wide;  ///< by reduction, in f64: of wide(G); else null
  std::string obstacle;                            ///< why it cannot be done, or ""
};

/// Never throws for a program that lanes cannot run: it says so in `obstacle`. UsageError for an option that
/// does not fit.
LaneLayout lay_out(const Program& program, const LaneOptions& options);

}  // namespace roundoff::sim
