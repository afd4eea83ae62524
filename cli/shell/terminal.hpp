// The terminal that standard output may be: how wide it is.
#pragma once

#include <cstddef>

#include "cli/names.hpp"

namespace roundoff::cli {

/// What --wide sets: tables are not fitted.
bool& wide_tables();
/// From now on tables fit the terminal on standard output, if there is one, and unless --wide.
void fit_tables_to_terminal();
/// Letters that a line of a table may have; 0: as many as it takes.
std::size_t table_width();

}  // namespace roundoff::cli
