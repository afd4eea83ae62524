// See parameters.hpp.
#include "constructions/tasks/parameters.hpp"

#include <charconv>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::constructions {

int whole(const Parameters& parameters, std::string_view name, int least, int most) {
  const std::string& text = parameters.find(name)->second;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most)
    throw UsageError(fmt::format("the task's parameter {} = {}: give a whole number from {} to {}", name,
                                 text, least, most));
  return value;
}

std::string spec_of(const TaskEntry& entry, const Parameters& parameters) {
  std::string text(entry.name);
  char separator = ':';
  for (const Parameter& parameter : entry.parameters) {
    const std::string& value = parameters.find(parameter.name)->second;
    if (value == parameter.standard) continue;
    text += fmt::format("{}{}={}", separator, parameter.name, value);
    separator = ',';
  }
  return text;
}

}  // namespace roundoff::constructions
