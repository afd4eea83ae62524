// Files are written whole or not at all: into a file beside, which then takes the name. What is no regular file
// (a device, a pipe) is written to as it stands.
#pragma once

#include <string>
#include <string_view>

#include "sim/names.hpp"

namespace roundoff::sim {

/// FileError that names the path and the system's reason; nothing is left behind then.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace roundoff::sim
