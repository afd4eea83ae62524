// The executor, written once: it records the rounded operations of a model, in the order of semantics.md,
// section 3.
//
// Which role's format an operation rounds to: embeddings add in `activations`; queries are `activations`;
// keys and values are `cache`; scores (and the scale) are `scores`; s - max, exp, Z and the weights are
// `softmax`; everything written to the residual stream is `activations`; logits are `logits`. A dot product
// and its bias are formed in `accumulators` and rounded once more to the role that receives them. Weights are
// rounded to `weights` when recorded.
#pragma once

#include <string>

#include "sim/program/program.hpp"

namespace roundoff::sim {

struct RecordOptions {
  bool all_outputs =
      false;  ///< record logits at every position (a trace wants them), not only at output positions
  /// Leave out the terms with a zero weight, where that provably changes no bit (`zero_weights_exact`): the
  /// record of a wide sparse model stays small. Off: every operation of the semantics is recorded.
  bool skip_zero_weights = false;
  /// Record what is the same for every input of the shape as the constant that it is (but what traps on
  /// constants stays an operation): most of a construction; and an operation on the same operands once, so
  /// that output positions that compute the same share it. Not under stochastic rounding. Off: every
  /// operation is recorded.
  /// Left out as well, where nothing in it can trap: what positions without an output compute after the keys
  /// and values of the last attention.
  bool fold = false;
  /// No infinity and no NaN can occur (finite.hpp): `record` finds out where that shortens the record.
  bool finite = false;
  /// Keep weights as the model has them instead of rounding them: what explanations compare with. The nodes
  /// are the same but for constants, of which there is one a distinct value.
  bool exact_weights = false;
  Watch watch = {};  ///< told at every position
};

/// The program of a model on a sequence shape; dots are n-ary. UsageError where the model has too few
/// positions or another vocabulary than the shape.
Program record(const Model& model, const Policy& policy, const SequenceShape& shape,
               const RecordOptions& options = {});

/// Whether leaving out terms 0 * x of a reduction in `format` changes no bit. 0 * x = 0 needs that x is never
/// inf or NaN; s + 0 = s needs that s is never -0 (a sum that starts with -0 + 0 is +0); the draws of
/// stochastic rounding are counted by term; a sum of terms that are all zero must stay a zero of the same
/// sign; a tree or a block splits by index. So: a plain format, sequential or exact order, not stochastic.
bool zero_weights_exact(const Format& format, const Reduction& reduction);

/// The first weight that its format does not hold exactly, as "tok_emb[2][3] = 0x1.cp+2 is not in
/// fixed(2,0)", or "".
std::string inexact_weight(const Model& model, const Policy& policy);

}  // namespace roundoff::sim
