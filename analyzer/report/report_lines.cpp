// Verdicts are comparable when they speak of one task, base, digits a token and operands, and are all inside
// or all outside the theorem. Along such a line, minima over formats and settings give the curves, and all
// verdicts together the phase diagrams.
#include "analyzer/report/report_lines.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analyzer/laws/width_law.hpp"
#include "constructions/families/model_family.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

using Rows = std::vector<const ReportRow*>;
using Number = std::function<double(const ReportRow&)>;

double width_of(const ReportRow& row) { return row.question.shape.width; }
double bits_of(const ReportRow& row) { return row.bits; }

ChartSeries::Point point_of(const ReportRow& row, double x, double y) {
  return {x, y, fmt::format("{} in {}", row.name, row.format), row.result};
}

/// The rows of a line that the charts compare.
struct Line {
  std::string id, title, variable;
  Rows rows;
  std::map<std::string, Rows> constructions;

  double size(const ReportRow& row) const {
    return variable == "k" ? row.question.size.k : row.question.size.n;
  }
  std::string label() const { return variable == "k" ? "k (operands)" : "n (digits per operand)"; }
};

/// The row of least `value` among those that pass, by size.
std::map<double, const ReportRow*> minima(const Line& line, const Rows& rows, const Number& value) {
  std::map<double, const ReportRow*> least;
  for (const ReportRow* row : rows) {
    if (!passes(row->result.verdict)) continue;
    const auto [found, fresh] = least.try_emplace(line.size(*row), row);
    if (!fresh && value(*row) < value(*found->second)) found->second = row;
  }
  return least;
}

using Least = std::map<double, const ReportRow*>;
using LawOf = std::function<GrowthLaw(const Line&, const Least&)>;

GrowthOptions growth_options(const Line& line, Errors errors) {
  GrowthOptions options;
  options.variable = line.variable;
  options.errors = errors;
  if (line.variable == "k") options.roots = {1, 2, 3};
  return options;
}
GrowthLaw width_law(const Line& line, const Least& least) {
  std::vector<ShapeAt> points;
  for (const auto& [x, row] : least) points.push_back({x, row->question.shape});
  return fit_width(std::move(points), growth_options(line, Errors::relative)).law;
}
GrowthLaw bits_law(const Line& line, const Least& least) {
  std::vector<Observation> points;
  for (const auto& [x, row] : least) points.push_back({x, bits_of(*row)});
  return fit_growth(points, growth_options(line, Errors::absolute));
}

/// None where the task cannot be made here: its file is gone, or names a program, which no report runs.
std::vector<Bound> bounds_of(const Question& question) {
  try {
    return lower_bounds(*make_task(question.task, question.size), question.policy, question.shape.layers);
  } catch (const UsageError&) {
    return {};
  } catch (const FileError&) {
    return {};
  }
}

/// The counting bound under the narrowest row of every size.
void add_counting_bound(const Line& line, Chart& chart) {
  ChartSeries series;
  series.kind = ChartSeries::bound;
  series.name = "lower bound on d_model (counting)";
  for (const auto& [x, row] : minima(line, line.rows, width_of)) {
    const std::vector<Bound> bounds = bounds_of(row->question);
    if (bounds.empty() || !(bounds.front().value > 0)) continue;
    const Bound& bound = bounds.front();
    series.points.push_back({x, bound.value, bound.statement});
    series.note = bound.condition;
  }
  chart.series.push_back(std::move(series));
}

/// `what`: width, which spreads over orders of magnitude, or bits.
Chart minima_chart(const Line& line, const std::string& what, const Number& value, const LawOf& law) {
  Chart chart;
  chart.id = line.id + "-" + what;
  chart.title = fmt::format("{}: least {} that works", line.title, what);
  chart.x_label = line.label();
  chart.y_label = what;
  chart.log_x = true;
  chart.log_y = what == "width";
  chart.caption = "Points are the least that passed; dashed lines are the laws fitted to them.";
  for (const auto& [construction, rows] : line.constructions) {
    const auto least = minima(line, rows, value);
    std::vector<ChartSeries::Point> points;
    for (const auto& [x, row] : least) points.push_back(point_of(*row, x, value(*row)));
    add_measured(chart, construction, std::move(points), law(line, least));
  }
  return chart;
}

/// Success and failure in the plane of two numbers.
Chart phase_chart(const std::string& id, const std::string& title, const Rows& rows,
                  const std::string& x_label, const std::string& y_label, const Number& x, const Number& y) {
  Chart chart;
  chart.id = id;
  chart.title = title;
  chart.x_label = x_label;
  chart.y_label = y_label;
  for (const bool passing : {true, false}) {
    ChartSeries series;
    series.kind = passing ? ChartSeries::works : ChartSeries::fails;
    series.name = passing ? "works" : "refuted";
    std::map<std::pair<double, double>, ChartSeries::Point> points;
    for (const ReportRow* row : rows) {
      if (row->result.verdict == Verdict::unknown || passes(row->result.verdict) != passing) continue;
      points.try_emplace({x(*row), y(*row)}, point_of(*row, x(*row), y(*row)));
    }
    for (auto& [at, point] : points) series.points.push_back(std::move(point));
    chart.series.push_back(std::move(series));
  }
  std::size_t shared = 0;
  for (const ChartSeries::Point& works : chart.series[0].points)
    for (const ChartSeries::Point& fails : chart.series[1].points)
      shared += works.x == fails.x && works.y == fails.y ? 1 : 0;
  chart.caption = shared > 0
                      ? "Dots work, crosses are refuted; where both stand, some settings or formats of these "
                        "bits work and others do not."
                      : "Dots work, crosses are refuted.";
  return chart;
}

/// Whether a phase diagram shows anything: both outcomes, and at least two values of each number.
bool worth_showing(const Chart& chart) {
  std::set<double> xs, ys;
  for (const ChartSeries& series : chart.series) {
    if (series.points.empty()) return false;
    for (const auto& point : series.points) {
      xs.insert(point.x);
      ys.insert(point.y);
    }
  }
  return ys.size() > 1 && xs.size() > 1;
}

/// Rows of one kind of format that no other of them undercuts.
Rows pareto(const Rows& rows) {
  const auto key = [](const ReportRow& row) {
    const Format& format = row.question.policy.formats.front();
    return std::make_tuple(row.question.shape.width, format.first, format.second);
  };
  const auto below = [&](const ReportRow& a, const ReportRow& b) {
    const auto [a0, a1, a2] = key(a);
    const auto [b0, b1, b2] = key(b);
    return a0 <= b0 && a1 <= b1 && a2 <= b2 && key(a) != key(b);
  };
  Rows result;
  for (const ReportRow* row : rows) {
    if (!passes(row->result.verdict) || !row->question.policy.is_uniform()) continue;
    const bool fixed = row->question.policy.formats.front().is_fixed();
    const bool undercut = std::any_of(rows.begin(), rows.end(), [&](const ReportRow* other) {
      return passes(other->result.verdict) && other->question.policy.is_uniform() &&
             other->question.policy.formats.front().is_fixed() == fixed && below(*other, *row);
    });
    const bool repeated = std::any_of(result.begin(), result.end(), [&](const ReportRow* other) {
      return key(*other) == key(*row) && other->question.policy.formats.front().is_fixed() == fixed;
    });
    if (!undercut && !repeated) result.push_back(row);
  }
  std::stable_sort(result.begin(), result.end(),
                   [&](const ReportRow* a, const ReportRow* b) { return key(*a) < key(*b); });
  return result;
}

std::string span_text(std::string_view what, const std::map<double, const ReportRow*>& least,
                      const Number& value) {
  double low = 1e300, high = 0;
  for (const auto& [x, row] : least) {
    low = std::min(low, value(*row));
    high = std::max(high, value(*row));
  }
  return low == high ? fmt::format("{} {:.0f}", what, low)
                     : fmt::format("{} {:.0f}..{:.0f}", what, low, high);
}

std::vector<ReportLaw> laws_of(const Line& line) {
  std::vector<ReportLaw> laws;
  for (const auto& [construction, rows] : line.constructions) {
    const auto widths = minima(line, rows, width_of), bits = minima(line, rows, bits_of);
    ReportLaw law;
    law.construction = construction;
    for (const ReportRow* row : rows) law.evidence.add(row->result);
    const std::string& registered = rows.front()->question.construction;
    if (is_model_family(registered)) law.theorem = "model files";
    if (!registered.empty() && !is_model_family(registered)) {
      const Construction& known = find_construction(registered);
      law.theorem = known.theorem;
      law.paper = paper_width(known.task, known.regime);
    }
    if (widths.empty()) {
      law.range = "nothing passed";
      laws.push_back(std::move(law));
      continue;
    }
    std::vector<double> sizes;
    for (const auto& [x, row] : widths) sizes.push_back(x);
    law.sizes = fmt::format("{} = {:g}", line.variable, fmt::join(sizes, ", "));
    law.range = span_text("bits", bits, bits_of) + ", " + span_text("width", widths, width_of);
    law.width = width_law(line, widths);
    law.bits = bits_law(line, bits);
    laws.push_back(std::move(law));
  }
  return laws;
}

ReportLine report_of(const Line& line) {
  ReportLine result;
  result.id = line.id;
  result.title = line.title;
  result.variable = line.variable;
  result.laws = laws_of(line);
  const auto least = minima(line, line.rows, width_of);
  if (!least.empty()) {
    Chart widths = minima_chart(line, "width", width_of, width_law);
    add_counting_bound(line, widths);
    result.charts.push_back(std::move(widths));
    result.charts.push_back(minima_chart(line, "bits", bits_of, bits_law));
    const ReportRow& best = *least.rbegin()->second;
    result.bounds_of = fmt::format("{} at {} = {:g}", best.name, line.variable, least.rbegin()->first);
    result.bounds = bounds_of(best.question);
  }
  const auto size = [&line](const ReportRow& row) { return line.size(row); };
  for (const auto& [construction, members] : line.constructions) {
    Chart phase = phase_chart(fmt::format("{}-{}-phase", line.id, construction),
                              fmt::format("{}, {}: bits against {}", line.title, construction, line.variable),
                              members, line.label(), "bits", size, bits_of);
    if (worth_showing(phase)) result.charts.push_back(std::move(phase));
  }
  std::map<double, Rows> by_size;
  for (const ReportRow* row : line.rows) by_size[line.size(*row)].push_back(row);
  bool traded = false;
  for (auto it = by_size.rbegin(); it != by_size.rend(); ++it) {
    if (!traded) {
      Chart trade = phase_chart(
          line.id + "-trade",
          fmt::format("{}: width against bits at {} = {:g}", line.title, line.variable, it->first),
          it->second, "bits", "width", bits_of, width_of);
      if (worth_showing(trade)) {
        result.charts.push_back(std::move(trade));
        traded = true;
      }
    }
    if (result.frontier.empty()) {
      Rows frontier = pareto(it->second);
      if (frontier.size() > 1) {
        result.frontier = std::move(frontier);
        result.frontier_size = it->first;
      }
    }
  }
  return result;
}

}  // namespace

std::vector<ReportLine> lines_of(const std::vector<ReportRow>& rows) {
  struct Group {
    std::string title;
    std::map<int, std::set<int>> ns_at, ks_at;  ///< the n at each k, the k at each n
    Rows rows;
  };
  std::map<std::string, Group> groups;
  for (const ReportRow& row : rows) {
    if (row.question.semantics != semantics_version) continue;
    const TaskSize& size = row.question.size;
    std::string id = fmt::format("{}-p{}", row.question.task, size.p);
    std::string title = fmt::format("{}, base {}", row.question.task, size.p);
    const auto add = [&](bool when, const std::string& tag, const std::string& words) {
      if (!when) return;
      id += "-" + tag;
      title += ", " + words;
    };
    add(size.c != 1, fmt::format("c{}", size.c), fmt::format("{} digits a token", size.c));
    const bool square = size.l == size.n;
    add(square, "l-is-n", "l = n");
    add(size.l != 0 && !square, fmt::format("l{}", size.l), fmt::format("l = {}", size.l));
    add(size.ragged, "ragged", "ragged");
    add(!outside_the_theorem(row.question.policy).empty(), "outside", "outside the theorem");
    Group& group = groups[id];
    group.title = title;
    group.ns_at[size.k].insert(size.n);
    group.ks_at[size.n].insert(size.k);
    group.rows.push_back(&row);
  }
  std::vector<ReportLine> lines;
  for (const auto& [id, group] : groups) {
    const auto add = [&, &name = id, &from = group](const std::string& variable, int fixed, bool tagged) {
      const std::string other = variable == "k" ? "n" : "k";
      Line line;
      line.id = tagged ? fmt::format("{}-{}{}", name, other, fixed) : name;
      line.title = tagged ? fmt::format("{}, {} = {}", from.title, other, fixed) : from.title;
      line.variable = variable;
      for (const ReportRow* row : from.rows) {
        const TaskSize& size = row->question.size;
        if ((variable == "k" ? size.n : size.k) != fixed) continue;
        line.rows.push_back(row);
        line.constructions[row->question.construction.empty() ? row->name : row->question.construction]
            .push_back(row);
      }
      lines.push_back(report_of(line));
    };
    // Two sizes are a line unless both lie on longer ones across.
    const auto shown = [](const std::set<int>& sizes, const std::map<int, std::set<int>>& across) {
      return sizes.size() > 2 || (sizes.size() == 2 && std::any_of(sizes.begin(), sizes.end(), [&](int size) {
                                    return across.at(size).size() < 3;
                                  }));
    };
    for (const auto& [k, ns] : group.ns_at)
      if (shown(ns, group.ks_at)) add("n", k, group.ns_at.size() > 1);
    for (const auto& [n, ks] : group.ks_at)
      if (shown(ks, group.ns_at)) add("k", n, group.ks_at.size() > 1);
  }
  return lines;
}

}  // namespace roundoff::analyzer
