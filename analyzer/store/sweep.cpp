// Running the units of a sweep; what they are is sweep_plan.cpp.
#include "analyzer/store/sweep.hpp"

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

Policy policy_of(const SweepUnit& unit, const Task& task) {
  const Bindings bindings = task.bindings();
  return policy_for(*unit.construction, FormatFamily(unit.family).at(bindings), unit.policy, bindings);
}

SweepOutcome answer(const SweepUnit& unit, Store& store, const SweepOptions& options) {
  SweepOutcome outcome;
  outcome.unit = unit;
  VerifyOptions verify = unit.verify;
  verify.threads = options.threads;
  verify.interrupted = options.interrupted;
  verify.progress = options.within;
  try {
    if (unit.minimise) {
      MinimiseOptions search;
      search.quantity = *unit.minimise;
      search.sizes = {unit.size};
      search.format = FormatFamily(unit.family);
      search.settings = unit.settings;
      search.policy = unit.policy;
      search.verify = verify;
      search.store = &store;
      const Construction* construction = unit.construction;
      Minimisation found = minimise(std::span(&construction, 1), search);
      if (!found.minima.empty()) outcome.minimum = std::move(found.minima.front());
      return outcome;
    }
    const std::unique_ptr<Task> task = make_task(unit.construction->task, unit.size);
    const Policy policy = policy_of(unit, *task);
    outcome.attempt = attempt(*unit.construction, complete(*unit.construction, unit.size, unit.settings),
                              *task, policy, verify, &store);
  } catch (const UsageError& error) {
    outcome.error = error.what();
  }
  return outcome;
}

}  // namespace

double cost(const SweepUnit& unit) {
  try {
    const std::unique_ptr<Task> task = make_task(unit.construction->task, unit.size);
    const Policy policy = policy_of(unit, *task);
    const Settings settings = complete(*unit.construction, unit.size, unit.settings);
    if (!unit.construction->refuses(unit.size, policy, settings).empty()) return 0;
    const Shape dimensions = shape(build(*unit.construction, *task, policy, settings));
    double inputs = static_cast<double>(unit.verify.adversarial);
    const bool enumerates =
        unit.verify.method == Method::exhaustive ||
        (unit.verify.method == Method::automatic && task->input_count() <= unit.verify.exhaustive_limit);
    if (enumerates) {
      inputs += task->input_count();
    } else if (unit.verify.method != Method::adversarial) {
      inputs += static_cast<double>(unit.verify.count);
    }
    const double candidates = unit.minimise ? 10 : 1;
    return candidates * inputs * operations(dimensions, task->positions());
  } catch (const UsageError&) {
    return 0;
  }
}

Sweep run_sweep(const std::vector<SweepUnit>& units, Store& store, const SweepOptions& options) {
  if (options.shards < 1 || options.shard < 0 || options.shard >= options.shards) {
    throw UsageError(fmt::format("--shard {}/{}: shards are numbered 0 to {}", options.shard, options.shards,
                                 options.shards - 1));
  }
  const auto mine = [&](std::size_t index) {
    return static_cast<int>(index % static_cast<std::size_t>(options.shards)) == options.shard;
  };
  double of = 0, done = 0;
  std::vector<double> costs(units.size(), 0);
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (!mine(i)) continue;
    costs[i] = cost(units[i]);
    of += costs[i];
  }
  Sweep sweep;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (!mine(i)) continue;
    if (options.interrupted && options.interrupted()) {
      sweep.interrupted = true;
      break;
    }
    sweep.outcomes.push_back(answer(units[i], store, options));
    done += costs[i];
    if (options.progress) options.progress(units[i], done, of);
  }
  sweep.interrupted |= options.interrupted && options.interrupted();
  return sweep;
}

}  // namespace roundoff::analyzer
