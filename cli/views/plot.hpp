// Charts as SVG: points, lines and phase diagrams over one or two logarithmic axes, nothing else. The drawing
// carries its own style, for light and dark, so that the same bytes stand in a page, in a README and alone.
// Every series has a colour and a marker of its own (colours after Okabe and Ito, readable by the
// colour-blind); what a point stands for is its tooltip.
#pragma once

#include <string>

#include "analyzer/report/chart.hpp"
#include "cli/names.hpp"

namespace roundoff::cli {

/// The whole drawing, 480 units wide, so that it can be read at the width of a phone. Coordinates have at
/// most two decimals, so that the bytes are the same everywhere.
std::string as_svg(const Chart& chart);

/// What is to be seen, and whether some of it is no proof.
std::string caption_text(const Chart& chart);

/// The points as CSV: series, kind, x, y, label.
std::string as_csv(const Chart& chart);

}  // namespace roundoff::cli
