// The data behind a report: every verdict of a store as a row, the tables that the store was filled for, and
// what follows from all verdicts together, line by line. No drawing here. The same verdicts give the same
// report on bytes, in whatever order they came into the store.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/bounds/bounds.hpp"
#include "analyzer/report/chart.hpp"
#include "analyzer/store/store.hpp"
#include "analyzer/table1/table1.hpp"

namespace roundoff::analyzer {

struct ReportRow {
  std::string key;
  Question question;
  std::string name;    ///< the construction with its knobs, or "model 1f2e3d4c"
  std::string format;  ///< format_of the question
  int bits = 0;
  Result result;
  std::string replay;  ///< shell command that shows the counterexample; "" without one
};

/// What one construction needs along a line.
struct ReportLaw {
  std::string construction, theorem;
  std::string paper;  ///< width in the paper for this task and precision, or ""
  std::string sizes;  ///< "n = 2, 3, 4"
  std::string range;  ///< "bits 5..12, width 16"
  GrowthLaw width, bits;
  EvidenceCounts evidence;
};

/// Verdicts of one task and base along one variable: n at fixed k, or k at fixed n.
struct ReportLine {
  std::string id, title;
  std::string variable;  ///< n or k
  std::vector<ReportLaw> laws;
  std::vector<Chart> charts;
  /// At the largest size where several formats or widths work: rows that no other row undercuts in width and
  /// both parameters of its format.
  double frontier_size = 0;
  std::vector<const ReportRow*> frontier;
  std::string bounds_of;  ///< which model the bounds speak of
  std::vector<Bound> bounds;
};

struct Report {
  /// Rows kept under other versions of the semantics are listed as such, and nothing follows from them.
  std::vector<ReportRow> rows;  ///< by task, construction, settings, size, bits, key
  std::vector<Table1> tables;   ///< from the store's verdicts alone
  std::vector<ReportLine> lines;
  std::string digest;  ///< of all questions and answers: the same in two stores that say the same
};

/// What cannot be read is left out, and told.
Report make_report(Store& store, const Store::Warn& warn = {});

}  // namespace roundoff::analyzer
