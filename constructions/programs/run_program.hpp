// Programs of a user's: what answers a task, or writes a model. None is run unless the command line says so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "constructions/names.hpp"

namespace roundoff::constructions {

/// Said once, by the face that has the user's word for it.
void allow_programs();

/// A command's words, split at blanks: no shell, no quotes.
std::vector<std::string> command_words(std::string_view command);

/// Everything that the program writes to its standard output, when `input` is all that it reads. It runs in `folder`
/// ("": here) and is ended after `seconds`. UsageError where programs are not allowed; FileError, led by `who`,
/// where it cannot be run, ends with another code than 0, or takes longer.
std::string run_program(const std::vector<std::string>& words, const std::string& folder,
                        std::string_view input, double seconds, const std::string& who);

}  // namespace roundoff::constructions
