#include "sim/blocks/transformer.hpp"

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/model/repeat.hpp"
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
            blocks.projection.emplace(tape, *from.projection);
            width = from.projection->weight.rows();
          }
          const auto norm = [&](NormOfTape& block, const std::optional<Norm>& made_from, SiteName name) {
            if (made_from) block.emplace(tape, *made_from, width, name);
          };
          norm(blocks.before_attention, from.before_attention, SiteName::norm_attn);
          norm(blocks.after_attention, from.after_attention, SiteName::norm_mid);
          norm(blocks.before_feed_forward, from.before_feed_forward, SiteName::norm_ffn);
          norm(blocks.after_feed_forward, from.after_feed_forward, SiteName::norm_out);
          norm(blocks.of_attention, from.of_attention, SiteName::norm_of_attn);
          norm(blocks.of_feed_forward, from.of_feed_forward, SiteName::norm_of_ffn);
          blocks.parallel = from.parallel;
          if (from.keep) blocks.keep = tape.constant(*from.keep, Role::activations);
          if (from.add) blocks.add = tape.constant(*from.add, Role::activations);
          if (from.attention) blocks.attention.emplace(tape, *from.attention);
          if (from.feed_forward) blocks.feed_forward.emplace(tape, *from.feed_forward);
        }
        return layers;
      }()),
      final_norm_([&] {
        NormOfTape norm;
        if (model.final_norm)
          norm.emplace(tape, *model.final_norm, model.unembedding.in(), SiteName::norm_final);
        return norm;
      }()),
      head_(tape, model) {}

template <class Tape>
typename Tape::Entries Transformer<Tape>::normed(Tape& tape, const NormOfTape& norm, const Entries& x) const {
  return norm ? norm->apply(tape, x, Role::activations) : x;
}

// rnd(x + f(x)), or rnd(rnd(keep * x) + rnd(add * f(x)))
template <class Tape>
typename Tape::Entries Transformer<Tape>::residual(Tape& tape, const Blocks& blocks, Entries x, Entries f,
                                                   SiteName name) const {
  const Place before = Place::entries(name).before();
  if (blocks.keep) x = tape.binary(Op::mul, x, *blocks.keep, Role::activations, before);
  if (blocks.add) f = tape.binary(Op::mul, f, *blocks.add, Role::activations, before);
  return tape.binary(Op::add, x, f, Role::activations, Place::entries(name));
}

template <class Tape>
typename Transformer<Tape>::Entered Transformer<Tape>::enter(Tape& tape, std::size_t l, Entries x) {
  Blocks& blocks = layers_[l];
  if (blocks.projection) {
    const QuantiserBlock<Tape> quantiser(tape.policy().quantisers.activations);
    x = blocks.projection->apply(
        tape, quantiser.apply(tape, x, blocks.width_before, Role::activations, SiteName::proj),
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
  std::optional<Entries> beside;  // what attention adds, in a parallel layer
  if (blocks.attention) {
    Entries f = normed(tape, blocks.of_attention, blocks.attention->attend(tape, in.queries));
    if (blocks.parallel)
      beside = std::move(f);
    else
      x = normed(tape, blocks.after_attention, residual(tape, blocks, x, std::move(f), SiteName::mid));
  }
  if (blocks.feed_forward) {
    Entries f = normed(tape, blocks.of_feed_forward,
                       blocks.feed_forward->apply(tape, normed(tape, blocks.before_feed_forward, x)));
    if (beside) f = tape.binary(Op::add, f, *beside, Role::activations, Place::entries(SiteName::mid));
    x = blocks.parallel ? tape.binary(Op::add, f, x, Role::activations, Place::entries(SiteName::out))
                        : residual(tape, blocks, x, std::move(f), SiteName::out);
    x = normed(tape, blocks.after_feed_forward, x);
  }
  return x;
}

void require_positions(const Model& model, int positions) {
  if (!model.repeated.empty()) throw UsageError("layers are repeated; a size says how often (unrolled)");
  if (stretches(model, positions))
    throw UsageError(fmt::format(
        "rotary positions stretch with the sequence here, and {} positions are more than they start with; forward runs "
        "whole sequences of one length",
        positions));
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
