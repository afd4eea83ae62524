// A table on a page that is too narrow for it: long words are cut, and where that is not enough its columns go on
// below, after the columns that name the rows.
#pragma once

#include "cli/views/answer.hpp"

namespace roundoff::cli {

/// Tables to be shown one below the other, none with a line of more than `width` letters where a number or a title has
/// no more; cut words end in "..". One table, as it is, where it fits. Together they have all columns.
std::vector<Table> fitted(const Table& table, std::size_t width);

}  // namespace roundoff::cli
