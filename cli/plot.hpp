// Plots as SVG: points and lines over one or two logarithmic axes, nothing else. The drawing carries its own
// style, for light and dark, so that the same bytes stand in a page, in a README and alone. Every curve has
// a colour and a marker of its own (colours after Okabe and Ito, readable by the colour-blind).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace roundoff::cli {

struct Curve {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< by increasing x
  bool law = false;  ///< a fitted curve: dashed, without markers, in the colour of the curve before it
};

struct Plot {
  std::string title;
  std::string x_label, y_label;
  bool log_x = false, log_y = false;  ///< base 2; all values must be positive
  std::vector<Curve> curves;
};

/// The whole drawing, 640 units wide, scaled by its container. Numbers are printed with at most two decimals,
/// so that the bytes are the same everywhere.
std::string as_svg(const Plot& plot);

/// The curves as CSV: curve, x, y.
std::string as_csv(const Plot& plot);

}  // namespace roundoff::cli
