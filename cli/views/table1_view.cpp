#include "cli/views/table1_view.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/views/evidence.hpp"
#include "cli/views/minimisation.hpp"

namespace roundoff::cli {
namespace {

/// "n = 2..32".
std::string sizes_text(const Series& series) {
  const auto value = [&](const MeasuredPoint& point) {
    return series.variable == "k" ? point.size.k : point.size.n;
  };
  return fmt::format("{} = {}..{}", series.variable, value(series.points.front()),
                     value(series.points.back()));
}

/// "n = 16": where the widths are compared.
std::string compared_text(const Cell& cell) {
  return fmt::format("{} = {}", cell.variable, cell.compared_at);
}

}  // namespace

std::string title_of(const Cell& cell) {
  return fmt::format("{}, {} precision{}", cell.row,
                     cell.regime == Regime::constant ? "constant" : "logarithmic",
                     cell.outside.empty() ? "" : ", outside the theorem");
}

std::string laws_text(const Series& series) {
  if (series.points.empty()) return "not measured: " + series.stopped;
  std::string text = fmt::format("measured at {}: width {}; bits {}", sizes_text(series),
                                 series.width.law.statement, series.bits.statement);
  if (series.claimed)
    text += fmt::format("; claimed width, equal to the built one at every point, to {} = {:g}: {}",
                        series.variable, series.claimed->points.back().x, series.claimed->statement);
  return text;
}

std::string evidence_summary(const Series& series) {
  EvidenceCounts counts;
  for (const MeasuredPoint& point : series.points) counts.add(point.attempt.result);
  return counts_text(counts);
}

Table summary_table(const Table1& table) {
  Table summary{{{"cell", "cell", false},
                 {"paper_bound", "width in the paper", false},
                 {"construction", "construction", false},
                 {"role", "", false},
                 {"sizes", "sizes", false},
                 {"width_law", "width", false},
                 {"claimed_law", "claimed width, large sizes", false},
                 {"bits_law", "bits", false},
                 {"evidence", "evidence (points)", false}},
                {}};
  for (const Cell& cell : table.cells) {
    const std::string bound =
        cell.paper_bound.empty() ? cell.remark : fmt::format("{} ({})", cell.paper_bound, cell.paper_theorem);
    if (cell.series.empty())
      summary.rows.push_back({title_of(cell), bound, "-", "", "", "", "", "", cell.remark});
    for (std::size_t s = 0; s < cell.series.size(); ++s) {
      const Series& series = cell.series[s];
      const std::string best = cell.best == s ? "best at " + compared_text(cell) : "";
      const std::string role = cell.paper != s ? best : best.empty() ? "paper's" : "paper's, " + best;
      if (series.points.empty()) {
        summary.rows.push_back({title_of(cell), bound, series.label, role, "", "", "", "", series.stopped});
        continue;
      }
      summary.rows.push_back({title_of(cell), bound, series.label, role, sizes_text(series),
                              law_text(series.width.law), series.claimed ? law_text(*series.claimed) : "-",
                              law_text(series.bits), evidence_summary(series)});
    }
  }
  return summary;
}

Table points_table(const Series& series) {
  Table table{{{"n", "n", true},
               {"k", "k", true},
               {"N", "N", true},
               {"bits", "bits", true},
               {"width", "width", true},
               {"format", "format", false},
               {"scanned", "scanned", false},
               {"knobs", "knobs", false},
               {"evidence", "evidence", false},
               {"below", "one step below", false}},
              {}};
  for (const MeasuredPoint& point : series.points) {
    const Attempt& best = point.attempt;
    table.rows.push_back({std::to_string(point.size.n), std::to_string(point.size.k), count_text(point.N), std::to_string(best.bits),
                          std::to_string(best.shape.width),
                          best.format, point.scanned ? "yes" : "no, its own",
                          settings_text(best.settings), evidence_text(best.result),
                          below_text(pointers(point.below), best)});
  }
  return table;
}

Table all_points_table(const Table1& table) {
  Table all;
  for (const Cell& cell : table.cells) {
    for (const Series& series : cell.series) {
      const Table points = points_table(series);
      if (all.columns.empty()) {
        all.columns = {{"cell", "", false}, {"series", "", false}};
        all.columns.insert(all.columns.end(), points.columns.begin(), points.columns.end());
      }
      for (auto row : points.rows) {
        row.insert(row.begin(), {title_of(cell), series.label});
        all.rows.push_back(std::move(row));
      }
    }
  }
  return all;
}

std::string as_text(const Table1& table) {
  std::string text;
  for (const Cell& cell : table.cells) {
    text += fmt::format(
        "== {}; in the paper: {}\n", title_of(cell),
        cell.paper_bound.empty() ? "-" : fmt::format("width {} ({})", cell.paper_bound, cell.paper_theorem));
    for (std::size_t s = 0; s < cell.series.size(); ++s) {
      const Series& series = cell.series[s];
      text += fmt::format("\n{}{}{}  [{}]\n", series.label, cell.paper == s ? ", the paper's" : "",
                          cell.best == s ? ", the best here, by the width at " + compared_text(cell) : "",
                          series.theorem);
      if (!series.points.empty()) text += as_text(points_table(series));
      text += laws_text(series) + '\n';
      if (series.deepens) text += "its layers grow with the size: not what the theorem speaks of\n";
      if (!series.stopped.empty() && !series.points.empty()) text += "stopped at " + series.stopped + '\n';
      for (const MeasuredPoint& point : series.points)
        for (const std::string& exception : point.exceptions)
          text += fmt::format("not monotone at n={}: {} fails above the minimum\n", point.size.n, exception);
    }
    if (!cell.remark.empty()) text += cell.remark + '\n';
    for (const Bound& bound : cell.bounds)
      if (bound.applies) text += fmt::format("lower bound: {} ({})\n", bound.statement, bound.source);
    text += '\n';
  }
  return text;
}

Json as_json(const Table1& table) {
  Json cells = Json::array();
  for (const Cell& cell : table.cells) {
    Json all = Json::array(), bounds = Json::array();
    for (const Series& series : cell.series) {
      Json points = Json::array();
      for (const MeasuredPoint& point : series.points) {
        Json below = Json::array();
        for (const Attempt& attempt : point.below) below.push_back(as_json(attempt, point.size));
        points.push_back({{"n", point.size.n},
                          {"k", point.size.k},
                          {"p", point.size.p},
                          {"N", count_json(point.N)},
                          {"scanned", point.scanned},
                          {"best", as_json(point.attempt, point.size)},
                          {"below", std::move(below)},
                          {"exceptions", point.exceptions}});
      }
      Json parts = Json::object();
      for (const WidthPart& part : series.width.parts) parts[part.name] = as_json(part.law);
      all.push_back({{"construction", series.construction},
                     {"label", series.label},
                     {"theorem", series.theorem},
                     {"variable", series.variable},
                     {"points", std::move(points)},
                     {"width", as_json(series.width.law)},
                     {"width_parts", std::move(parts)},
                     {"widest_part", series.width.widest},
                     {"bits", as_json(series.bits)},
                     {"claimed_width", series.claimed ? as_json(*series.claimed) : Json()},
                     {"layers_grow", series.deepens},
                     {"stopped", series.stopped}});
    }
    for (const Bound& bound : cell.bounds)
      bounds.push_back({{"name", bound.name},
                        {"statement", bound.statement},
                        {"source", bound.source},
                        {"quantity", bound.quantity},
                        {"value", bound.value},
                        {"applies", bound.applies},
                        {"condition", bound.condition}});
    cells.push_back({{"row", cell.row},
                     {"task", cell.task},
                     {"regime", cell.regime == Regime::constant ? "constant" : "logarithmic"},
                     {"outside_the_theorem", cell.outside},
                     {"variable", cell.variable},
                     {"paper", {{"width", cell.paper_bound}, {"theorem", cell.paper_theorem}}},
                     {"paper_series", cell.paper ? Json(*cell.paper) : Json()},
                     {"best_series", cell.best ? Json(*cell.best) : Json()},
                     {"best_compared_at", cell.compared_at},
                     {"series", std::move(all)},
                     {"lower_bounds", std::move(bounds)},
                     {"remark", cell.remark}});
  }
  return {{"p", table.p},
          {"quick", table.quick},
          {"cells", std::move(cells)},
          {"interrupted", table.interrupted}};
}

}  // namespace roundoff::cli
