// Lines of formats: of a format's two numbers a search moves one and holds the other.
#pragma once

#include <string>
#include <vector>

#include "analyzer/names.hpp"
#include "formats/format.hpp"

namespace roundoff::analyzer {

enum class Quantity : std::uint8_t;

/// The formats that differ from `through` in one number.
struct FormatLine {
  Format through;
  formats::Parameter moving = formats::Parameter::first;
  int least = 0;  ///< the smallest admissible value of the moving parameter
  int own = 0;    ///< its value in the family's own format: scans go at least as far

  Format at(int value) const { return through.with(moving, value); }
  /// `fixed(*,0):rnz`, for people.
  std::string label() const { return notation(through, moving, "*"); }
};

/// The lines to scan for a quantity, starting from the family's own format: of `bits` in fixed point a line
/// for each number of fraction bits up to `fractions`, or the family's own where that is more. UsageError
/// where it has no such parameter.
std::vector<FormatLine> format_lines(const Format& own, Quantity quantity, int fractions, int exponents);

}  // namespace roundoff::analyzer
