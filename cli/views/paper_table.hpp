// Table 1 as the paper prints it: three rows, two columns, and in every cell what the paper claims, the least width that
// was found here, the paper's own construction, and what carries these figures.
#pragma once

#include <string>
#include <vector>

#include "analyzer/report/chart.hpp"
#include "analyzer/table1/table1.hpp"
#include "cli/names.hpp"
#include "cli/views/answer.hpp"

namespace roundoff::cli {

struct PaperCell {
  std::string claim;  ///< "O(n^2) (theorem 4.1)"
  std::string best;   ///< "width 43 at n = 24 by add-dnf"; "" where nothing was measured
  std::string law;  ///< how that width grows, by the construction's formula where it has one that was checked
  std::string
      paper;  ///< the paper's construction at the same size; "" where it is the best, or not built here
  std::string mark;  ///< "all inputs", "families and samples", "both"; "" where nothing was measured
};

struct PaperRow {
  std::string name;  ///< ADD
  PaperCell constant, logarithmic;
};

/// The rows that the paper has, of those that were measured; there may be none.
std::vector<PaperRow> paper_rows(const Table1& table);

/// Columns side by side, at most 80 characters wide.
std::string paper_text(const Table1& table);
/// One row a cell: task, precision, claim, best, law, paper, evidence.
Table paper_table(const Table1& table);
/// As the paper prints it: a row a task, a column a precision; lines of a cell end in line feeds.
Table paper_grid(const Table1& table);
/// A picture a row: both precisions' least widths.
std::vector<Chart> paper_charts(const Table1& table);
/// A tabular for LaTeX, with booktabs.
std::string paper_latex(const Table1& table);
/// What was found, in a sentence or two; "" where no cell was measured.
std::string found_text(const Table1& table);

}  // namespace roundoff::cli
