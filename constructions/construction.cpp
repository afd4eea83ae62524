// Looking constructions up, completing their knobs, and building after asking whether they can run; the list
// itself is registry.cpp.
#include "constructions/construction.hpp"

#include <fmt/format.h>

#include "constructions/adopted.hpp"
#include "constructions/families/model_family.hpp"
#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::constructions {

const Construction& find_construction(std::string_view name) {
  if (is_model_family(name)) return model_family(name);
  std::vector<std::string_view> names;
  for (const Construction& construction : all_constructions()) {
    if (construction.name == name) return construction;
    names.push_back(construction.name);
  }
  if (const Construction* found = adopted(name)) return *found;
  for (const std::string_view other : adopted_names()) names.push_back(other);
  throw UsageError(fmt::format("unknown construction '{}'{}", name, did_you_mean(name, names)));
}

Policy policy_for(const Construction& construction, const Format& format, const PolicyLayer& chosen,
                  const Bindings& bindings) {
  Policy policy = Policy::uniform(format);
  const OwnSemantics& own = construction.own;
  const bool wraps = format.layout == Layout::twos || format.layout == Layout::ufixed;
  if (own.accumulators && (wraps || *own.accumulators != Overflow::wrap))
    policy[Role::accumulators].overflow = *own.accumulators;
  policy.order = own.order;
  return laid(policy, chosen, bindings);
}

Settings complete(const Construction& construction, const TaskSize& size, const Settings& given) {
  std::vector<std::string_view> names;
  for (const Knob& knob : construction.knobs) names.push_back(knob.name);
  for (const auto& [name, value] : given) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw UsageError(fmt::format("{} has no knob '{}'{}", construction.name, name,
                                   names.empty() ? "; it has none" : did_you_mean(name, names)));
    }
  }
  Settings settings;
  for (const Knob& knob : construction.knobs) {
    const auto found = given.find(knob.name);
    const int value = found == given.end() ? knob.standard(size) : found->second;
    const int least = knob.least(size), most = knob.most(size);
    if (value < least || value > most) {
      throw UsageError(
          fmt::format("{} = {}: {} takes {} to {} here", knob.name, value, construction.name, least, most));
    }
    settings.emplace(knob.name, value);
  }
  return settings;
}

Model build(const Construction& construction, const Task& task, const Policy& policy,
            const Settings& settings) {
  if (task.spec() != construction.task) {
    throw UsageError(fmt::format("{} solves {}, not {}", construction.name, construction.task, task.spec()));
  }
  const std::string reason = construction.refuses(task.size(), policy, settings);
  if (!reason.empty()) throw UsageError(fmt::format("{}: {}", construction.name, reason));
  Model model = construction.build(task, policy, settings);
  model.name = construction.name;
  validate(model);
  return model;
}

}  // namespace roundoff::constructions
