// The data behind a report: every verdict of a store as a row, and the charts that follow from them. No
// drawing here: a chart says what is to be seen, a writer how it looks. The same store gives the same report
// on bytes.
#pragma once

#include <string>
#include <vector>

#include "analyzer/growth.hpp"
#include "analyzer/store.hpp"

namespace roundoff {

struct ReportRow {
  std::string key;
  Question question;
  std::string format;  ///< notation, or the policy as text where roles differ
  int bits = 0;
  Result result;
  std::string replay;  ///< shell command that shows the counterexample; "" without one
};

struct ChartSeries {
  /// `law`: a fitted curve; `bound`: a lower bound; `works` and `fails`: the two sides of a phase diagram.
  enum Kind : std::uint8_t { minima, law, bound, works, fails } kind = minima;
  std::string name;
  std::string note;  ///< the law's statement, the bound's condition
  struct Point {
    double x = 0, y = 0;
    std::string label;
  };
  std::vector<Point> points;  ///< by x
};

struct Chart {
  std::string id;  ///< for file names: "add-p2-width"
  std::string title;
  std::string x_label, y_label;
  bool log_x = false, log_y = false;
  std::string caption;
  std::vector<ChartSeries> series;
};

struct Report {
  std::vector<ReportRow> rows;  ///< by construction, settings, size, bits, key
  std::vector<Chart> charts;
};

Report make_report(const Store& store);

/// "roundoff run add-hinge --p 2 --n 8 --format 'fixed(6,0)' --round-weights '10000000+00000000='".
std::string replay_command(const Question& question, const Counterexample& counterexample);

}  // namespace roundoff
