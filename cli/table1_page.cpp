// The page of table1: the table, the plots, the evidence, and how to repeat each counterexample.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/html.hpp"
#include "cli/minima.hpp"
#include "cli/session.hpp"
#include "cli/table1.hpp"

namespace roundoff::cli {
namespace {

std::string title_of(const Cell& cell) {
  std::string task(cell.task);
  for (char& c : task) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return fmt::format("{}, {} precision", task, name(cell.regime));
}

/// A fitted law as a curve between the first and the last point.
Series curve(const GrowthLaw& law, bool logarithmic) {
  Series series{"", {}, true};
  if (law.fits.empty()) return series;
  const double from = law.points.front().x, to = law.points.back().x;
  constexpr int steps = 48;
  for (int i = 0; i <= steps; ++i) {
    const double t = static_cast<double>(i) / steps;
    const double x = logarithmic ? from * std::pow(to / from, t) : from + (to - from) * t;
    const double y = evaluate(law.fits.front(), x);
    if (y > 0) series.points.emplace_back(x, y);
  }
  series.name = formula(law.fits.front(), law.variable);
  return series;
}

Series points(std::string label, const GrowthLaw& law) {
  Series series{std::move(label), {}, false};
  for (const Observation& point : law.points) series.points.emplace_back(point.x, point.y);
  return series;
}

void add(Plot& plot, std::string label, const GrowthLaw& law) {
  if (law.points.empty()) return;
  plot.series.push_back(points(std::move(label), law));
  if (law.fits.size() > 0) plot.series.push_back(curve(law, plot.log_x));
}

}  // namespace

std::string table1_page(const std::vector<MeasuredCell>& cells, const Table1Options& options,
                        const Session& session) {
  html::Page page(
      fmt::format("How many bits, and how wide? Base {}", options.p),
      "The smallest number formats and the smallest transformers that were found to compute a task, by "
      "running them bit "
      "for bit in those formats. Every figure has its evidence, and a counterexample one step below it.");
  Table summary{{{"task", "cell", false},
                 {"bound", "width in the paper", false},
                 {"width", "least width measured", false},
                 {"bits", "least bits measured", false}},
                {}};
  Plot bits{"Least bits of the number format", "", "bits", true, false, {}};
  Plot widths{"Width of each construction", "", "width", true, true, {}};
  std::string_view task;
  bool one_task = true;
  for (const MeasuredCell& measured : cells) {
    const Cell& cell = *measured.cell;
    one_task = one_task && (task.empty() || task == cell.task);
    task = cell.task;
    if (measured.empty()) {
      summary.rows.push_back(
          {title_of(cell), fmt::format("{} ({})", cell.bound, cell.theorem), "no construction yet", ""});
      continue;
    }
    summary.rows.push_back({title_of(cell), fmt::format("{} ({})", cell.bound, cell.theorem),
                            measured.width.law.statement, measured.bits.law.statement});
  }
  page.table(summary, "Table 1, measured", "table1");
  for (const MeasuredCell& measured : cells) {
    if (measured.empty()) continue;
    const std::string prefix = one_task ? std::string(name(measured.cell->regime)) : title_of(*measured.cell);
    bits.x_label = measured.bits.law.variable == "N" ? "sequence length N" : measured.bits.law.variable;
    add(bits, prefix + " precision", measured.bits.law);
    widths.x_label = measured.width.law.variable == "k" ? "operands k" : "digits n";
    for (const WidthCurve& each : measured.curves) add(widths, each.construction, each.law);
  }
  page.figure(bits, "Dashed: the fitted law.", "bits");
  page.figure(widths, "At the least knobs that do. Dashed: the fitted law.", "width");
  for (const MeasuredCell& measured : cells) {
    if (measured.empty()) continue;
    const std::string file = fmt::format("{}-{}", measured.cell->task, name(measured.cell->regime));
    page.heading(title_of(*measured.cell));
    page.paragraph("Bits: " + measured.bits.law.statement + ".");
    page.table(as_table(measured.bits), "Least bits", file + "-bits");
    page.paragraph("Width: " + measured.width.law.statement + ".");
    page.table(as_table(measured.width), "Least width, in the constructions' own formats", file + "-width");
    if (measured.papers_format)
      page.table(as_table(*measured.papers_format), "Least s of the paper's format F(0,s)",
                 file + "-papers-format");
    for (const Minimisation* each : {&measured.bits, &measured.width})
      for (const Minimum& minimum : each->minima)
        for (const Attempt* below : minimum.below())
          if (const std::string line = replay_line(*below, minimum.size, Policy{}); !line.empty()) {
            page.paragraph(fmt::format("n = {}, {} {}, a step below: the counterexample again",
                                       minimum.size.n, name(each->quantity), below->value));
            page.command(line);
          }
  }
  return page.finish(provenance(session));
}

}  // namespace roundoff::cli
