// A model at one position, cut where attention runs over the keys: what is done to one position, to a query and a
// key, to a score, a weight and a running sum, each as a function of values. They are cones of one recorded program,
// so that every operation is the executor's own.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "analyzer/automata/interner.hpp"
#include "analyzer/names.hpp"
#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"
#include "sim/program/program.hpp"

namespace roundoff::analyzer::automata {

using Values = std::vector<Value>;
/// Nothing: the run traps.
template <class Thing>
using Outcome = std::optional<Thing>;

/// Nodes that compute `targets` from `pinned` ones and constants.
struct Cone {
  std::vector<NodeId> pinned, nodes, targets;
};

/// A head of a layer.
struct HeadCut {
  Cone score;                   ///< query, key -> s_j
  std::optional<Cone> shift;    ///< of stable softmax and hard attention: s_j, max -> e_j
  Cone term;                    ///< of others: s_j -> e_j
  Cone weight;                  ///< e_j, Z -> a_j; of hard_first and hard_last: e_j, e before it -> a_j
  std::vector<Cone> output;     ///< by entry: numerator, Z -> o_t
  Cone more;                    ///< softmax_one: max -> the term that comes last in Z
  std::optional<Value> beside;  ///< softmax_one, stable: the score that is always there
  NodeId z = no_node;           ///< the sum that is divided by, where there is one
  std::vector<NodeId> mix;      ///< the sums of rnd(a_j v_jt)
};

struct LayerCut {
  Cone enter;  ///< stream -> stream after a projection, and of every head: query, key, value
  Cone leave;  ///< that stream, all heads' outputs -> stream
  std::vector<HeadCut> heads;
  std::size_t stream = 0, d_k = 0, d_v = 0;
  /// Nothing in the layer can trap, whatever comes in.
  bool safe = false;
};

class OnePosition {
 public:
  /// The model has no positions, or periodic ones. Throws Trap where a weight does.
  OnePosition(const Model& model, const Policy& policy);

  int phases() const { return phases_; }
  std::size_t layers() const { return layers_.size(); }
  const LayerCut& layer(std::size_t l) const { return layers_[l]; }
  const Program& program() const { return program_; }

  Outcome<Values> embed(Token token, int phase);
  /// The arg max.
  Outcome<Token> choose(const Values& stream);
  Outcome<Values> run(const Cone& cone, const Values& pinned);

 private:
  Cone cone(std::vector<NodeId> pinned, std::vector<NodeId> targets) const;
  HeadCut head(std::size_t layer, int h, const Attention& attention) const;
  bool safe(NodeId first, NodeId last) const;

  Program program_;
  int phases_ = 1;
  std::vector<std::vector<NodeId>> embedded_;  ///< by phase
  std::vector<Cone> embeddings_;
  std::vector<LayerCut> layers_;
  Cone choice_;
  std::vector<Value> values_;
  std::vector<Token> tokens_;
};

}  // namespace roundoff::analyzer::automata
