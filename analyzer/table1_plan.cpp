// Which series a construction has in Table 1.
//
// In logarithmic precision a knob trades width for bits: the standard settings are a series, and so are small
// values of each knob. In constant precision the format is given, and knobs are scanned for the least width.
// A knob that changes the number of layers is another matter: the theorems speak of a constant number, so
// that each small value is a series of its own, and the free choice is one in which the depth may grow.
#include <algorithm>

#include <fmt/format.h>

#include "analyzer/table1_series.hpp"
#include "formats/error.hpp"

namespace roundoff {
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
    bool deepens;
    std::string tag;
  };
  std::vector<Variant> variants;
  bool free_depth = false;
  for (const Knob& knob : construction.knobs) {
    const std::string name(knob.name);
    const bool deeper = deepens(construction, knob, middle);
    free_depth |= constant && deeper;
    if (constant != deeper) continue;
    const int least = knob.least(middle), standard = knob.standard(middle);
    std::vector<int> values = {least, least + 1, least + 2};
    if (quick && constant && !beyond) values = {least};
    if (quick && !constant) values = {standard == least + 1 ? least : least + 1};
    for (const int value : values) {
      if (!constant && value == standard) continue;
      variants.push_back({{{name, value}}, false, fmt::format(" {}={}", name, value)});
    }
  }
  if (constant && free_depth)
    variants.push_back({{}, true, ", depth grows"});
  else
    variants.insert(variants.begin(), {{}, false, ""});

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
    SeriesPlan plan{&construction,
                    std::string(construction.name) + variant.tag,
                    "n",
                    variant.settings,
                    {.p = p, .ragged = middle.ragged},
                    variant.deepens,
                    beyond ? std::vector<int>{1, 2, 3} : std::vector<int>{1}};
    if (variables.size() == 1) {
      plan.variable = variables.front();
      plans.push_back(plan);
      continue;
    }
    plan.variable = "k";
    plan.base.n = 2;
    plan.label += ", n = 2";
    plans.push_back(plan);
    if (constant && !variant.settings.empty()) continue;  // depth matters in k
    plan.variable = "n";
    plan.base = {.p = p, .k = 4, .ragged = middle.ragged};
    plan.label = std::string(construction.name) + variant.tag + ", k = 4";
    plan.deepens = false;  // at one k the depth is one
    plans.push_back(plan);
  }
  return plans;
}

}  // namespace roundoff
