// The blocks of a transformer, each the spelling of semantics.md, section 3, on a tape (tape.hpp): one file a
// block, prepared once per model and applied at every position in turn. A new block is a file here and a line in
// transformer.cpp, which strings them together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/blocks/tape.hpp"
#include "sim/model/quantise.hpp"

namespace roundoff::sim {

/// rnd(tok + pos), both rounded to the weights' format first.
template <class Tape>
class EmbeddingBlock {
 public:
  EmbeddingBlock(Tape& tape, const Model& model);
  typename Tape::Entries apply(Tape& tape) const;

 private:
  const Model* model_;
  typename Tape::Embedding tokens_;
  std::optional<typename Tape::Entries> scale_;
};

/// RMSNorm and LayerNorm, step by step in theory-notes/norms.md. The result has the format of `receiver`.
template <class Tape>
class NormBlock {
 public:
  using Entries = typename Tape::Entries;
  NormBlock(Tape& tape, const Norm& norm, int width, SiteName name);
  /// `first_index` numbers the entries of a part of a vector (a head of QK-norm).
  Entries apply(Tape& tape, const Entries& x, Role receiver, int first_index = 0) const;

 private:
  Norm::Kind kind_;
  SiteName name_;
  Entries width_;
  std::optional<Entries> epsilon_, weight_, bias_;
  bool cast_first_ = false;
};

/// Rotary positions, step by step in theory-notes/rotary.md.
template <class Tape>
class RotaryBlock {
 public:
  using Entries = typename Tape::Entries;
  explicit RotaryBlock(const Rotary& rotary);
  Entries query(Tape& tape, const Entries& x, int size, int head) const;
  Entries key(Tape& tape, const Entries& x, int size, int group) const;

 private:
  /// Of a vector of `size` entries; `set` is the set of phases (-1: none).
  Entries turned(Tape& tape, const Entries& x, int size, int set, Role role, SiteName name,
                 int first_index) const;

  const Rotary* rotary_;
};

/// A vector through a quantiser of sim/model/quantise.hpp, by operations whose scale depends on the data. No name,
/// no operation.
template <class Tape>
class QuantiserBlock {
 public:
  using Entries = typename Tape::Entries;
  explicit QuantiserBlock(const std::string& name);
  /// Of a vector of `size` entries. The steps stand at inner sites of `name`.
  Entries apply(Tape& tape, const Entries& x, int size, Role role, SiteName name) const;

 private:
  std::optional<Quantiser> quantiser_;
};

/// A linear map: W x + b, or W rnd(A x) + b.
template <class Tape>
class MapBlock {
 public:
  using Entries = typename Tape::Entries;
  MapBlock(Tape& tape, const Linear& map, bool in_layer = true);
  /// `x` has been through the quantiser of activations; so does what stands between the factors. `inner`: a step
  /// before others of that name.
  Entries apply(Tape& tape, const Entries& x, Role role, SiteName name, bool inner = false);

 private:
  std::optional<typename Tape::Map> factor_;
  typename Tape::Map outer_;
  int rank_ = 0;
  QuantiserBlock<Tape> activations_;
};

/// y = rnd(cap * rnd(tanh(rnd(x / cap)))); without a cap, no operation.
template <class Tape>
class CapBlock {
 public:
  using Entries = typename Tape::Entries;
  CapBlock(Tape& tape, const std::optional<Value>& cap, Role role);
  explicit operator bool() const { return cap_.has_value(); }
  Entries apply(Tape& tape, const Entries& x, const Place& where) const;

 private:
  std::optional<Entries> cap_;
  Role role_;
};

/// Multi-head attention under the policy's mask; remembers the keys and values of the positions so far.
template <class Tape>
class AttentionBlock {
 public:
  using Entries = typename Tape::Entries;
  AttentionBlock(Tape& tape, const Attention& attention);
  /// The keys and values of a position whose own outcome nothing reads; `project` remembers them as well.
  void remember(Tape& tape, const Entries& input) { remember_quantised(tape, quantised_input(tape, input)); }
  /// The queries of a position, whose keys and values are remembered.
  Entries project(Tape& tape, const Entries& input);
  /// What a position's queries find among those it sees, which have been remembered.
  Entries attend(Tape& tape, const Entries& queries);

 private:
  /// Of one head: a_j, or under `divide = last` e_j and their sum Z.
  struct Weights {
    Entries list;
    std::optional<Entries> total;
  };
  Entries quantised_input(Tape& tape, const Entries& input) const;
  void remember_quantised(Tape& tape, const Entries& x);
  Entries scores(Tape& tape, const Entries& query, int head) const;
  Weights weights(Tape& tape, const Entries& scores, int head) const;
  Entries hard_weights(Tape& tape, const Entries& scores, int head) const;

  const Attention* attention_;
  MapBlock<Tape> query_, key_, value_, output_;
  std::optional<NormBlock<Tape>> query_norm_, key_norm_;
  std::optional<RotaryBlock<Tape>> rotary_;
  std::optional<Entries> scale_;
  CapBlock<Tape> cap_;
  std::vector<Entries> slopes_;
  int d_k_ = 0, d_v_ = 0;
  bool z_is_positive_ = false;
  QuantiserBlock<Tape> activations_, cache_;
  typename Tape::Memory memory_;
};

template <class Tape>
class FeedForwardBlock {
 public:
  using Entries = typename Tape::Entries;
  FeedForwardBlock(Tape& tape, const FeedForward& ff);
  Entries apply(Tape& tape, const Entries& input);

 private:
  int width_, units_;
  MapBlock<Tape> in_, out_;
  std::optional<MapBlock<Tape>> gate_;
  Function activation_;
  QuantiserBlock<Tape> activations_;
};

/// Logits and the arg max (or the arg min: the arg max of rnd(0 - logit)), ties to the lowest token index.
template <class Tape>
class HeadBlock {
 public:
  using Entries = typename Tape::Entries;
  HeadBlock(Tape& tape, const Model& model);
  Entries logits(Tape& tape, const Entries& x);
  typename Tape::Choice choose(Tape& tape, const Entries& logits) const;

 private:
  MapBlock<Tape> unembedding_;
  CapBlock<Tape> cap_;
  int candidates_;
  std::optional<Entries> zero_;  // of an arg min
};

}  // namespace roundoff::sim
