// Table 1 as people, spreadsheets, programs and browsers read it. What is measured is analyzer/table1/table1.hpp.
#pragma once

#include <string>

#include "analyzer/table1/table1.hpp"
#include "cli/names.hpp"
#include "cli/shell/session.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/html.hpp"

namespace roundoff::cli {

/// A line a series: the paper's bound, the construction, its laws and their evidence.
Table summary_table(const Table1& table);
/// A line a point of a series.
Table points_table(const Series& series);
/// Every point of every series.
Table all_points_table(const Table1& table);

std::string title_of(const Cell& cell);  ///< "ADD, constant precision"
/// "measured at n = 2..32: width ...; bits ...; claimed width ...".
std::string laws_text(const Series& series);
std::string as_text(const Table1& table);
Json as_json(const Table1& table);
/// The table as a part of a page: summary, charts, and the points of every series with their counterexamples.
void add_to(html::Page& page, const Table1& table);

}  // namespace roundoff::cli
