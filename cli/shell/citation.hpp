// How to cite the program and the paper.
#pragma once

#include <string>

#include "cli/names.hpp"

namespace roundoff::cli {

/// BibTeX of both.
std::string citation();

}  // namespace roundoff::cli
