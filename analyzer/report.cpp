// Rows and charts from a store. Verdicts are grouped by what makes them comparable (task, base, digits a
// token, operands); within a group, minima over formats and settings give the curves, and all verdicts
// together the phase diagrams.
#include "analyzer/report.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "analyzer/bounds.hpp"

namespace roundoff {
namespace {

using Rows = std::vector<const ReportRow*>;

std::string settings_text(const Settings& settings) {
  std::string text;
  for (const auto& [knob, value] : settings)
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", knob, value);
  return text;
}

auto order(const ReportRow& row) {
  const Question& q = row.question;
  return std::make_tuple(q.task, q.construction, settings_text(q.settings), q.size.p, q.size.c, q.size.k,
                         q.size.l, q.size.n, row.bits, row.key);
}

/// Whether the constructions of this group grow in k at fixed n rather than in n.
double size_of(const ReportRow& row, bool in_k) { return in_k ? row.question.size.k : row.question.size.n; }

/// The least `value` of the rows that pass, by size.
std::map<double, std::pair<double, const ReportRow*>> minima(
    const Rows& rows, bool in_k, const std::function<double(const ReportRow&)>& value) {
  std::map<double, std::pair<double, const ReportRow*>> least;
  for (const ReportRow* row : rows) {
    if (!passes(row->result.verdict)) continue;
    const double x = size_of(*row, in_k), y = value(*row);
    const auto [found, fresh] = least.try_emplace(x, y, row);
    if (!fresh && y < found->second.first) found->second = {y, row};
  }
  return least;
}

std::string evidence(const ReportRow& row) {
  return fmt::format("{} {}: {} ({})", row.question.construction, row.format, name(row.result.verdict),
                     row.result.method);
}

/// Minima of every construction, with the law fitted to each.
Chart minima_chart(const std::string& id, const std::string& title,
                   const std::map<std::string, Rows>& constructions, bool in_k, const std::string& y_label,
                   Errors errors, const std::function<double(const ReportRow&)>& value) {
  Chart chart;
  chart.id = id;
  chart.title = title;
  chart.x_label = in_k ? "k (operands)" : "n (digits per operand)";
  chart.y_label = y_label;
  chart.log_x = true;
  chart.log_y = errors == Errors::relative;
  for (const auto& [construction, rows] : constructions) {
    ChartSeries points;
    points.name = construction;
    std::vector<Observation> observations;
    for (const auto& [x, best] : minima(rows, in_k, value)) {
      points.points.push_back({x, best.first, evidence(*best.second)});
      if (best.first > 0) observations.push_back({x, best.first});
    }
    if (points.points.empty()) continue;
    GrowthOptions options;
    options.variable = in_k ? "k" : "n";
    options.errors = errors;
    const GrowthLaw law = fit_growth(observations, options);
    points.note = law.statement;
    chart.series.push_back(points);
    if (law.fits.empty()) continue;
    ChartSeries curve;
    curve.kind = ChartSeries::law;
    curve.name = construction;
    curve.note = law.statement;
    for (const ChartSeries::Point& point : points.points)
      curve.points.push_back(
          {point.x, evaluate(law.fits.front(), point.x), formula(law.fits.front(), options.variable)});
    chart.series.push_back(std::move(curve));
  }
  return chart;
}

/// The counting bound under the least bits that worked at each size.
ChartSeries counting_bound(const Rows& rows, bool in_k) {
  ChartSeries series;
  series.kind = ChartSeries::bound;
  series.name = "lower bound (counting)";
  for (const auto& [x, best] :
       minima(rows, in_k, [](const ReportRow& row) { return row.question.shape.width; })) {
    const Question& question = best.second->question;
    const Bound bound =
        lower_bounds(*make_task(question.task, question.size), question.policy, question.shape.layers)
            .front();
    series.points.push_back({x, bound.value, bound.statement});
    series.note = bound.condition;
  }
  return series;
}

/// Success and failure of one construction in the plane of two numbers.
Chart phase_chart(const std::string& id, const std::string& title, const Rows& rows,
                  const std::string& x_label, const std::string& y_label,
                  const std::function<double(const ReportRow&)>& x,
                  const std::function<double(const ReportRow&)>& y) {
  Chart chart;
  chart.id = id;
  chart.title = title;
  chart.x_label = x_label;
  chart.y_label = y_label;
  for (const bool passing : {true, false}) {
    ChartSeries series;
    series.kind = passing ? ChartSeries::works : ChartSeries::fails;
    series.name = passing ? "works" : "fails";
    for (const ReportRow* row : rows) {
      if (row->result.verdict == Verdict::unknown || passes(row->result.verdict) != passing) continue;
      std::string label = evidence(*row);
      if (row->result.counterexample) label += ": " + row->result.counterexample->input;
      series.points.push_back({x(*row), y(*row), std::move(label)});
    }
    std::stable_sort(series.points.begin(), series.points.end(),
                     [](const auto& a, const auto& b) { return std::tie(a.x, a.y) < std::tie(b.x, b.y); });
    chart.series.push_back(std::move(series));
  }
  return chart;
}

/// Whether a phase diagram shows anything: both outcomes, or at least two values of each number.
bool worth_showing(const Chart& chart) {
  std::map<double, int> xs, ys;
  bool both = true;
  for (const ChartSeries& series : chart.series) {
    both &= !series.points.empty();
    for (const auto& point : series.points) {
      ++xs[point.x];
      ++ys[point.y];
    }
  }
  return both && ys.size() > 1 && xs.size() > 1;
}

void charts_of_group(const std::string& name, const std::string& title, const Rows& rows,
                     std::vector<Chart>& charts) {
  std::map<std::string, Rows> constructions;
  std::map<int, int> ns, ks;
  for (const ReportRow* row : rows) {
    constructions[row->question.construction.empty() ? "model " + row->question.model.substr(0, 8)
                                                     : row->question.construction]
        .push_back(row);
    ++ns[row->question.size.n];
    ++ks[row->question.size.k];
  }
  const bool in_k = rows.front()->question.task == "iteradd" && ns.size() == 1 && ks.size() > 1;
  const auto width = [](const ReportRow& row) { return static_cast<double>(row.question.shape.width); };
  const auto bits = [](const ReportRow& row) { return static_cast<double>(row.bits); };
  const auto size = [in_k](const ReportRow& row) { return size_of(row, in_k); };
  if (std::max(ns.size(), ks.size()) > 1) {
    Chart widths = minima_chart(name + "-width", title + ": least width that works", constructions, in_k,
                                "width", Errors::relative, width);
    widths.series.push_back(counting_bound(rows, in_k));
    charts.push_back(std::move(widths));
    charts.push_back(minima_chart(name + "-bits", title + ": least bits that work", constructions, in_k,
                                  "bits", Errors::absolute, bits));
  }
  for (const auto& [construction, members] : constructions) {
    Chart phase = phase_chart(fmt::format("{}-{}-phase", name, construction),
                              fmt::format("{}, {}: bits against size", title, construction), members,
                              in_k ? "k" : "n", "bits", size, bits);
    if (worth_showing(phase)) charts.push_back(std::move(phase));
  }
  // Width against bits at the largest size that several settings were tried at.
  std::map<double, Rows> by_size;
  for (const ReportRow* row : rows) by_size[size(*row)].push_back(row);
  for (auto it = by_size.rbegin(); it != by_size.rend(); ++it) {
    Chart trade =
        phase_chart(fmt::format("{}-trade", name),
                    fmt::format("{}: width against bits at {} = {}", title, in_k ? "k" : "n", it->first),
                    it->second, "bits", "width", bits, width);
    if (!worth_showing(trade)) continue;
    charts.push_back(std::move(trade));
    break;
  }
}

}  // namespace

std::string replay_command(const Question& question, const Counterexample& counterexample) {
  if (question.construction.empty()) return "";
  const TaskSize& size = question.size;
  std::string command = fmt::format("roundoff run {} --p {} --n {}", question.construction, size.p, size.n);
  if (question.task == "iteradd") command += fmt::format(" --k {}", size.k);
  if (size.l != 0) command += fmt::format(" --l {}", size.l);
  if (size.c != 1) command += fmt::format(" --c {}", size.c);
  if (size.ragged) command += " --ragged";
  for (const auto& [knob, value] : question.settings) command += fmt::format(" --set {}={}", knob, value);
  if (question.policy.is_uniform())
    command += fmt::format(" --format '{}'", notation(question.policy.formats.front()));
  if (question.policy.softmax == Softmax::plain) command += " --softmax plain";
  if (question.policy.order.kind != SumOrder::sequential)
    command += fmt::format(" --order {}", notation(question.policy.order));
  if (question.policy.dot == DotMode::fused) command += " --fma";
  if (question.policy.dot == DotMode::exact_dot) command += " --exact-dot";
  return command + fmt::format(" --round-weights '{}'", counterexample.input);
}

Report make_report(const Store& store) {
  Report report;
  for (const Store::Entry& entry : store.list()) {
    ReportRow row{entry.key, question_from(entry.question), "", 0, result_from(entry.answer), ""};
    const Policy& policy = row.question.policy;
    row.format = policy.is_uniform() ? notation(policy.formats.front()) : text(policy);
    row.bits = policy[Role::activations].bits;
    if (row.result.counterexample) row.replay = replay_command(row.question, *row.result.counterexample);
    report.rows.push_back(std::move(row));
  }
  std::sort(report.rows.begin(), report.rows.end(),
            [](const ReportRow& a, const ReportRow& b) { return order(a) < order(b); });

  struct Group {
    std::string title;
    Rows rows;
  };
  std::map<std::string, Group> groups;
  for (const ReportRow& row : report.rows) {
    const TaskSize& size = row.question.size;
    std::string id = fmt::format("{}-p{}", row.question.task, size.p);
    std::string title = fmt::format("{}, base {}", row.question.task, size.p);
    if (size.c != 1) {
      id += fmt::format("-c{}", size.c);
      title += fmt::format(", {} digits a token", size.c);
    }
    if (size.ragged) {
      id += "-ragged";
      title += ", ragged";
    }
    if (const std::string outside = outside_the_theorem(row.question.policy); !outside.empty()) {
      id += "-outside";
      title += " (outside the theorem)";
    }
    Group& group = groups[id];
    group.title = title;
    group.rows.push_back(&row);
  }
  for (const auto& [id, group] : groups) charts_of_group(id, group.title, group.rows, report.charts);
  return report;
}

}  // namespace roundoff
