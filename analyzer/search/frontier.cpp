// For every setting of the knobs and every second parameter the first parameter is scanned; each first
// success is a candidate, and the dominated ones are dropped.
#include "analyzer/search/frontier.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {

bool dominates(const FrontierPoint& a, const FrontierPoint& b) {
  const auto key = [](const FrontierPoint& point) {
    return std::tie(point.width, point.first, point.second);
  };
  return a.width <= b.width && a.first <= b.first && a.second <= b.second && key(a) != key(b);
}

Frontier frontier(std::span<const Construction* const> constructions, const MinimiseOptions& options) {
  if (constructions.empty() || options.sizes.empty())
    throw UsageError("frontier: name a construction and a size, as in frontier add-match --n 8");
  Frontier result;
  result.size = options.sizes.front();
  std::vector<FrontierPoint> candidates;
  for (const Construction* construction : constructions) {
    const std::unique_ptr<Task> task = make_task(construction->task, result.size);
    const FormatFamily family = options.format ? *options.format : FormatFamily(construction->family);
    const bool fixed = family.at(task->bindings()).is_fixed();
    result.first_name = fixed ? "integer bits" : "exponent bits";
    result.second_name = fixed ? "fraction bits" : "significand bits";
    for (const Settings& settings : all_settings(*construction, result.size, options.settings)) {
      MinimiseOptions each = options;
      each.sizes = {result.size};
      each.settings = settings;
      each.quantity = Quantity::bits;
      Minimisation scanned = minimise(std::span(&construction, 1), each);
      result.interrupted |= scanned.interrupted;
      for (Scan& scan : scanned.minima.empty() ? std::vector<Scan>() : scanned.minima.front().scans) {
        for (const Attempt& attempt : scan.attempts) {
          if (!attempt.holds()) continue;
          const Format format = parse_format(attempt.format);
          candidates.push_back({attempt.shape.width, format.first, format.second, attempt});
        }
        if (!settings.empty()) {
          std::string knobs;
          for (const auto& [knob, value] : settings) knobs += fmt::format(" {}={}", knob, value);
          scan.label += knobs;
        }
        result.scans.push_back(std::move(scan));
      }
    }
  }
  for (const FrontierPoint& candidate : candidates) {
    const auto better = [&](const FrontierPoint& other) { return dominates(other, candidate); };
    const auto same = [&](const FrontierPoint& other) {
      return std::tie(other.width, other.first, other.second) ==
             std::tie(candidate.width, candidate.first, candidate.second);
    };
    if (std::none_of(candidates.begin(), candidates.end(), better) &&
        std::none_of(result.points.begin(), result.points.end(), same))
      result.points.push_back(candidate);
  }
  std::sort(result.points.begin(), result.points.end(), [](const FrontierPoint& a, const FrontierPoint& b) {
    return std::tie(a.width, a.first, a.second) < std::tie(b.width, b.first, b.second);
  });
  return result;
}

}  // namespace roundoff::analyzer
