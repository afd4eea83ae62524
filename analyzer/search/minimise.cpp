// Scanning candidates; see minimise.hpp.
#include "analyzer/search/minimise.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "analyzer/laws/width_law.hpp"
#include "analyzer/search/format_grid.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "sim/model/weights.hpp"

namespace roundoff::analyzer {
namespace {

constexpr std::array<std::string_view, 6> quantity_names = {"width", "bits",        "int",
                                                            "frac",  "significand", "exponent"};
constexpr std::size_t most_settings = 4096;

class Minimiser {
 public:
  Minimiser(std::span<const Construction* const> constructions, const MinimiseOptions& options)
      : constructions_(constructions), options_(options) {}

  Minimum at(const TaskSize& size) {
    minimum_ = Minimum{};
    minimum_.size = size;
    task_ = make_task(constructions_.front()->task, size);
    minimum_.N = static_cast<double>(task_->bindings().N.value_or(0));
    for (const Construction* construction : constructions_) {
      if (interrupted()) break;
      const FormatFamily family = options_.format ? *options_.format : FormatFamily(construction->family);
      const Format own = family.at(task_->bindings());
      if (options_.quantity == Quantity::width) {
        scan_width(*construction, own);
      } else {
        for (const FormatLine& line :
             format_lines(own, options_.quantity, options_.fractions, options_.exponents))
          scan_formats(*construction, line);
      }
    }
    choose(minimum_, interrupted());
    return std::move(minimum_);
  }

  bool interrupted() const { return options_.verify.interrupted && options_.verify.interrupted(); }

 private:
  Policy policy(const Construction& construction, const Format& format) const {
    return policy_for(construction, format, options_.policy, task_->bindings());
  }

  void scan_formats(const Construction& construction, const FormatLine& line) {
    const Settings settings = complete(construction, task_->size(), options_.settings);
    Scan scan;
    scan.label = line.label();
    if (constructions_.size() > 1) scan.label = std::string(construction.name) + " " + scan.label;
    int successes = 0;
    for (int value = line.least; value <= line.own + options_.beyond && !interrupted(); ++value) {
      const Format format = line.at(value);
      scan.attempts.push_back(attempt(construction, settings, *task_, policy(construction, format),
                                      options_.verify, options_.store));
      Attempt& made = scan.attempts.back();
      made.value = options_.quantity == Quantity::bits ? format.bits : value;
      if (made.holds()) ++successes;
      report(made, static_cast<int>(scan.attempts.size()), line.own + options_.above - line.least + 1);
      if (value >= line.own && successes > options_.above) break;
    }
    add(std::move(scan));
  }

  void scan_width(const Construction& construction, const Format& own) {
    const Policy policy = this->policy(construction, own);
    struct Candidate {
      Settings settings;
      int width;
    };
    std::vector<Candidate> candidates;
    for (Settings& settings : all_settings(construction, task_->size(), options_.settings)) {
      // What is refused has no width; it is reported as such when nothing else is there to try.
      if (!construction.refuses(task_->size(), policy, settings).empty()) continue;
      const int width = shape(build(construction, *task_, policy, settings)).width;
      candidates.push_back({std::move(settings), width});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.width < b.width; });
    Scan scan;
    scan.label = construction.name;
    int successes = 0;
    for (const Candidate& candidate : candidates) {
      if (interrupted() || successes > options_.above) break;
      scan.attempts.push_back(
          attempt(construction, candidate.settings, *task_, policy, options_.verify, options_.store));
      Attempt& made = scan.attempts.back();
      made.value = candidate.width;
      if (made.holds()) ++successes;
      report(made, static_cast<int>(scan.attempts.size()), static_cast<int>(candidates.size()));
    }
    if (candidates.empty()) {
      const Settings settings = complete(construction, task_->size(), options_.settings);
      scan.attempts.push_back(
          attempt(construction, settings, *task_, policy, options_.verify, options_.store));
    }
    add(std::move(scan));
  }

  void report(const Attempt& made, int done, int of) const {
    if (!options_.progress) return;
    options_.progress(fmt::format("{} n={} {} {} {}: {}", made.construction, task_->size().n, made.format,
                                  name(options_.quantity), made.value,
                                  made.refusal.empty() ? name(made.result.verdict) : "refused"),
                      done, std::max(done, of));
  }

  void add(Scan scan) {
    assess(scan);
    minimum_.scans.push_back(std::move(scan));
  }

  std::span<const Construction* const> constructions_;
  const MinimiseOptions& options_;
  std::unique_ptr<Task> task_;
  Minimum minimum_;
};

/// The variable that the sizes vary in.
std::string variable_of(const MinimiseOptions& options) {
  if (!options.variable.empty()) return options.variable;
  if (options.quantity != Quantity::width) return "N";
  const auto same = [&](int TaskSize::*field) {
    return std::all_of(options.sizes.begin(), options.sizes.end(),
                       [&](const TaskSize& size) { return size.*field == options.sizes.front().*field; });
  };
  return same(&TaskSize::n) && !same(&TaskSize::k) ? "k" : "n";
}

double value_of(const std::string& variable, const Minimum& minimum) {
  if (variable == "n") return minimum.size.n;
  if (variable == "k") return minimum.size.k;
  if (variable == "N") return minimum.N;
  throw UsageError(fmt::format("a law in '{}' is not known; use n, k or N", variable));
}

}  // namespace

void assess(Scan& scan) {
  for (std::size_t i = 0; i < scan.attempts.size(); ++i) {
    if (scan.attempts[i].holds()) {
      if (!scan.first) scan.first = i;
      if (!scan.stable_from) scan.stable_from = i;
    } else {
      const bool fails =
          !scan.attempts[i].refusal.empty() || scan.attempts[i].result.verdict == Verdict::refuted;
      if (scan.first && fails) scan.exceptions.push_back(i);
      scan.stable_from.reset();
    }
  }
}

void choose(Minimum& minimum, bool interrupted) {
  for (std::size_t s = 0; s < minimum.scans.size(); ++s) {
    const Scan& scan = minimum.scans[s];
    if (!scan.first) continue;
    const int value = scan.attempts[*scan.first].value;
    if (minimum.value && *minimum.value <= value) continue;
    minimum.value = value;
    minimum.scan = s;
    minimum.attempt = *scan.first;
  }
  if (interrupted) {
    minimum.note = "interrupted";
  } else if (!minimum.value) {
    minimum.note = "nothing in the range scanned succeeds";
  }
}

std::string_view name(Quantity quantity) { return quantity_names[static_cast<std::size_t>(quantity)]; }

Quantity parse_quantity(std::string_view text) {
  if (text == "integer") return Quantity::integer;
  if (text == "fraction") return Quantity::fraction;
  for (std::size_t i = 0; i < quantity_names.size(); ++i)
    if (quantity_names[i] == text) return static_cast<Quantity>(i);
  throw UsageError(fmt::format("cannot minimise '{}'{}", text, did_you_mean(text, quantity_names)));
}

std::vector<const Attempt*> Minimum::below() const {
  std::vector<const Attempt*> result;
  if (!value) return result;
  for (const Scan& each : scans) {
    const Attempt* nearest = nullptr;
    for (const Attempt& made : each.attempts) {
      const bool before = &each == &scans[scan] && &made < &best();
      if ((made.value < *value || before) && !made.holds()) nearest = &made;
    }
    if (nearest) result.push_back(nearest);
  }
  return result;
}

std::vector<Settings> all_settings(const Construction& construction, const TaskSize& size,
                                   const Settings& fixed) {
  std::vector<Settings> combinations = {complete(construction, size, fixed)};
  for (const Knob& knob : construction.knobs) {
    if (fixed.contains(knob.name)) continue;
    std::vector<Settings> wider;
    for (const Settings& settings : combinations) {
      for (int value = knob.least(size); value <= knob.most(size); ++value) {
        wider.push_back(settings);
        wider.back()[std::string(knob.name)] = value;
      }
    }
    combinations = std::move(wider);
    if (combinations.size() > most_settings) {
      throw UsageError(
          fmt::format("{}: its knobs have more than {} settings to scan; hold some fixed with --set",
                      construction.name, most_settings));
    }
  }
  return combinations;
}

std::vector<const Construction*> constructions_of(std::string_view task, std::optional<Regime> regime) {
  std::vector<const Construction*> found;
  for (const Construction& construction : all_constructions())
    if (construction.task == task && (!regime || construction.regime == *regime))
      found.push_back(&construction);
  return found;
}

double operations(const Shape& shape, int positions) {
  const double length = positions;
  const double pairs = length * length / 2 * shape.layers * shape.heads * (shape.d_k + shape.d_v + 3);
  return 2 * length * static_cast<double>(shape.nonzero) + 2 * pairs;
}

double operations(const Model& model, int positions) {
  const double length = positions;
  double total = 2 * length * static_cast<double>(shape(model).nonzero);
  for (const Layer& layer : model.layers) {
    if (!layer.attention) continue;
    const Attention& attention = *layer.attention;
    const int keys = attention.query.weight.rows(), values = attention.value.weight.rows();
    total += length * length * (keys + values + 3 * attention.heads);
  }
  return total;
}

Attempt attempt(const Construction& construction, const Settings& settings, const Task& task,
                const Policy& policy, const VerifyOptions& options, Store* store) {
  Attempt made;
  made.construction = construction.name;
  made.task = construction.task;
  made.settings = settings;
  made.policy = policy;
  made.implied = policy_for(construction, policy[Role::weights]);
  made.format = notation(policy[Role::weights]);
  made.bits = policy[Role::activations].bits;
  made.refusal = construction.refuses(task.size(), policy, settings);
  if (!made.refusal.empty()) return made;
  const Model model = build(construction, task, policy, settings);
  made.shape = shape(model);
  made.inexact = inexact_weight(model, policy);
  made.result =
      ask(store, question_of(construction, settings, model, task, policy, options), model, task, options);
  return made;
}

Minimisation minimise(std::span<const Construction* const> constructions, const MinimiseOptions& options) {
  if (constructions.empty())
    throw UsageError("there is no construction to minimise; `roundoff constructions` lists them");
  for (const Construction* construction : constructions) {
    if (construction->task != constructions.front()->task) {
      throw UsageError(fmt::format("{} solves {} and {} solves {}; minimise over constructions of one task",
                                   constructions.front()->name, constructions.front()->task,
                                   construction->name, construction->task));
    }
  }
  if (options.sizes.empty()) throw UsageError("there is no size to minimise at; give --n, as in --n 2..64");
  Minimisation answer;
  answer.quantity = options.quantity;
  answer.task = constructions.front()->task;
  for (const Construction* construction : constructions)
    answer.constructions.emplace_back(construction->name);
  const std::string variable = variable_of(options);
  Minimiser minimiser(constructions, options);
  std::vector<Observation> points;
  std::vector<ShapeAt> shapes;
  for (const TaskSize& size : options.sizes) {
    if (minimiser.interrupted()) break;
    answer.minima.push_back(minimiser.at(size));
    const Minimum& minimum = answer.minima.back();
    const double x = value_of(variable, minimum);
    const bool repeated =
        std::any_of(points.begin(), points.end(), [&](const Observation& p) { return p.x == x; });
    if (!minimum.value || *minimum.value <= 0 || repeated) continue;
    points.push_back({x, static_cast<double>(*minimum.value)});
    shapes.push_back({x, minimum.best().shape});
  }
  answer.interrupted = minimiser.interrupted();
  GrowthOptions growth = options.growth;
  growth.variable = variable;
  growth.errors = options.quantity == Quantity::width ? Errors::relative : Errors::absolute;
  // Of several constructions the narrowest at each size: their parts are no series.
  const bool parts = options.quantity == Quantity::width && constructions.size() == 1;
  answer.law = parts ? fit_width(std::move(shapes), growth).law : fit_growth(points, growth);
  return answer;
}

}  // namespace roundoff::analyzer
