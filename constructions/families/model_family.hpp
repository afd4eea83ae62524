// A family of model files is a construction: a path with {n}, {k}, {p}, {l}, {c} or {format} in it, which names a
// file for every size (and format). It is verified, minimised, swept and reported as one that is built here.
// Or a command that writes the model of a size: "generator:python3 gen.py {n} {format}".
#pragma once

#include <string>
#include <string_view>

#include "constructions/construction.hpp"

namespace roundoff::constructions {

/// The name of the family that a command writes. Split at blanks, placeholders put in afterwards; no shell.
std::string generated_family(std::string_view command);

/// Whether a name is such a path or command.
bool is_model_family(std::string_view name);
/// Whether it is a command.
bool is_generated_family(std::string_view name);

/// Whether another size of this letter may be another model of the family.
bool depends_on(std::string_view name, char letter);

/// The record of a family, made once. The task, with its parameters, and the format family are those that the model
/// of the smallest size says. UsageError where there is no file for sizes up to 64 (FileError: where the command fails
/// at the first ones), or it names no task or format.
const Construction& model_family(std::string_view pattern);

}  // namespace roundoff::constructions
