// The blocks of a transformer, each a recorder of semantics.md, section 3: one file a block, prepared once
// per model and applied at every position in turn. A new block is a file here and a line in sim/program/record.cpp,
// which strings them together.
#pragma once

#include <optional>
#include <vector>

#include "sim/program/recorder.hpp"

namespace roundoff::sim {

/// rnd(tok + pos), both rounded to the weights' format first.
class EmbeddingBlock {
 public:
  EmbeddingBlock(Recorder& tape, const Model& model);
  std::vector<NodeId> apply(Recorder& tape) const;

 private:
  const Model* model_;
  int first_table_ = 0;
};

/// RMSNorm and LayerNorm, step by step in theory-notes/norms.md. The result has the format of `receiver`.
class NormBlock {
 public:
  NormBlock(Recorder& tape, const Norm& norm, int width, SiteName name);
  /// `first_index` numbers the entries of a part of a vector (a head of QK-norm).
  std::vector<NodeId> apply(Recorder& tape, const std::vector<NodeId>& x, Role receiver,
                            int first_index = 0) const;

 private:
  Norm::Kind kind_;
  SiteName name_;
  NodeId width_, epsilon_ = no_node;
  std::vector<NodeId> weight_, bias_;
};

/// Rotary positions, step by step in theory-notes/rotary.md.
class RotaryBlock {
 public:
  explicit RotaryBlock(const Rotary& rotary);
  std::vector<NodeId> query(Recorder& tape, const std::vector<NodeId>& x, int head) const;
  std::vector<NodeId> key(Recorder& tape, const std::vector<NodeId>& x, int group) const;

 private:
  std::vector<NodeId> turned(Recorder& tape, const std::vector<NodeId>& x, const Value* phases, Role role,
                             SiteName name, int first_index) const;

  const Rotary* rotary_;
};

/// A vector through a quantiser of sim/model/quantise.hpp, by operations whose scale depends on the data. No name,
/// no operation.
class QuantiserBlock {
 public:
  explicit QuantiserBlock(const std::string& name);
  /// The steps stand at inner sites of `name`.
  std::vector<NodeId> apply(Recorder& tape, const std::vector<NodeId>& x, Role role, SiteName name) const;

 private:
  std::optional<Quantiser> quantiser_;
};

/// Multi-head attention under the policy's mask; remembers the keys and values of the positions so far.
class AttentionBlock {
 public:
  AttentionBlock(Recorder& tape, const Attention& attention);
  /// The keys and values of a position whose own outcome nothing reads; `project` remembers them as well.
  void remember(Recorder& tape, const std::vector<NodeId>& input) {
    remember_quantised(tape, activations_.apply(tape, input, Role::activations, SiteName::q));
  }
  /// The queries of a position, whose keys and values are remembered.
  std::vector<NodeId> project(Recorder& tape, const std::vector<NodeId>& input);
  /// What the position's queries find among the positions it sees; these have been remembered.
  std::vector<NodeId> attend(Recorder& tape, const std::vector<NodeId>& queries);

 private:
  /// Of one head: a_j, or under `divide = last` e_j and their sum Z.
  struct Weights {
    std::vector<NodeId> list;
    NodeId total = no_node;
  };
  void remember_quantised(Recorder& tape, const std::vector<NodeId>& x);
  std::vector<NodeId> scores(Recorder& tape, OperandList query, int head) const;
  Weights weights(Recorder& tape, std::vector<NodeId> scores, int head) const;
  std::vector<NodeId> hard_weights(Recorder& tape, const std::vector<NodeId>& scores, int head) const;

  const Attention* attention_;
  RecordedLinear query_, key_, value_, output_;
  std::optional<NormBlock> query_norm_, key_norm_;
  std::optional<RotaryBlock> rotary_;
  NodeId scale_ = no_node, zero_ = no_node, one_ = no_node;
  std::vector<NodeId> slopes_;
  int d_k_ = 0, d_v_ = 0;
  bool z_is_positive_ = false;
  QuantiserBlock activations_, cache_;
  std::vector<OperandList> keys_;      // [position * groups + group], d_k nodes
  std::vector<std::uint32_t> values_;  // [group * d_v + t]: a list with room for every position
};

class FeedForwardBlock {
 public:
  FeedForwardBlock(Recorder& tape, const FeedForward& ff);
  std::vector<NodeId> apply(Recorder& tape, const std::vector<NodeId>& input);

 private:
  RecordedLinear in_, out_;
  std::optional<RecordedLinear> gate_;
  Function activation_;
  QuantiserBlock activations_;
};

/// Logits and the arg max (or the arg min: the arg max of rnd(0 - logit)), ties to the lowest token index.
class HeadBlock {
 public:
  HeadBlock(Recorder& tape, const Model& model);
  NodeId apply(Recorder& tape, const std::vector<NodeId>& x);

 private:
  RecordedLinear unembedding_;
  NodeId zero_ = no_node;  // of an arg min
};

}  // namespace roundoff::sim
