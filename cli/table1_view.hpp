// Table 1 as people, spreadsheets, programs and browsers read it. What is measured is analyzer/table1.hpp.
#pragma once

#include <string>

#include "analyzer/table1.hpp"
#include "cli/answer.hpp"
#include "cli/session.hpp"

namespace roundoff::cli {

/// A line a cell: the paper's bound, the paper's construction and the best one as measured.
Table summary_table(const Table1& table);
/// A line a point of a series.
Table points_table(const Series& series);
/// Every point of every series.
Table all_points_table(const Table1& table);

std::string title_of(const Cell& cell);  ///< "ADD, constant precision"
std::string as_text(const Table1& table);
Json as_json(const Table1& table);
std::string as_page(const Table1& table, int base, const Session& session);

}  // namespace roundoff::cli
