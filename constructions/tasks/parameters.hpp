// What the tasks of the registry read from their parameters.
#pragma once

#include <string>
#include <string_view>

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

/// A whole number in least .. most. UsageError that names the parameter.
int whole(const Parameters& parameters, std::string_view name, int least, int most);

/// "dyck1:depth=4": the name, and what is not its standard.
std::string spec_of(const TaskEntry& entry, const Parameters& parameters);

}  // namespace roundoff::constructions
