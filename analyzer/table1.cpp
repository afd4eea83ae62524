// Measuring the cells of Table 1. A series climbs a ladder of sizes until the next one would take more work
// than the form of the table allows; work is counted in rounded operations, never in seconds, so that the
// table is the same on every machine.
#include "analyzer/table1.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff {
namespace {

struct PaperCell {
  std::string_view row, task;
  Regime regime;
  std::string_view bound, theorem;
};

/// Feng et al. 2024, Table 1.
constexpr std::array paper_cells = {
    PaperCell{"ADD", "add", Regime::constant, "O(n^2)", "theorem 4.1"},
    PaperCell{"ADD", "add", Regime::logarithmic, "O(1)", "theorem 5.1"},
    PaperCell{"IterADD", "iteradd", Regime::constant, "superpolynomial", "theorem 4.2"},
    PaperCell{"IterADD", "iteradd", Regime::logarithmic, "O(1)", "theorem 5.2"},
    PaperCell{"MUL", "mul", Regime::constant, "superpolynomial", "theorem 4.3"},
    PaperCell{"MUL", "mul", Regime::logarithmic, "O(n^2)", "theorem 5.3"},
};

/// How much work the two forms of the table put into a point, and into which sizes.
struct Effort {
  double operations;  ///< per point, at most
  double enumerate;   ///< inputs
  std::uint64_t samples;
  std::size_t adversarial;
  double certify_seconds;
  int widest_scan;  ///< knob settings tried per size
};
constexpr Effort quick_effort = {1e9, 1 << 13, 1024, 512, 0, 16};
constexpr Effort full_effort = {3e12, 1 << 22, 100000, 4096, 60, 128};

const std::vector<int> rungs = {2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128};

/// One setting of a construction, to be measured along one variable.
struct Plan {
  const Construction* construction;
  std::string label, variable;
  Settings settings;
  TaskSize base;
  std::vector<int> roots = {1};  ///< of the exponential laws in question
};

class Measurer {
 public:
  explicit Measurer(const Table1Options& options)
      : options_(options), effort_(options.quick ? quick_effort : full_effort) {
    if (options.work > 0) effort_.operations = options.work;
  }

  Series measure(const Plan& plan) {
    Series series{std::string(plan.construction->name),
                  std::string(plan.construction->theorem),
                  plan.label,
                  plan.variable,
                  {},
                  {},
                  {},
                  {}};
    for (const int rung : rungs) {
      if (interrupted()) {
        series.stopped = "interrupted";
        break;
      }
      TaskSize size = plan.base;
      (plan.variable == "k" ? size.k : size.n) = rung;
      if (!possible(plan, size)) continue;
      const double work = work_of(plan, size);
      if (work > effort_.operations) {
        series.stopped =
            fmt::format("{} = {}: {:.2g} rounded operations a verdict, beyond the {:.2g} of this form",
                        plan.variable, rung, work, effort_.operations);
        break;
      }
      if (std::optional<MeasuredPoint> point = measure(plan, size)) {
        series.points.push_back(std::move(*point));
      } else if (!interrupted()) {
        series.stopped = fmt::format("{} = {}: nothing in range works", plan.variable, rung);
      }
    }
    if (series.points.empty() && series.stopped.empty())
      series.stopped = "it cannot be built at any size tried";
    fit(series, plan.roots);
    return series;
  }

  bool interrupted() const { return options_.interrupted && options_.interrupted(); }

 private:
  VerifyOptions verify_options() const {
    VerifyOptions verify;
    verify.method = Method::automatic;
    verify.count = effort_.samples;
    verify.seed = options_.seed;
    verify.adversarial = effort_.adversarial;
    verify.at_once = effort_.enumerate;
    verify.exhaustive_limit = effort_.enumerate;
    verify.certify_seconds = effort_.certify_seconds;
    verify.threads = options_.threads;
    verify.interrupted = options_.interrupted;
    return verify;
  }

  /// Whether the construction exists at this size with these settings (a code of 3 coordinates needs 4
  /// positions).
  static bool possible(const Plan& plan, const TaskSize& size) {
    try {
      const std::unique_ptr<Task> task = make_task(plan.construction->task, size);
      const Policy policy =
          policy_for(*plan.construction, FormatFamily(plan.construction->family).at(task->bindings()));
      return plan.construction->refuses(size, policy, complete(*plan.construction, size, plan.settings))
          .empty();
    } catch (const UsageError&) {
      return false;
    }
  }

  /// Rounded operations of one verdict.
  double work_of(const Plan& plan, const TaskSize& size) const {
    const std::unique_ptr<Task> task = make_task(plan.construction->task, size);
    const Policy policy =
        policy_for(*plan.construction, FormatFamily(plan.construction->family).at(task->bindings()));
    const Shape dimensions =
        shape(build(*plan.construction, *task, policy, complete(*plan.construction, size, plan.settings)));
    const double beyond =
        task->input_count() <= effort_.enumerate ? task->input_count() : static_cast<double>(effort_.samples);
    return (static_cast<double>(effort_.adversarial) + beyond) * operations(dimensions, task->positions());
  }

  std::optional<MeasuredPoint> measure(const Plan& plan, const TaskSize& size) {
    MinimiseOptions search;
    search.sizes = {size};
    search.settings = plan.settings;
    search.verify = verify_options();
    search.store = options_.store;
    search.above = options_.quick ? 1 : 2;
    search.beyond = 4;
    const FormatFamily family((std::string(plan.construction->family)));
    const Format own = family.at(make_task(plan.construction->task, size)->bindings());
    const bool constant = plan.construction->regime == Regime::constant;
    if (constant) {
      search.quantity = Quantity::width;
      if (all_settings_count(plan, size) > effort_.widest_scan)
        search.settings = complete(*plan.construction, size, plan.settings);
    } else {
      search.quantity = own.is_fixed() ? Quantity::integer : Quantity::significand;
    }
    if (options_.progress) {
      search.progress = [&](const std::string& what, int, int) { options_.progress(what, 0, 0); };
    }
    const Construction* construction = plan.construction;
    const Minimisation found = minimise(std::span(&construction, 1), search);
    if (found.minima.empty() || !found.minima.front().value) return std::nullopt;
    const Minimum& minimum = found.minima.front();
    MeasuredPoint point{size, minimum.N, minimum.best(), {}, {}};
    for (const Attempt* below : minimum.below()) point.below.push_back(*below);
    for (const Scan& scan : minimum.scans)
      for (const std::size_t exception : scan.exceptions)
        point.exceptions.push_back(scan.attempts[exception].format);
    return point;
  }

  static int all_settings_count(const Plan& plan, const TaskSize& size) {
    int count = 1;
    for (const Knob& knob : plan.construction->knobs) {
      if (plan.settings.contains(knob.name)) continue;
      count *= knob.most(size) - knob.least(size) + 1;
      if (count > 100000) break;
    }
    return count;
  }

  static void fit(Series& series, const std::vector<int>& roots) {
    std::vector<Observation> widths, bits;
    for (const MeasuredPoint& point : series.points) {
      widths.push_back({static_cast<double>(series.variable == "k" ? point.size.k : point.size.n),
                        static_cast<double>(point.attempt.shape.width)});
      bits.push_back({point.N, static_cast<double>(point.attempt.bits)});
    }
    GrowthOptions growth;
    growth.variable = series.variable;
    growth.errors = Errors::relative;
    growth.roots = roots;
    series.width = fit_growth(widths, growth);
    growth.variable = "N";
    growth.errors = Errors::absolute;
    growth.roots = {1};
    series.bits = fit_growth(bits, growth);
  }

  const Table1Options& options_;
  Effort effort_;
};

/// The settings of a construction that are measured as series of their own. In the logarithmic regime a knob
/// trades width for bits: the standard settings, and small values of each knob alone. In the constant regime
/// knobs are scanned for the least width.
std::vector<Settings> variants(const Construction& construction, const TaskSize& size) {
  std::vector<Settings> result = {{}};
  if (construction.regime == Regime::constant) return result;
  for (const Knob& knob : construction.knobs) {
    for (int value = knob.least(size); value <= std::min(knob.most(size), knob.least(size) + 2); ++value)
      if (value != knob.standard(size)) result.push_back({{std::string(knob.name), value}});
  }
  return result;
}

std::vector<Plan> plans(const Construction& construction, int p) {
  std::vector<Plan> result;
  TaskSize base;
  base.p = p;
  for (const Settings& settings : variants(construction, {.p = p, .n = 8, .k = 4})) {
    std::string label(construction.name);
    for (const auto& [knob, value] : settings) label += fmt::format(" {}={}", knob, value);
    if (construction.task == "majority" || construction.task == "parity") {
      result.push_back({&construction, label, "k", settings, base, {1}});
      continue;
    }
    if (!construction.task.ends_with("iteradd")) {
      result.push_back({&construction, label, "n", settings, base, {1}});
      continue;
    }
    base.n = 2;
    result.push_back({&construction, label + ", n = 2, k grows", "k", settings, base, {1, 2, 3}});
    base.k = 4;
    result.push_back({&construction, label + ", k = 4, n grows", "n", settings, base, {1}});
  }
  return result;
}

/// The series of the paper's construction, and the one with the least width at the largest size of the cell.
void choose(Cell& cell) {
  int largest = 0;
  const auto reach = [](const Series& series) {
    return series.points.empty()    ? 0
           : series.variable == "k" ? series.points.back().size.k
                                    : series.points.back().size.n;
  };
  for (std::size_t s = 0; s < cell.series.size(); ++s) {
    const Series& series = cell.series[s];
    if (!cell.paper && series.theorem.rfind("Feng et al.", 0) == 0 && !series.points.empty()) cell.paper = s;
    largest = std::max(largest, reach(series));
  }
  for (std::size_t s = 0; s < cell.series.size(); ++s) {
    const Series& series = cell.series[s];
    if (series.points.empty() || reach(series) < largest) continue;
    const auto width = [&](std::size_t which) {
      return cell.series[which].points.back().attempt.shape.width;
    };
    if (!cell.best || width(s) < width(*cell.best)) cell.best = s;
  }
}

}  // namespace

Table1 table1(const Table1Options& options) {
  Table1 table;
  table.quick = options.quick;
  Measurer measurer(options);
  std::vector<Plan> all;
  const auto wanted = [&](std::string_view task) { return options.task.empty() || options.task == task; };
  for (const PaperCell& paper : paper_cells) {
    if (!wanted(paper.task)) continue;
    Cell cell;
    cell.row = paper.row;
    cell.task = paper.task;
    cell.regime = paper.regime;
    cell.paper_bound = paper.bound;
    cell.paper_theorem = paper.theorem;
    table.cells.push_back(std::move(cell));
  }
  for (const Construction& construction : constructions()) {
    if (!wanted(construction.task)) continue;
    const FormatFamily family((std::string(construction.family)));
    const std::string outside = outside_the_theorem(
        policy_for(construction, family.at(make_task(construction.task, {})->bindings())));
    auto cell = std::find_if(table.cells.begin(), table.cells.end(), [&](const Cell& each) {
      return each.task == construction.task && each.regime == construction.regime && each.outside == outside;
    });
    if (cell == table.cells.end()) {
      Cell extra;
      extra.row = extra.task = construction.task;
      extra.regime = construction.regime;
      extra.outside = outside;
      extra.remark = outside.empty() ? "outside the paper's table" : "outside the theorems: " + outside;
      cell = table.cells.insert(table.cells.end(), std::move(extra));
    }
    for (const Plan& plan : plans(construction, options.p)) cell->series.push_back(measurer.measure(plan));
  }
  for (Cell& cell : table.cells) {
    choose(cell);
    if (cell.series.empty())
      cell.remark = "no construction: by the theorem its width grows faster than any polynomial";
    if (!cell.best) continue;
    const MeasuredPoint& point = cell.series[*cell.best].points.back();
    const std::unique_ptr<Task> task = make_task(cell.task, point.size);
    cell.bounds = lower_bounds(
        *task, policy_for(find_construction(point.attempt.construction), parse_format(point.attempt.format)),
        point.attempt.shape.layers);
  }
  table.interrupted = measurer.interrupted();
  return table;
}

}  // namespace roundoff
