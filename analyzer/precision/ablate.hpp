// Which role of a policy costs what: one at a time, alone (everything else as in the first policy) and left out
// (everything else as in the second one); and the fewest bits a role can do with.
#pragma once

#include "analyzer/precision/compare.hpp"

namespace roundoff::analyzer {

/// A part of a policy that can be exchanged by itself: a role's format with its quantiser, or an option.
struct PolicyPart {
  std::string name;  ///< "weights", ..., "order", "dot", "softmax"
  void (*move)(const Policy& from, Policy& to, int role) = nullptr;
  int role = -1;
};
/// The parts in which two policies differ.
std::vector<PolicyPart> differing_parts(const Policy& a, const Policy& b);

struct Ablation {
  struct Row {
    std::string part;
    Comparison alone;     ///< from -> from with this part of to
    Comparison left_out;  ///< from -> to with this part of from
  };
  Comparison all;         ///< from -> to
  std::vector<Row> rows;  ///< what costs most alone comes first: by divergence, then by name
};
Ablation ablate(const Model& model, const Policy& from, const Policy& to, const TokenBlocks& blocks,
                const PrecisionOptions& options);

/// A role under float(e, p) with one of the two varied, all else as in `from`.
struct BitsScan {
  struct Row {
    int bits = 0;
    Format format;
    Comparison against;  ///< from -> this
    bool enough = false;
  };
  std::vector<Row> rows;   ///< most bits first
  int least = 0;           ///< from which on all are enough; 0: none
  std::vector<int> below;  ///< fewer bits that are enough by themselves
};
struct BitsGoal {
  bool no_flips = false;  ///< else the mean loss may rise by at most
  double loss = 0;
};
BitsScan least_bits(const Model& model, const Policy& from, Role role, bool exponent, const BitsGoal& goal,
                    const TokenBlocks& blocks, const PrecisionOptions& options);

}  // namespace roundoff::analyzer
