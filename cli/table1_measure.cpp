// The cells of Table 1 and how each is measured: all constructions of the task in the regime, every candidate
// verified.
#include <array>

#include "cli/ranges.hpp"
#include "cli/table1.hpp"

namespace roundoff::cli {
namespace {

constexpr std::array cells = {
    Cell{"add", Regime::constant, "O(n^2)", "theorem 4.1", "2..64*2", "2..64*2", "2"},
    Cell{"iteradd", Regime::constant, "superpolynomial", "theorem 4.2", "2", "2", "2..6"},
    Cell{"mul", Regime::constant, "superpolynomial", "theorem 4.3", "1..3", "1..4", "2"},
    Cell{"add", Regime::logarithmic, "O(1)", "theorem 5.1", "2..64*2", "2..64*2", "2"},
    Cell{"iteradd", Regime::logarithmic, "O(1)", "theorem 5.2", "4", "4", "2..16*2"},
    Cell{"mul", Regime::logarithmic, "O(n^2)", "theorem 5.3", "2..8*2", "2..16*2", "2"},
};

/// Width against the size for one construction: the first success of its scan at every size.
WidthCurve curve_of(const Construction& construction, const Minimisation& widths) {
  WidthCurve curve{std::string(construction.name), construction.width, construction.theorem, {}};
  std::vector<Observation> points;
  for (const Minimum& minimum : widths.minima)
    for (const Scan& scan : minimum.scans)
      if (scan.label == construction.name && scan.first)
        points.push_back({widths.law.variable == "k" ? static_cast<double>(minimum.size.k) : minimum.size.n,
                          static_cast<double>(scan.attempts[*scan.first].value)});
  GrowthOptions options;
  options.variable = widths.law.variable;
  options.errors = Errors::relative;
  curve.law = fit_growth(points, options);
  return curve;
}

}  // namespace

std::span<const Cell> table1_cells() { return cells; }

std::string_view name(Regime regime) { return regime == Regime::constant ? "constant" : "logarithmic"; }

MeasuredCell measure(const Cell& cell, const Table1Options& options) {
  MeasuredCell measured;
  measured.cell = &cell;
  const auto constructions = constructions_of(cell.task, cell.regime);
  if (constructions.empty()) return measured;
  MinimiseOptions how;
  const std::string sizes(!options.sizes.empty() ? options.sizes
                                                 : std::string(options.full ? cell.full : cell.sizes));
  for (const int n : parse_range("--n", sizes))
    for (const int k : parse_range("--k", std::string(cell.operands)))
      how.sizes.push_back({.p = options.p, .n = n, .k = k});
  how.verify = options.verify;
  how.store = options.store;
  how.progress = options.progress;
  how.growth.seed = options.verify.seed;
  how.fractions = 0;
  how.quantity = Quantity::bits;
  measured.bits = minimise(constructions, how);
  how.quantity = Quantity::width;
  measured.width = minimise(constructions, how);
  for (const Construction* construction : constructions)
    measured.curves.push_back(curve_of(*construction, measured.width));
  if (cell.regime == Regime::constant) {
    how.quantity = Quantity::significand;
    how.format = FormatFamily("F(0,1)");
    measured.papers_format = minimise(constructions, how);
  }
  return measured;
}

}  // namespace roundoff::cli
