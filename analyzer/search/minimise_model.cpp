// Scanning formats for a model from a file; see minimise.hpp.
#include <fmt/format.h>

#include "analyzer/search/format_grid.hpp"
#include "analyzer/search/minimise.hpp"
#include "formats/error.hpp"
#include "sim/model/weights.hpp"

namespace roundoff::analyzer {
namespace {

/// The policy with another format in the place of `from`: roles that have its values move along, with their own
/// rounding and overflow.
Policy moved(Policy policy, const Format& from, const Format& to) {
  for (Format& format : policy.formats) {
    const Format base = unnamed(format);
    if (base.layout != from.layout || base.first != from.first || base.second != from.second) continue;
    Format next = to;
    if (base.rounding != from.rounding) next.rounding = base.rounding, next.seed = base.seed;
    if (base.overflow != from.overflow) next.overflow = base.overflow;
    format = next;
  }
  return policy;
}

Attempt attempt(const Model& model, const std::string& name, const Task& task, const Policy& policy,
                const Policy& implied, const MinimiseOptions& options) {
  Attempt made;
  made.construction = name;
  made.task = task.spec();
  made.policy = policy;
  made.implied = implied;
  made.format = notation(policy.formats.front());
  made.bits = policy[Role::activations].bits;
  made.shape = shape(model);
  made.inexact = inexact_weight(model, policy);
  made.result =
      ask(options.store, question_of(model, task, policy, options.verify), model, task, options.verify);
  return made;
}

}  // namespace

Minimisation minimise(const Model& model, const Task& task, const Policy& own, const std::string& name,
                      const MinimiseOptions& options) {
  if (options.quantity == Quantity::width)
    throw UsageError(name + " has the width that it has; minimise bits, significand, exponent, int or frac");
  const auto interrupted = [&] { return options.verify.interrupted && options.verify.interrupted(); };
  Minimum minimum;
  minimum.size = task.size();
  minimum.N = static_cast<double>(task.bindings().N.value_or(0));
  // A format that is asked for stands in every role, as --format does elsewhere.
  Policy base = own;
  if (options.format) base.formats.fill(options.format->at(task.bindings()));
  const Format start = unnamed(base[Role::activations]);
  for (const FormatLine& line : format_lines(start, options.quantity, options.fractions, options.exponents)) {
    Scan scan;
    scan.label = line.label();
    int successes = 0;
    for (int value = line.least; value <= line.own + options.beyond && !interrupted(); ++value) {
      const Policy policy = laid(moved(base, start, line.at(value)), options.policy, task.bindings());
      Policy implied = own;
      implied.formats.fill(policy[Role::weights]);
      Attempt made = attempt(model, name, task, policy, implied, options);
      made.value = options.quantity == Quantity::bits ? made.bits : value;
      if (made.holds()) ++successes;
      if (options.progress)
        options.progress(fmt::format("{} {}: {}", name, made.format, analyzer::name(made.result.verdict)),
                         static_cast<int>(scan.attempts.size()) + 1, line.own - line.least + 1);
      scan.attempts.push_back(std::move(made));
      if (value >= line.own && successes > options.above) break;
    }
    assess(scan);
    minimum.scans.push_back(std::move(scan));
  }
  choose(minimum, interrupted());
  Minimisation answer;
  answer.quantity = options.quantity;
  answer.task = task.spec();
  answer.constructions = {name};
  answer.interrupted = interrupted();
  answer.minima.push_back(std::move(minimum));
  return answer;
}

}  // namespace roundoff::analyzer
