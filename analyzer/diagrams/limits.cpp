#include "analyzer/diagrams/limits.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

constexpr std::array<std::string_view, 21> names = {"none",
                                                    "interrupted",
                                                    "time",
                                                    "steps",
                                                    "nodes",
                                                    "memory",
                                                    "states",
                                                    "tuples",
                                                    "column_sums",
                                                    "special_values",
                                                    "exact_bits",
                                                    "stochastic",
                                                    "no_specification",
                                                    "other_layout",
                                                    "positions",
                                                    "unbounded_order",
                                                    "repeats",
                                                    "unmasked",
                                                    "nothing_covered",
                                                    "not_stored",
                                                    "cancelled"};

}  // namespace

std::string_view name(Reason reason) { return names[static_cast<std::size_t>(reason)]; }

Reason parse_reason(std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) throw FileError(fmt::format("'{}' is no reason known here", text));
  return static_cast<Reason>(found - names.begin());
}

bool grants_more(const Limits& limits, const Obstacle& obstacle) {
  switch (obstacle.reason) {
    case Reason::time:
      return limits.seconds > obstacle.limit;
    case Reason::steps:
      return limits.steps == 0 || limits.steps > obstacle.limit;
    case Reason::nodes:
      return static_cast<double>(limits.nodes) > obstacle.limit;
    case Reason::states:
      return static_cast<double>(limits.states) > obstacle.limit;
    case Reason::memory:
      return static_cast<double>(limits.megabytes) > obstacle.limit;
    default:
      return false;
  }
}

}  // namespace roundoff::analyzer
