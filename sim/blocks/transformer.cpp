#include "sim/blocks/transformer.hpp"

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

template <class Tape>
Transformer<Tape>::Transformer(Tape& tape, const Model& model)
    : embedding_(tape, model),
      layers_([&] {
        std::vector<Blocks> layers;
        int width = model.d_model();
        for (const Layer& from : model.layers) {
          Blocks& blocks = layers.emplace_back();
          blocks.width_before = width;
          if (from.projection) {
            blocks.projection.emplace(tape.prepare(*from.projection));
            width = from.projection->weight.rows();
          }
          const auto norm = [&](NormOfTape& block, const std::optional<Norm>& made_from, SiteName name) {
            if (made_from) block.emplace(tape, *made_from, width, name);
          };
          norm(blocks.before_attention, from.before_attention, SiteName::norm_attn);
          norm(blocks.after_attention, from.after_attention, SiteName::norm_mid);
          norm(blocks.before_feed_forward, from.before_feed_forward, SiteName::norm_ffn);
          norm(blocks.after_feed_forward, from.after_feed_forward, SiteName::norm_out);
          if (from.attention) blocks.attention.emplace(tape, *from.attention);
          if (from.feed_forward) blocks.feed_forward.emplace(tape, *from.feed_forward);
        }
        return layers;
      }()),
      final_norm_([&] {
        NormOfTape norm;
        if (model.final_norm)
          norm.emplace(tape, *model.final_norm, model.unembedding.weight.columns(), SiteName::norm_final);
        return norm;
      }()),
      head_(tape, model) {}

template <class Tape>
typename Tape::Entries Transformer<Tape>::normed(Tape& tape, const NormOfTape& norm, const Entries& x) const {
  return norm ? norm->apply(tape, x, Role::activations) : x;
}

// rnd(x + f(x))
template <class Tape>
typename Tape::Entries Transformer<Tape>::residual(Tape& tape, const Entries& x, const Entries& f,
                                                   SiteName name) const {
  return tape.binary(Op::add, x, f, Role::activations, Place::entries(name));
}

template <class Tape>
typename Transformer<Tape>::Entered Transformer<Tape>::enter(Tape& tape, std::size_t l, Entries x) {
  Blocks& blocks = layers_[l];
  if (blocks.projection) {
    const QuantiserBlock<Tape> quantiser(tape.policy().quantisers.activations);
    x = tape.apply(*blocks.projection,
                   quantiser.apply(tape, x, blocks.width_before, Role::activations, SiteName::proj),
                   Role::activations, SiteName::proj);
  }
  Entries queries;
  if (blocks.attention) queries = blocks.attention->project(tape, normed(tape, blocks.before_attention, x));
  return {std::move(x), std::move(queries)};
}

template <class Tape>
typename Tape::Entries Transformer<Tape>::leave(Tape& tape, std::size_t l, Entered in) {
  Blocks& blocks = layers_[l];
  Entries x = std::move(in.x);
  if (blocks.attention) {
    const Entries f = blocks.attention->attend(tape, in.queries);
    x = normed(tape, blocks.after_attention, residual(tape, x, f, SiteName::mid));
  }
  if (blocks.feed_forward) {
    const Entries f = blocks.feed_forward->apply(tape, normed(tape, blocks.before_feed_forward, x));
    x = normed(tape, blocks.after_feed_forward, residual(tape, x, f, SiteName::out));
  }
  return x;
}

void require_positions(const Model& model, int positions) {
  if (!model.repeated.empty()) throw UsageError("layers are repeated; a size says how often (unrolled)");
  if (!model.has_positions(positions))
    throw UsageError(
        fmt::format("the input needs {} positions but the model has only {}; build it for a larger n",
                    positions, model.position_embedding.rows()));
  for (const Layer& layer : model.layers)
    if (layer.attention)
      for (const Matrix& mask : layer.attention->mask)
        if (mask.rows() < positions)
          throw UsageError(
              fmt::format("the input needs {} positions but a mask has only {}", positions, mask.rows()));
}

template class Transformer<Recorder>;
template class Transformer<Tensors>;

}  // namespace roundoff::sim
