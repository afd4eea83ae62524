// Reading a file that a user names: regular files only, so that a folder, a device or a pipe is an error and
// never an empty answer or an endless wait.
#pragma once

#include <string>

#include "sim/names.hpp"

namespace roundoff::sim {

/// The bytes of a regular file. FileError that names the path and says what it is.
std::string read_text_file(const std::string& path);

/// FileError where there is something at the path that is no regular file.
void refuse_no_file(const std::string& path);

}  // namespace roundoff::sim
