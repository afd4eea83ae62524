#include "constructions/adopted.hpp"

#include <algorithm>
#include <deque>
#include <mutex>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/family.hpp"

namespace roundoff::constructions {
namespace {

/// A construction and its record, whose views point into it; it never moves.
struct Adopted {
  AdoptedConstruction texts;
  Construction record{};
};

struct AdoptedList {
  std::mutex mutex;
  std::deque<Adopted> all;  ///< later ones of a name stand for it
};

AdoptedList& adopted_list() {
  // Never let go of: what it holds may belong to an interpreter that ends first.
  static AdoptedList& list = *new AdoptedList;
  return list;
}

}  // namespace

const Construction& adopt(AdoptedConstruction construction) {
  for (const Construction& known : all_constructions())
    if (known.name == construction.name)
      throw UsageError(
          fmt::format("the name {} is taken by a construction of the registry; take another", known.name));
  if (construction.name.empty() || construction.name.find_first_of("/{}. \t\n") != std::string::npos ||
      construction.name.starts_with('-'))
    throw UsageError(
        fmt::format("'{}' is no name for a construction: letters, digits, - and _", construction.name));
  find_task(construction.task);
  FormatFamily{construction.family};
  AdoptedList& list = adopted_list();
  const std::lock_guard lock(list.mutex);
  list.all.push_back({std::move(construction), {}});
  Adopted& made = list.all.back();
  const AdoptedConstruction& texts = made.texts;
  Construction& record = made.record;
  record.name = texts.name;
  record.task = texts.task;
  record.theorem = "from outside";
  record.regime = texts.regime;
  record.family = texts.family;
  record.summary = texts.summary;
  for (const AdoptedConstruction::Knob& knob : texts.knobs)
    record.knobs.push_back({.name = knob.name,
                            .summary = "",
                            .standard = knob.standard,
                            .least = knob.least,
                            .most = knob.most});
  record.own = texts.own;
  record.refuses = texts.refuses;
  record.build = texts.build;
  return record;
}

const Construction* adopted(std::string_view name) {
  AdoptedList& list = adopted_list();
  const std::lock_guard lock(list.mutex);
  const auto found = std::find_if(list.all.rbegin(), list.all.rend(),
                                  [&](const Adopted& one) { return one.texts.name == name; });
  return found == list.all.rend() ? nullptr : &found->record;
}

std::vector<std::string_view> adopted_names() {
  AdoptedList& list = adopted_list();
  const std::lock_guard lock(list.mutex);
  std::vector<std::string_view> names;
  for (const Adopted& one : list.all)
    if (std::find(names.begin(), names.end(), one.texts.name) == names.end())
      names.emplace_back(one.texts.name);
  return names;
}

}  // namespace roundoff::constructions
