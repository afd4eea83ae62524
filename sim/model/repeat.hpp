// Looped transformers: layers that are run several times in turn, as often as an expression in the size says
// (semantics.md, section 3).
#pragma once

#include "formats/notation/family.hpp"
#include "sim/model/model.hpp"

namespace roundoff::sim {

/// Whether rotary positions of sequences of so many positions depend on their length (Rotary::Dynamic).
bool stretches(const Model& model, int positions);

/// The model at a size: every repetition written out, `again` set in copies, stretched rotary positions as N says. UsageError for an expression that makes
/// no sense, lacks a variable, or is not 1 to 4096, and for layers that do not fit themselves.
Model unrolled(const Model& model, const Bindings& size);

}  // namespace roundoff::sim
