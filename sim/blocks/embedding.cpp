// Token and position embeddings.
#include "sim/blocks/blocks.hpp"

namespace roundoff::sim {

EmbeddingBlock::EmbeddingBlock(Recorder& tape, const Model& model)
    : model_(&model), first_table_(static_cast<int>(tape.program().tables.size())) {
  for (int r = 0; r < model.d_model(); ++r) {
    std::vector<Value> table;
    for (int token = 0; token < tape.program().shape.vocabulary; ++token)
      table.push_back(tape.loaded(model.token_embedding.at(token, r), Role::weights,
                                  static_cast<std::uint64_t>(token) << 20 | static_cast<std::uint64_t>(r)));
    tape.program().tables.push_back(std::move(table));
  }
}

std::vector<NodeId> EmbeddingBlock::apply(Recorder& tape) const {
  const bool positions = !model_->position_embedding.empty();
  const bool converts = !tape.same_format(Role::weights, Role::activations);
  std::vector<NodeId> x;
  for (int r = 0; r < model_->d_model(); ++r) {
    const Site where = tape.site(SiteName::emb, r);
    const NodeId token = tape.embed(first_table_ + r, positions || converts ? Recorder::inner(where) : where);
    if (positions) {
      const std::uint64_t place =
          1ULL << 62 | static_cast<std::uint64_t>(tape.position()) << 20 | static_cast<std::uint64_t>(r);
      const NodeId position =
          tape.constant(model_->position_embedding.at(tape.position(), r), Role::weights, place);
      x.push_back(tape.binary(Op::add, token, position, Role::activations, where));
    } else {
      x.push_back(tape.convert(token, Role::weights, Role::activations, where));
    }
  }
  return x;
}

}  // namespace roundoff::sim
