// Where a proof may be cut: some quantities of the specification become free variables. What holds for all
// values of them holds for those that occur; what fails may be spurious.
#pragma once

#include <cstdint>
#include <string_view>

#include "analyzer/names.hpp"

namespace roundoff::analyzer::diagrams {

enum class Cut : std::uint8_t {
  none,
  columns,  ///< the sums of the columns: of the operands' digits, of the digits' products; in groups
  lines,    ///< chains of thought: the lines before the one that is proved
};
std::string_view name(Cut cut);
/// FileError for what is no cut.
Cut parse_cut(std::string_view name);

}  // namespace roundoff::analyzer::diagrams
