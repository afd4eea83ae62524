// A run in words and numbers, layer by layer: what every position carries, and where its heads look.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/names.hpp"
#include "sim/model/model.hpp"
#include "sim/program/program.hpp"
#include "sim/program/reference.hpp"

namespace roundoff::cli {

/// Of a program that records all outputs. `tokens`: the sequence, as text, as far as it came. Lines of at most 80
/// characters where names are short.
std::string walk_text(const Model& model, const Program& program, const Reference& reference,
                      const std::vector<std::string>& tokens, const std::vector<std::string>& vocabulary);

/// The name of a residual register, or "x3".
std::string register_name(const Model& model, int index);

}  // namespace roundoff::cli
