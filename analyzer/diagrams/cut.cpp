#include "analyzer/diagrams/cut.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer::diagrams {
namespace {

constexpr std::array<std::string_view, 3> names = {"none", "columns", "lines"};

}  // namespace

std::string_view name(Cut cut) { return names[static_cast<std::size_t>(cut)]; }

Cut parse_cut(std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) throw FileError(fmt::format("'{}' is no cut known here", text));
  return static_cast<Cut>(found - names.begin());
}

}  // namespace roundoff::analyzer::diagrams
