// The paper's Table 1, measured: for each task and precision regime the paper's bound, the paper's
// construction and the best one known here as they were measured, the laws that the measurements follow, and
// lower bounds where there are any. The rows come from the registry: a new construction is measured without a
// line here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/bounds/bounds.hpp"
#include "analyzer/laws/growth.hpp"
#include "analyzer/laws/width_law.hpp"
#include "analyzer/report/chart.hpp"
#include "analyzer/search/minimise.hpp"
#include "analyzer/store/store.hpp"

namespace roundoff::analyzer {

/// One size of a series: the least format (logarithmic precision) or the least width (constant precision)
/// that works.
struct MeasuredPoint {
  TaskSize size;
  double N = 0;
  Attempt attempt;      ///< what works
  bool scanned = true;  ///< else the construction's own format alone was tried: a width, but no least bits
  std::vector<Attempt> below;           ///< what fails one step below, with its counterexample
  std::vector<std::string> exceptions;  ///< failures above the minimum, as "fixed(9,0)"
};

/// One construction (with a setting of its knobs) measured over sizes.
struct Series {
  std::string construction;
  std::string theorem;
  std::string label;     ///< "add-match D=2", "n = 2, k grows"
  std::string variable;  ///< n or k: what grows
  bool deepens = false;  ///< the number of layers grows with the variable: not what the theorems speak of
  std::vector<MeasuredPoint> points;
  WidthLaw width;  ///< of the built and verified models
  GrowthLaw bits;  ///< of the scanned points
  /// Of the width formula that the construction claims, over sizes far beyond those that can be run. Only
  /// where it gives the built width at every measured point.
  std::optional<GrowthLaw> claimed;
  std::string stopped;  ///< why there are no larger sizes: the limit on work, or that nothing worked
};

struct Cell {
  std::string row;  ///< "ADD", "IterADD", "MUL", or the task's name for rows outside the table
  std::string task;
  Regime regime = Regime::constant;
  std::string outside;      ///< why its verdicts are outside the theorems ("exact sums ..."), or ""
  std::string variable;     ///< that the cell speaks of: k for IterADD, else n
  std::string paper_bound;  ///< "O(n^2)"; "" outside the paper's table
  std::string paper_theorem;
  std::vector<Series> series;
  std::optional<std::size_t> paper;  ///< the series of the paper's construction
  /// Of a constant number of layers: the least width at the largest size that all of these reach.
  std::optional<std::size_t> best;
  int compared_at = 0;        ///< that size
  std::vector<Bound> bounds;  ///< at the best series' largest size
  std::string remark;         ///< why there is nothing to measure, outside the theorem, ...
};

struct Table1 {
  int p = 2;
  std::string task;  ///< the rows of this task alone, or ""
  std::vector<Cell> cells;
  bool quick = true;
  bool interrupted = false;
};

struct Table1Options {
  bool quick = true;  ///< within 2 minutes on 2 cores; else as far as an hour goes
  double work = 0;    ///< rounded operations a verdict may take before a series stops; 0: as the form has it
  std::string task;   ///< this row alone; "" for all
  int p = 2;
  std::uint64_t seed = 1;
  int threads = 0;
  Store* store = nullptr;
  std::function<void(const std::string& what, int done, int of)> progress;
  std::function<bool()> interrupted;
};

/// Also keeps in the store what the table was asked for, so that a report can show it again.
Table1 table1(const Table1Options& options);

/// The tables that a store was filled for, made again from its verdicts alone: what is not there is not
/// asked.
std::vector<Table1> recall_tables(Store& store);

/// The width that the paper's Table 1 states for a task, with the theorem: "O(n^2) (theorem 4.1)"; "" where
/// it has no such cell.
std::string paper_width(std::string_view task, Regime regime);

/// What there is to see: width and bits of every row, with laws and lower bounds.
std::vector<Chart> charts_of(const Table1& table);

}  // namespace roundoff::analyzer
