// Looped transformers: layers that are run several times in turn, as often as an expression in the size says
// (semantics.md, section 3).
#pragma once

#include "formats/notation/family.hpp"
#include "sim/model/model.hpp"

namespace roundoff::sim {

/// The model at a size: every repetition written out, `again` set in copies. UsageError for an expression that makes
/// no sense, lacks a variable, or is not 1 to 4096, and for layers that do not fit themselves.
Model unrolled(const Model& model, const Bindings& size);

}  // namespace roundoff::sim
