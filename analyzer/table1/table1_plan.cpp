// Which series a construction has in Table 1.
//
// In logarithmic precision a knob trades width for bits: the standard settings are a series, and so are small
// values of each knob (in the full form). In constant precision the format is given, and knobs are scanned
// for the least width. A knob that changes the number of layers is another matter: the theorems speak of a
// constant number, so that each small value is a series of its own; and with that knob at its most, the depth
// grows, which shows what a constant depth costs (in the quick form where the paper's width is
// superpolynomial).
#include <algorithm>

#include <fmt/format.h>

#include "analyzer/table1/table1_series.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

/// Layers at a size with these settings; 0 where it cannot be built.
int layers_of(const Construction& construction, const TaskSize& size, const Settings& settings) {
  try {
    const std::unique_ptr<Task> task = make_task(construction.task, size);
    const Policy policy = policy_for(construction, FormatFamily(construction.family).at(task->bindings()));
    const Settings all = complete(construction, size, settings);
    if (!construction.refuses(size, policy, all).empty()) return 0;
    return shape(build(construction, *task, policy, all)).layers;
  } catch (const UsageError&) {
    return 0;
  }
}

/// Whether a knob changes the number of layers, at a size where its range is wide enough to tell.
bool deepens(const Construction& construction, const Knob& knob, const TaskSize& size) {
  const std::string name(knob.name);
  const int least = layers_of(construction, size, {{name, knob.least(size)}});
  const int most = layers_of(construction, size, {{name, knob.most(size)}});
  return least > 0 && most > 0 && least != most;
}

}  // namespace

std::vector<SeriesPlan> plan_series(const Construction& construction, int p, bool quick) {
  const bool constant = construction.regime == Regime::constant;
  TaskSize middle{.p = p, .n = 4, .k = 4};
  if (layers_of(construction, middle, {}) == 0) middle.ragged = true;
  const bool beyond = paper_width(construction.task, construction.regime).starts_with("superpolynomial");

  struct Variant {
    Settings settings;
    std::string tag;
  };
  std::vector<Variant> variants;
  std::vector<std::string> deepest;
  for (const Knob& knob : construction.knobs) {
    const std::string name(knob.name);
    const bool deeper = deepens(construction, knob, middle);
    if (constant && deeper) deepest.push_back(name);
    if (constant != deeper || (quick && !constant)) continue;
    const int least = knob.least(middle), standard = knob.standard(middle);
    std::vector<int> values = {least, least + 1, least + 2};
    if (quick && constant && !beyond) values = {least};
    for (const int value : values) {
      if (!constant && value == standard) continue;
      variants.push_back({{{name, value}}, fmt::format(" {}={}", name, value)});
    }
  }
  if (deepest.empty())
    variants.insert(variants.begin(), {{}, ""});
  else if (beyond || !quick)
    variants.push_back({{}, ", depth grows"});

  std::vector<SeriesPlan> plans;
  const std::vector<std::string_view> variables = [&]() -> std::vector<std::string_view> {
    // What the task's length depends on is what can grow.
    const auto length = [&](const TaskSize& size) { return make_task(construction.task, size)->positions(); };
    std::vector<std::string_view> list;
    if (length({.p = p, .n = 4, .k = 4}) != length({.p = p, .n = 4, .k = 6})) list.push_back("k");
    if (length({.p = p, .n = 4, .k = 4}) != length({.p = p, .n = 6, .k = 4})) list.push_back("n");
    return list;
  }();
  for (const Variant& variant : variants) {
    const bool deepens = construction.deepens || (variant.settings.empty() && !deepest.empty());
    SeriesPlan plan{&construction,
                    std::string(construction.name) + variant.tag,
                    "n",
                    variant.settings,
                    {.p = p, .ragged = middle.ragged},
                    deepens ? deepest : std::vector<std::string>{},
                    deepens,
                    beyond ? std::vector<int>{1, 2, 3} : std::vector<int>{1}};
    if (variables.size() == 1) {
      plan.variable = variables.front();
      plans.push_back(plan);
      continue;
    }
    // One column is what the theorems on constant precision speak of.
    plan.variable = "k";
    plan.base.n = beyond ? 1 : 2;
    plan.label += fmt::format(", n = {}", plan.base.n);
    plans.push_back(plan);
    if (constant && !variant.settings.empty()) continue;  // depth matters in k
    plan.variable = "n";
    plan.base = {.p = p, .k = 4, .ragged = middle.ragged};
    plan.label = std::string(construction.name) + ", k = 4";
    plan.deepens = construction.deepens;  // at one k a knob of layers has one value
    plans.push_back(plan);
  }
  return plans;
}

}  // namespace roundoff::analyzer
