// Token and position embeddings.
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

template <class Tape>
EmbeddingBlock<Tape>::EmbeddingBlock(Tape& tape, const Model& model)
    : model_(&model), tokens_(tape.embedding(model.token_embedding)) {
  if (model.embedding_scale) scale_ = tape.constant(*model.embedding_scale, Role::activations);
}

template <class Tape>
typename Tape::Entries EmbeddingBlock<Tape>::apply(Tape& tape) const {
  const Place where = Place::entries(SiteName::emb);
  const bool positions = !model_->position_embedding.empty();
  const bool converts = !tape.same_format(Role::weights, Role::activations);
  typename Tape::Entries token = tape.embed(tokens_, where.before(positions || converts || scale_));
  if (scale_) {
    token = tape.binary(Op::mul, token, *scale_, Role::activations, where.before(positions));
    if (!positions) return token;
  }
  if (!positions) return tape.convert(token, Role::weights, Role::activations, where);
  return tape.binary(Op::add, token, tape.position_row(model_->position_embedding), Role::activations, where);
}

template class EmbeddingBlock<Recorder>;
template class EmbeddingBlock<Tensors>;

}  // namespace roundoff::sim
