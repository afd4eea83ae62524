// Edit distance and the sentence around it; see names.hpp.
#include "constructions/names.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace roundoff {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string unknown_name(std::string_view kind, std::string_view name,
                         std::span<const std::string_view> names) {
  std::string message = fmt::format("unknown {} '{}'", kind, name);
  const auto nearest =
      std::min_element(names.begin(), names.end(), [&](std::string_view a, std::string_view b) {
        return edit_distance(name, a) < edit_distance(name, b);
      });
  if (nearest != names.end() && edit_distance(name, *nearest) <= 1 + name.size() / 3) {
    message += fmt::format(": did you mean '{}'?", *nearest);
  }
  if (!names.empty()) message += fmt::format(" There are {}", fmt::join(names, ", "));
  return message;
}

}  // namespace roundoff
