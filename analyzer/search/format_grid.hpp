// Formats as points of a grid: a notation with two parameters, of which a search moves one along a line.
#pragma once

#include <string>
#include <vector>

#include "analyzer/names.hpp"
#include "formats/format.hpp"

namespace roundoff::analyzer {

enum class Quantity : std::uint8_t;

/// Formats with one parameter moving and the other fixed.
struct FormatLine {
  std::string prefix, suffix;  ///< the notation before and after the moving parameter: "fixed(" and ",0):rnz"
  int least = 0;               ///< the smallest admissible value of the moving parameter
  int own = 0;                 ///< its value in the family's own format: scans go at least as far

  std::string at(int value) const { return prefix + std::to_string(value) + suffix; }
  std::string label(const std::string& letter) const { return prefix + letter + suffix; }
};

/// The lines to scan for a quantity, starting from the family's own format: of `bits` in fixed point a line
/// for each number of fraction bits up to `fractions`, or the family's own where that is more. UsageError
/// where it has no such parameter.
std::vector<FormatLine> format_lines(const Format& own, Quantity quantity, int fractions, int exponents);

}  // namespace roundoff::analyzer
