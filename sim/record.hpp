// The executor, written once: it records the rounded operations of a model, in the order of semantics.md.
#pragma once

#include "sim/program.hpp"

namespace roundoff {

/// The unoptimised program: every operation of the semantics, zero weights and masked-in positions included, dots n-ary.
/// `all_outputs` records logits at every position (a trace wants them); otherwise only at output positions.
/// UsageError where the model lacks positions for the shape, or a weight does not fit its format and the policy asks
/// for exact weights.
Program record(const Model& model, const Policy& policy, const SequenceShape& shape);

/// The first weight that its format does not hold exactly, as "tok_emb[2][3] = 7 is not in fixed(2,0)", or "".
std::string inexact_weight(const Model& model, const Policy& policy);

}  // namespace roundoff
