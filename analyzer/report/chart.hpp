// Charts as data: what is to be seen, not how it looks. Reports and Table 1 make them, one writer (cli/plot)
// draws them, and the same chart gives the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/evidence/evidence.hpp"
#include "analyzer/laws/growth.hpp"

namespace roundoff::analyzer {

struct ChartSeries {
  /// `measured`: points that stand for verdicts; `law`: a fitted curve, which belongs to the measured series
  /// before it; `bound`: a lower bound, or the paper's upper bound where the name says so; `works` and
  /// `fails`: the two sides of a phase diagram.
  enum Kind : std::uint8_t { measured, law, bound, works, fails } kind = measured;
  std::string name;
  std::string note;  ///< the law's statement, the bound's condition
  struct Point {
    double x = 0, y = 0;
    std::string label;                    ///< what stands there
    std::optional<Result> evidence = {};  ///< and what it rests on
  };
  std::vector<Point> points;  ///< by x
};

struct Chart {
  std::string id;  ///< for file names: "add-p2-width"
  std::string title;
  std::string x_label, y_label;
  bool log_x = false, log_y = false;  ///< base 2; all values must then be positive
  std::string caption;
  std::vector<ChartSeries> series;
};

/// Measured points, and the curve of the law that fits best between the first and the last of them.
void add_measured(Chart& chart, std::string name, std::vector<ChartSeries::Point> points,
                  const GrowthLaw& law);

}  // namespace roundoff::analyzer
