// The page of table1: the table, the plots, the evidence, and how to repeat each counterexample.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/html.hpp"
#include "cli/minima.hpp"
#include "cli/table1_view.hpp"

namespace roundoff::cli {
namespace {

/// The measured points, and the fitted law as a curve between the first and the last of them.
void add(Plot& plot, const std::string& label, const GrowthLaw& law) {
  if (law.points.empty()) return;
  Curve points{label, {}, false};
  for (const Observation& point : law.points) points.points.emplace_back(point.x, point.y);
  plot.curves.push_back(std::move(points));
  if (law.fits.empty()) return;
  const LawFit& fit = law.fits.front();
  Curve curve{formula(fit, law.variable), {}, true};
  const double from = law.points.front().x, to = law.points.back().x;
  constexpr int steps = 48;
  for (int i = 0; i <= steps; ++i) {
    const double x = from * std::pow(to / from, static_cast<double>(i) / steps);
    const double y = evaluate(fit, x);
    if (y > 0) curve.points.emplace_back(x, y);
  }
  plot.curves.push_back(std::move(curve));
}

void add_figures(html::Page& page, const std::string& title, const std::string& file,
                 const std::vector<const Cell*>& cells) {
  Plot bits{title + ": least bits of the number format", "sequence length N", "bits", true, false, {}};
  for (const std::string variable : {"n", "k"}) {
    Plot width{title + ": width", variable == "n" ? "digits n" : "operands k", "width", true, true, {}};
    for (const Cell* cell : cells) {
      for (const Series& series : cell->series) {
        if (series.variable != variable) continue;
        add(width, series.label, series.width);
        add(bits, series.label, series.bits);
      }
    }
    if (!width.curves.empty())
      page.figure(width, "Points are measured, dashed lines are the fitted laws.",
                  file + "-width-" + variable);
  }
  if (!bits.curves.empty())
    page.figure(bits, "Points are measured, dashed lines are the fitted laws.", file + "-bits");
}

void add_cell(html::Page& page, const Cell& cell) {
  page.heading(title_of(cell));
  if (!cell.paper_bound.empty())
    page.paragraph(fmt::format("In the paper: width {} ({}).", cell.paper_bound, cell.paper_theorem));
  if (!cell.remark.empty()) page.paragraph(cell.remark);
  for (const Series& series : cell.series) {
    page.paragraph(fmt::format("{}, {}. Width: {}. Bits: {}.", series.label, series.theorem,
                               series.width.statement, series.bits.statement));
    if (!series.points.empty()) page.table(points_table(series), series.label, series.construction);
    // the last counterexample of the series stands for the others: the table names them all
    for (auto point = series.points.rbegin(); point != series.points.rend(); ++point) {
      const Attempt* below = most_telling(pointers(point->below));
      const std::string line = below == nullptr ? "" : replay_line(*below, point->size, Choices{});
      if (line.empty()) continue;
      page.paragraph("One step below, again:");
      page.command(line);
      break;
    }
  }
  for (const Bound& bound : cell.bounds)
    if (bound.applies) page.paragraph(fmt::format("Lower bound: {} ({}).", bound.statement, bound.source));
}

}  // namespace

std::string as_page(const Table1& table, int base, const Session& session) {
  html::Page page(
      fmt::format("How many bits, and how wide? Base {}", base),
      "The smallest number formats and the smallest transformers that were found to compute a task, by "
      "running them "
      "bit for bit in those formats. Every figure has its evidence, and a counterexample one step below it.");
  page.table(summary_table(table), "Table 1 of Feng et al. (arXiv:2410.13857), measured", "table1");
  std::vector<std::string> tasks;
  for (const Cell& cell : table.cells) {
    if (std::find(tasks.begin(), tasks.end(), cell.task) != tasks.end()) continue;
    tasks.push_back(cell.task);
    std::vector<const Cell*> cells;
    for (const Cell& each : table.cells)
      if (each.task == cell.task) cells.push_back(&each);
    add_figures(page, cell.row, cell.task, cells);
  }
  for (const Cell& cell : table.cells) add_cell(page, cell);
  return page.finish(provenance(session));
}

}  // namespace roundoff::cli
