// From the rows of a report to its lines: laws, charts, frontier and bounds.
#pragma once

#include <vector>

#include "analyzer/report/report.hpp"

namespace roundoff::analyzer {

/// Rows that differ in n alone (at one k), or in k alone (at one n), are a line; a line has at least two
/// sizes, and three where those two lie on lines of three sizes in the other direction.
std::vector<ReportLine> lines_of(const std::vector<ReportRow>& rows);

}  // namespace roundoff::analyzer
