// The cells of Table 1: the paper's (Feng et al. 2024), and a row for whatever else the registry holds. What is measured and
// how is table1_plan.cpp and table1_series.cpp.
#include "analyzer/table1/table1.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/table1/table1_series.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

int size_of(const Series& series, const MeasuredPoint& point) {
  return series.variable == "k" ? point.size.k : point.size.n;
}

/// The point at one size, or null.
const MeasuredPoint* point_at(const Series& series, int size) {
  for (const MeasuredPoint& point : series.points)
    if (size_of(series, point) == size) return &point;
  return nullptr;
}

/// The cell speaks of the variable that its first series grows in. The series of the paper's construction is
/// the first that claims its theorem; the best one has the least width at the largest size that all reach,
/// with layers that do not grow.
void choose(Cell& cell) {
  if (cell.series.empty()) return;
  cell.variable = cell.series.front().variable;
  const auto eligible = [&](const Series& series) {
    return series.variable == cell.variable && !series.deepens && !series.points.empty();
  };
  std::vector<std::size_t> all;
  for (std::size_t s = 0; s < cell.series.size(); ++s)
    if (eligible(cell.series[s])) all.push_back(s);
  for (const std::size_t s : all)
    if (!cell.paper && cell.series[s].theorem.rfind("Feng et al.", 0) == 0) cell.paper = s;
  if (all.empty()) return;
  for (const MeasuredPoint& point : cell.series[all.front()].points) {
    const int size = size_of(cell.series[all.front()], point);
    const bool shared = std::all_of(all.begin(), all.end(),
                                    [&](std::size_t s) { return point_at(cell.series[s], size) != nullptr; });
    if (shared) cell.compared_at = std::max(cell.compared_at, size);
  }
  for (const std::size_t s : all) {
    const auto width = [&](std::size_t which) {
      return point_at(cell.series[which], cell.compared_at)->attempt.shape.width;
    };
    if (cell.compared_at > 0 && (!cell.best || width(s) < width(*cell.best))) cell.best = s;
  }
  if (!cell.best) return;
  const MeasuredPoint& point = cell.series[*cell.best].points.back();
  const Policy policy =
      policy_for(find_construction(point.attempt.construction), parse_format(point.attempt.format));
  cell.bounds = lower_bounds(*make_task(cell.task, point.size), policy, point.attempt.shape.layers);
}

/// The cell of a construction; rows outside the paper's table come behind it.
Cell& cell_of(Table1& table, const Construction& construction, bool ragged, const std::string& outside) {
  const TaskEntry& task = find_task(construction.task);
  std::string row(task.row.empty() ? task.name : task.row);
  if (ragged) row += " of operands of any length";
  const auto same = [&](const Cell& cell) {
    return cell.row == row && cell.regime == construction.regime && cell.outside == outside;
  };
  const auto known = std::find_if(table.cells.begin(), table.cells.end(), same);
  if (known != table.cells.end()) return *known;
  Cell cell;
  cell.row = row;
  cell.task = construction.task;
  cell.regime = construction.regime;
  cell.outside = outside;
  cell.remark = outside.empty() ? "not in the paper's table" : "outside the theorem: " + outside;
  table.cells.push_back(std::move(cell));
  return table.cells.back();
}

/// Series are independent, and most of the work of a verdict is recording its program, which is done by one
/// thread: so threads take series.
std::vector<Series> measure_all(const std::vector<SeriesPlan>& plans, const Table1Options& options) {
  std::vector<Series> measured(plans.size());
  std::mutex mutex;
  std::atomic<std::size_t> next{0};
  int done = 0;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < plans.size(); i = next++) {
      try {
        Table1Options each = options;
        each.threads = 1;
        each.progress = [&](const std::string& what, int, int) {
          const std::lock_guard lock(mutex);
          if (options.progress) options.progress(what, done, static_cast<int>(plans.size()));
        };
        measured[i] = measure_series(plans[i], each);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next = plans.size();
      }
      const std::lock_guard lock(mutex);
      ++done;
    }
  };
  const int wanted =
      options.threads > 0 ? options.threads : static_cast<int>(std::thread::hardware_concurrency());
  std::vector<std::thread> others;
  for (int t = 1; t < std::min(wanted, static_cast<int>(plans.size())); ++t) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  if (failure) std::rethrow_exception(failure);
  return measured;
}

std::string plan_text(const Table1Options& options) {
  return nlohmann::json{{"table1",
                         {{"p", options.p},
                          {"quick", options.quick},
                          {"seed", options.seed},
                          {"task", options.task},
                          {"work", options.work}}}}
      .dump();
}

}  // namespace

std::string paper_width(std::string_view task, Regime regime) {
  for (const PaperClaim& claim : find_task(task).claims)
    if (claim.regime == regime) return fmt::format("{} ({})", claim.width, claim.theorem);
  return "";
}

Table1 table1(const Table1Options& options) {
  Table1 table;
  table.quick = options.quick;
  table.p = options.p;
  table.task = options.task;
  if (options.store && !options.store->frozen()) options.store->keep_plan(plan_text(options));
  const auto wanted = [&](std::string_view task) { return options.task.empty() || options.task == task; };
  for (const TaskEntry& task : tasks()) {
    if (!wanted(task.name)) continue;
    for (const PaperClaim& claim : task.claims) {
      Cell cell;
      cell.row = task.row;
      cell.task = task.name;
      cell.regime = claim.regime;
      cell.paper_bound = claim.width;
      cell.paper_theorem = claim.theorem;
      table.cells.push_back(std::move(cell));
    }
  }
  std::vector<SeriesPlan> plans;
  for (const Construction& construction : all_constructions()) {
    if (!wanted(construction.task)) continue;
    for (SeriesPlan& plan : plan_series(construction, options.p, options.quick))
      plans.push_back(std::move(plan));
  }
  const auto interrupted = [&] { return options.interrupted && options.interrupted(); };
  std::vector<Series> measured = measure_all(plans, options);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const Construction& construction = *plans[i].construction;
    const Policy policy = policy_for(
        construction, FormatFamily(construction.family).at(make_task(construction.task, {})->bindings()));
    cell_of(table, construction, plans[i].base.ragged, outside_the_theorem(policy))
        .series.push_back(std::move(measured[i]));
  }
  for (Cell& cell : table.cells) {
    choose(cell);
    if (cell.series.empty() && cell.remark.empty())
      cell.remark = "no construction of this cell could be built";
  }
  table.interrupted = interrupted();
  return table;
}

std::vector<Table1> recall_tables(Store& store) {
  std::vector<Table1> tables;
  const bool frozen = store.frozen();
  store.freeze();
  for (const std::string& plan : store.plans()) {
    const nlohmann::json object = nlohmann::json::parse(plan, nullptr, false);
    if (!object.contains("table1")) continue;
    const nlohmann::json& asked = object.at("table1");
    Table1Options options;
    options.p = asked.at("p");
    options.quick = asked.at("quick");
    options.seed = asked.at("seed");
    options.task = asked.at("task");
    options.work = asked.at("work");
    options.store = &store;
    tables.push_back(table1(options));
  }
  if (!frozen) store.thaw();
  return tables;
}

std::vector<Chart> charts_of(const Table1& table) {
  std::vector<Chart> charts;
  for (const Cell& cell : table.cells) {
    for (const std::string_view variable : {"n", "k"}) {
      for (const bool widths : {true, false}) {
        Chart chart;
        const std::string precision = cell.regime == Regime::constant ? "constant" : "logarithmic";
        const std::string_view what = widths ? "width" : "bits";
        if (!widths && cell.regime == Regime::constant) continue;  // the format is given
        chart.id = fmt::format("table1-{}-p{}-{}-{}{}-{}", table.quick ? "quick" : "full", table.p, cell.task,
                               precision, cell.outside.empty() ? "" : "-outside", what);
        chart.title = fmt::format("{}, base {}, {} precision{}: {} against {}", cell.row, table.p, precision,
                                  cell.outside.empty() ? "" : " (outside the theorem)", what, variable);
        chart.x_label = variable == "n" ? "n (digits per operand)" : "k (operands)";
        chart.y_label = widths ? "width" : "bits of the format";
        chart.log_x = true;
        chart.log_y = widths;
        chart.caption = "Points are built and verified models; dashed lines are the laws fitted to them.";
        if (variable == "k") chart.id += "-k";
        for (const Series& series : cell.series) {
          if (series.variable != variable) continue;
          std::vector<ChartSeries::Point> points;
          for (const MeasuredPoint& point : series.points) {
            const Attempt& best = point.attempt;
            if (!widths && !point.scanned) continue;
            points.push_back({static_cast<double>(variable == "k" ? point.size.k : point.size.n),
                              static_cast<double>(widths ? best.shape.width : best.bits), best.format,
                              best.result});
          }
          add_measured(chart, series.label, std::move(points), widths ? series.width.law : series.bits);
        }
        if (!chart.series.empty()) charts.push_back(std::move(chart));
      }
    }
  }
  return charts;
}

}  // namespace roundoff::analyzer
