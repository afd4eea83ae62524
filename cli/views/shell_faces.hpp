// The registry of commands as other programs read it: completions of shells, the man page, one JSON document. Made
// from the same declarations as --help, so that they cannot fall behind.
#pragma once

#include <string>
#include <string_view>

#include "cli/names.hpp"
#include "cli/views/answer.hpp"

namespace roundoff::cli {

/// {"schema": "roundoff/help/1", "commands": [{"name", "summary", "options": [{"names", "value", ...}]}]}.
Json commands_json();

/// A script for `shell`: bash, zsh or fish. Words, options, and the values of options that have few.
std::string completions(std::string_view shell);

/// roundoff(1) in roff.
std::string man_page();

}  // namespace roundoff::cli
