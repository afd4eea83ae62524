// What every chart has in common: points with the law fitted to them.
#include "analyzer/report/chart.hpp"

#include <utility>

#include "formats/functions/steady.hpp"

namespace roundoff::analyzer {

void add_measured(Chart& chart, std::string name, std::vector<ChartSeries::Point> points,
                  const GrowthLaw& law) {
  if (points.empty()) return;
  ChartSeries measured;
  measured.name = std::move(name);
  measured.note = law.statement;
  measured.points = std::move(points);
  chart.series.push_back(std::move(measured));
  if (law.fits.empty()) return;
  const LawFit& fit = law.fits.front();
  ChartSeries curve;
  curve.kind = ChartSeries::law;
  curve.name = "law: " + formula(fit, law.variable);
  if (!law.decided) curve.name += " (not decided)";
  curve.note = law.statement;
  constexpr int steps = 48;
  const double from = law.points.front().x, to = law.points.back().x;
  for (int i = 0; i <= steps; ++i) {
    const double x = from * steady_exp2(steady_log2(to / from) * i / steps);
    const double y = evaluate(fit, x);
    if (y > 0) curve.points.push_back({x, y, ""});
  }
  chart.series.push_back(std::move(curve));
}

}  // namespace roundoff::analyzer
