// Constructions from outside the registry: a program hands one in, with the texts that its views point into, and from
// then on every search finds it by its name, like those of registry.cpp. (The Python module does.)
#pragma once

#include <string>
#include <vector>

#include "constructions/construction.hpp"

namespace roundoff::constructions {

struct AdoptedConstruction {
  std::string name, task, family, summary;
  Regime regime = Regime::logarithmic;
  OwnSemantics own = {};
  struct Knob {
    std::string name;
    std::function<int(const TaskSize&)> standard, least, most;
  };
  std::vector<Knob> knobs;
  std::function<std::string(const TaskSize&, const Policy&, const Settings&)> refuses;
  Builder build;
};

/// One of the same name takes the place of an earlier one, which stays valid for who holds it. UsageError for a name of
/// the registry, of a file or of a family of files, and for a task or a format family that is none.
const Construction& adopt(AdoptedConstruction construction);

/// By name, or null.
const Construction* adopted(std::string_view name);
/// The names, in order.
std::vector<std::string_view> adopted_names();

}  // namespace roundoff::constructions
