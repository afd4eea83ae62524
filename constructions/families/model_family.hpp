// A family of model files is a construction: a path with {n}, {k}, {p}, {l}, {c} or {format} in it, which names a
// file for every size (and format). It is verified, minimised, swept and reported as one that is built here.
#pragma once

#include <string_view>

#include "constructions/construction.hpp"

namespace roundoff::constructions {

/// Whether a name is such a path.
bool is_model_family(std::string_view name);

/// The record of a family, made once. The task, with its parameters, and the format family are those that the file
/// of the smallest size says. UsageError where there is no file for sizes up to 64, or it names no task or format.
const Construction& model_family(std::string_view pattern);

}  // namespace roundoff::constructions
