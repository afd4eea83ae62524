// Text for people: what came from a file or a command line may hold characters that move a terminal's cursor, set
// its title or worse. They are shown, not sent.
#pragma once

#include <string>
#include <string_view>

#include "cli/names.hpp"

namespace roundoff::cli {

/// Control characters but the line feed as \x1b, bytes that are no UTF-8 likewise; all else as it is.
std::string printable(std::string_view text);
/// The same in one line, as errors and warnings are: line feeds as \x0a, too.
std::string printable_line(std::string_view text);

}  // namespace roundoff::cli
