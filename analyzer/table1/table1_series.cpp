// Measuring a series of Table 1: it climbs a ladder of sizes until the next one would take more work than the
// form of the table allows. Work is counted in rounded operations, never in seconds, so that the table is the
// same on every machine; the larger the model, the fewer inputs it is run on, and the evidence says how many.
#include "analyzer/table1/table1_series.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "constructions/stream/formula.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

/// How much work the two forms of the table put into a point.
struct Effort {
  double operations;  ///< a verdict without a certificate, at most
  /// Rounded operations of one pass, at most: what recording a program takes, for the few verdicts of a point
  /// in constant precision, for the one in a construction's own format, and where every format is tried.
  double constant, own, scanned;
  int largest;            ///< n or k
  double enumerate;       ///< inputs
  std::uint64_t samples;  ///< at most
  std::size_t adversarial, least_adversarial;
  double certify_steps;  ///< of diagrams, a verdict
  int widest_scan;       ///< knob settings tried per size
};
constexpr Effort quick_effort = {2e9, 5.6e6, 5e6, 1.75e6, 64, 1 << 12, 1024, 256, 64, 6e6, 8};
constexpr Effort full_effort = {5e10, 5e7, 3e7, 5e6, 128, 1 << 16, 1 << 14, 4096, 256, 3e8, 128};

/// Closer at small sizes, where a design differs most from its law.
constexpr std::array rungs = {2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 32, 40, 48, 64, 96, 128};
/// Left out of a coarse series in the quick form: sizes that double tell a logarithm sooner than sizes that
/// follow each other.
bool skipped(int rung) {
  constexpr std::array between = {5, 7, 9, 10, 14, 20, 40};
  return std::find(between.begin(), between.end(), rung) != between.end();
}

/// Of the limits on a pass in the quick form, for rows outside the paper's table: they take the least of its two
/// minutes.
constexpr double outside_share = 0.25;

bool outside_the_table(const Construction& construction) {
  if (paper_width(construction.task, construction.regime).empty()) return true;
  const Policy policy = policy_for(
      construction, FormatFamily(construction.family).at(make_task(construction.task, {})->bindings()));
  return !outside_the_theorem(policy).empty();
}

/// Seconds that a certificate may take: steps end it long before.
constexpr double patience = 3600;

/// Sizes at which a claimed width is evaluated, and how wide it may get (formulas that count units stop
/// counting beyond).
constexpr int largest_claim = 1024;
constexpr double widest_claim = 1e14;

class Measurer {
 public:
  Measurer(const SeriesPlan& plan, const Table1Options& options)
      : plan_(plan),
        options_(options),
        effort_(options.quick ? quick_effort : full_effort),
        share_(find_task(plan.construction->task).effort) {
    if (options.quick) {
      const bool outside = plan.base.ragged || outside_the_table(*plan_.construction);
      for (double* limit : {&effort_.constant, &effort_.own, &effort_.scanned})
        *limit *= outside ? outside_share : share_.all;
      effort_.constant *= share_.constant;
      effort_.scanned *= share_.scanned;
    }
    if (options.work > 0) {
      effort_.operations = options.work;
      for (double* limit : {&effort_.constant, &effort_.own, &effort_.scanned})
        *limit = std::min(*limit, options.work);
    }
  }

  Series measure() {
    Series series;
    series.construction = plan_.construction->name;
    series.theorem = plan_.construction->theorem;
    series.label = plan_.label;
    series.variable = plan_.variable;
    series.deepens = plan_.deepens;
    for (const int rung : rungs) {
      if (rung > effort_.largest) break;
      if (options_.quick && share_.coarse && skipped(rung)) continue;
      if (interrupted()) {
        series.stopped = "interrupted";
        break;
      }
      const TaskSize size = at(rung);
      const double pass = operations_of(size);
      if (pass == 0) continue;
      const double work = pass * static_cast<double>(effort_.least_adversarial);
      const bool constant = plan_.construction->regime == Regime::constant;
      if (work > effort_.operations || pass > (constant ? effort_.constant : effort_.own)) {
        series.stopped =
            fmt::format("{} = {}: {:.2g} rounded operations an input, beyond the limits of this form",
                        plan_.variable, rung, pass);
        break;
      }
      const bool scanned = constant || pass <= effort_.scanned;
      if (std::optional<MeasuredPoint> point = scanned ? minimum_at(size, pass) : own_at(size, pass)) {
        series.points.push_back(std::move(*point));
      } else if (interrupted()) {
        series.stopped = "interrupted";
        break;
      } else if (missing_) {
        series.stopped = fmt::format("{} = {}: not in the store", plan_.variable, rung);
        break;
      } else {
        series.stopped = fmt::format("{} = {}: nothing in range works", plan_.variable, rung);
      }
    }
    if (series.points.empty() && series.stopped.empty())
      series.stopped = "it cannot be built at any size tried";
    fit(series);
    return series;
  }

 private:
  bool interrupted() const { return options_.interrupted && options_.interrupted(); }

  TaskSize at(int value) const {
    TaskSize size = plan_.base;
    (plan_.variable == "k" ? size.k : size.n) = value;
    return size;
  }

  /// The knobs that the plan sets.
  Settings fixed(const TaskSize& size) const {
    Settings settings = plan_.settings;
    for (const Knob& knob : plan_.construction->knobs)
      if (std::count(plan_.deepest.begin(), plan_.deepest.end(), knob.name) > 0)
        settings[std::string(knob.name)] = knob.most(size);
    return settings;
  }

  /// Rounded operations of one pass in the construction's own format; 0 where it does not exist at this size
  /// with these settings (a code of 3 coordinates needs 4 positions).
  double operations_of(const TaskSize& size) const {
    try {
      const Construction& construction = *plan_.construction;
      const std::unique_ptr<Task> task = make_task(construction.task, size);
      const Policy policy = policy_for(construction, FormatFamily(construction.family).at(task->bindings()));
      const Settings settings = complete(construction, size, fixed(size));
      if (!construction.refuses(size, policy, settings).empty()) return 0;
      return operations(build(construction, *task, policy, settings), task->positions());
    } catch (const UsageError&) {
      return 0;
    }
  }

  /// All inputs where they are few; else as many adversarial ones and samples, in powers of two, as the work
  /// allows.
  VerifyOptions verify_options(const TaskSize& size, double pass) const {
    const double room = effort_.operations / pass;
    const double inputs = make_task(plan_.construction->task, size)->input_count();
    const auto fitting = [&](std::uint64_t most) {
      while (most > effort_.least_adversarial && static_cast<double>(most) > room / 2) most /= 2;
      return most;
    };
    VerifyOptions verify;
    verify.adversarial = fitting(effort_.adversarial);
    verify.count = fitting(effort_.samples);
    const double enumerate = std::min(effort_.enumerate, room);
    verify.at_once = verify.exhaustive_limit = inputs <= enumerate ? effort_.enumerate : 0;
    verify.seed = options_.seed;
    verify.limits.steps = effort_.certify_steps;
    const bool long_proof = options_.quick && pass > share_.longest_proof;
    verify.limits.seconds = certifies_ && !size.ragged && !long_proof ? patience : 0;
    verify.threads = options_.threads;
    verify.interrupted = options_.interrupted;
    return verify;
  }

  std::optional<MeasuredPoint> minimum_at(const TaskSize& size, double pass) {
    MinimiseOptions search;
    search.sizes = {size};
    search.settings = fixed(size);
    search.verify = verify_options(size, pass);
    search.store = options_.store;
    search.above = options_.quick ? 1 : 2;
    search.beyond = 4;
    const FormatFamily family((std::string(plan_.construction->family)));
    const Format own = family.at(make_task(plan_.construction->task, size)->bindings());
    if (plan_.construction->regime == Regime::constant) {
      search.quantity = Quantity::width;
      if (settings_count(size) > effort_.widest_scan)
        search.settings = complete(*plan_.construction, size, fixed(size));
    } else {
      search.quantity = own.is_fixed() ? Quantity::integer : Quantity::significand;
    }
    if (options_.progress)
      search.progress = [&](const std::string& what, int, int) { options_.progress(what, 0, 0); };
    const Construction* construction = plan_.construction;
    const Minimisation found = minimise(std::span(&construction, 1), search);
    if (found.minima.empty()) return std::nullopt;
    const Minimum& minimum = found.minima.front();
    for (const Scan& scan : minimum.scans)
      for (const Attempt& made : scan.attempts) note_missing(made);
    if (!minimum.value) return std::nullopt;
    MeasuredPoint point{size, minimum.N, minimum.best(), true, {}, {}};
    for (const Attempt* below : minimum.below()) point.below.push_back(*below);
    for (const Scan& scan : minimum.scans)
      for (const std::size_t exception : scan.exceptions)
        point.exceptions.push_back(scan.attempts[exception].format);
    return point;
  }

  /// The construction in its own format: whether it works, at what width.
  std::optional<MeasuredPoint> own_at(const TaskSize& size, double pass) {
    const Construction& construction = *plan_.construction;
    const std::unique_ptr<Task> task = make_task(construction.task, size);
    const Policy policy = policy_for(construction, FormatFamily(construction.family).at(task->bindings()));
    if (options_.progress)
      options_.progress(
          fmt::format("{} {}={}", construction.name, plan_.variable, plan_.variable == "k" ? size.k : size.n),
          0, 0);
    const Attempt made = attempt(construction, complete(construction, size, fixed(size)), *task, policy,
                                 verify_options(size, pass), options_.store);
    note_missing(made);
    if (!made.holds()) return std::nullopt;
    return MeasuredPoint{size, static_cast<double>(task->positions()), made, false, {}, {}};
  }

  /// A frozen store that was asked beyond what it knows: the series was cut off here.
  /// And where there was no certificate, larger sizes do not ask for one.
  void note_missing(const Attempt& made) {
    if (made.holds() && made.result.obstacle.reason != Reason::none) certifies_ = false;
    const bool frozen = options_.store && options_.store->frozen();
    missing_ |= frozen && made.refusal.empty() && made.result.verdict == Verdict::unknown;
  }

  int settings_count(const TaskSize& size) const {
    const Settings held = fixed(size);
    int count = 1;
    for (const Knob& knob : plan_.construction->knobs) {
      if (held.contains(knob.name)) continue;
      count *= knob.most(size) - knob.least(size) + 1;
      if (count > 100000) break;
    }
    return count;
  }

  double value_of(const TaskSize& size) const { return plan_.variable == "k" ? size.k : size.n; }

  GrowthOptions growth_options(Errors errors) const {
    GrowthOptions growth;
    growth.variable = plan_.variable;
    growth.errors = errors;
    growth.roots = errors == Errors::relative ? plan_.roots : std::vector<int>{1};
    return growth;
  }

  void fit(Series& series) const {
    std::vector<ShapeAt> widths;
    std::vector<Observation> bits;
    bool as_claimed = !series.points.empty();
    for (const MeasuredPoint& point : series.points) {
      const Attempt& best = point.attempt;
      widths.push_back({value_of(point.size), best.shape});
      if (point.scanned) bits.push_back({point.N, static_cast<double>(best.bits)});
      as_claimed &= claim(point.size, best.settings) == best.shape.width;
    }
    series.width = fit_width(std::move(widths), growth_options(Errors::relative), largest_claim);
    GrowthOptions by_positions = growth_options(Errors::absolute);  // formats are families in N
    by_positions.variable = "N";
    series.bits = fit_growth(bits, by_positions);
    if (!as_claimed) return;
    std::vector<Observation> claims;
    bool within = true;
    for (int value = 4; value <= largest_claim && within; value *= 2) {
      for (const int size : {value, value + value / 2}) {
        const double width = standing_claim(at(size));
        if (width == 0 && claims.empty()) continue;  // too small for these settings
        within = width > 0 && width <= widest_claim;
        if (!within) break;
        claims.push_back({static_cast<double>(size), width});
      }
    }
    if (claims.size() >= 12) claims.erase(claims.begin(), claims.begin() + 4);
    if (claims.size() >= 5) series.claimed = fit_growth(claims, growth_options(Errors::relative));
  }

  /// The claimed width; 0 where the formula has no value.
  double claim(const TaskSize& size, const Settings& settings) const {
    try {
      const Construction& construction = *plan_.construction;
      const FormatFamily family((std::string(construction.family)));
      const Policy policy =
          policy_for(construction, family.at(make_task(construction.task, size)->bindings()));
      return static_cast<double>(claimed_width(construction, size, policy, settings));
    } catch (const UsageError&) {
      return 0;
    }
  }

  /// With the plan's settings, the other knobs at their standard.
  double standing_claim(const TaskSize& size) const {
    try {
      return claim(size, complete(*plan_.construction, size, fixed(size)));
    } catch (const UsageError&) {
      return 0;
    }
  }

  const SeriesPlan& plan_;
  const Table1Options& options_;
  Effort effort_;
  TableEffort share_;
  bool missing_ = false;
  bool certifies_ = true;
};

}  // namespace

Series measure_series(const SeriesPlan& plan, const Table1Options& options) {
  return Measurer(plan, options).measure();
}

}  // namespace roundoff::analyzer
