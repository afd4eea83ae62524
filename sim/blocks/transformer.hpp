// A whole transformer on a tape: its blocks in the order in which a position runs through them. Who holds one
// says at which positions the tape stands, and walks the layers.
#pragma once

#include "sim/blocks/blocks.hpp"

namespace roundoff::sim {

/// UsageError where the model has no room for so many positions.
void require_positions(const Model& model, int positions);

template <class Tape>
class Transformer {
 public:
  using Entries = typename Tape::Entries;
  Transformer(Tape& tape, const Model& model);

  std::size_t layers() const { return layers_.size(); }
  Entries embed(Tape& tape) const { return embedding_.apply(tape); }
  /// A position in the middle of a layer: before its queries look at what there is.
  struct Entered {
    Entries x, queries;
  };
  Entered enter(Tape& tape, std::size_t l, Entries x);
  Entries leave(Tape& tape, std::size_t l, Entered in);
  Entries layer(Tape& tape, std::size_t l, Entries x) { return leave(tape, l, enter(tape, l, std::move(x))); }
  /// What later positions read of a position at the last attention: its keys and values.
  void remember(Tape& tape, std::size_t l, const Entries& x) { layers_[l].attention->remember(tape, x); }
  Entries logits(Tape& tape, const Entries& x) { return head_.logits(tape, normed(tape, final_norm_, x)); }
  typename Tape::Choice choose(Tape& tape, const Entries& logits) const { return head_.choose(tape, logits); }

 private:
  using NormOfTape = std::optional<NormBlock<Tape>>;
  struct Blocks {
    int width_before = 0;
    std::optional<MapBlock<Tape>> projection;
    NormOfTape before_attention, after_attention, before_feed_forward, after_feed_forward, of_attention,
        of_feed_forward;
    bool parallel = false;
    std::optional<Entries> keep, add;
    std::optional<AttentionBlock<Tape>> attention;
    std::optional<FeedForwardBlock<Tape>> feed_forward;
  };
  Entries normed(Tape& tape, const NormOfTape& norm, const Entries& x) const;
  Entries residual(Tape& tape, const Blocks& blocks, Entries x, Entries f, SiteName name) const;

  EmbeddingBlock<Tape> embedding_;
  std::vector<Blocks> layers_;
  NormOfTape final_norm_;
  HeadBlock<Tape> head_;
};

}  // namespace roundoff::sim
