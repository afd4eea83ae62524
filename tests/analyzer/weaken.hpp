// Models with a wrong weight: what counts of failing inputs and counterexamples are checked on.
#pragma once

#include <vector>

#include "sim/model/model.hpp"
#include "tests/sim/random_model.hpp"

namespace roundoff::analyzer::test {

// Changes a weight somewhere: another sign, nothing, one more, or the double.
inline void weaken(Model& model, TestStream& draw) {
  std::vector<Matrix*> matrices{&model.token_embedding, &model.position_embedding, &model.unembedding.weight};
  for (Layer& layer : model.layers) {
    if (layer.attention)
      for (Linear* map : {&layer.attention->query, &layer.attention->key, &layer.attention->value,
                          &layer.attention->output})
        matrices.push_back(&map->weight);
    if (layer.feed_forward)
      for (Linear* map : {&layer.feed_forward->in, &layer.feed_forward->out})
        matrices.push_back(&map->weight);
  }
  for (;;) {
    Matrix& matrix = *matrices[static_cast<std::size_t>(draw.below(static_cast<int>(matrices.size())))];
    if (matrix.nonzeros() == 0) continue;
    const int row = draw.below(matrix.rows());
    if (matrix.row(row).empty()) continue;
    const auto entry =
        matrix.row(row)[static_cast<std::size_t>(draw.below(static_cast<int>(matrix.row(row).size())))];
    Value value = entry.value;
    switch (draw.below(4)) {
      case 0:
        value = negated(value);
        break;
      case 1:
        value = Value::zero();
        break;
      case 2:
        value = Value::scaled(value.negative, value.significand, value.exponent + 1);
        break;
      default:
        value = Value::integer(1);
        if (value == entry.value) value = Value::integer(-1);
    }
    matrix.set(row, static_cast<int>(entry.column), value);
    return;
  }
}

}  // namespace roundoff::analyzer::test
