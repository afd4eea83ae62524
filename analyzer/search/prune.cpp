// Dropping parts one at a time; see prune.hpp.
//
// Whole heads first, then units, then registers, from the last to the first of each kind, round after round
// until one goes by without a removal. A part that could not be dropped is tried again in the next round:
// what it was needed for may be gone.
#include "analyzer/search/prune.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace {

/// The matrix without rows [row, row+rows) and columns [column, column+columns).
Matrix cut(const Matrix& matrix, int row, int rows, int column, int columns) {
  if (matrix.empty()) return matrix;
  Matrix result(matrix.rows() - rows, matrix.columns() - columns);
  for (int r = 0; r < matrix.rows(); ++r) {
    if (r >= row && r < row + rows) continue;
    for (const Matrix::Entry& entry : matrix.row(r)) {
      const int c = static_cast<int>(entry.column);
      if (c >= column && c < column + columns) continue;
      result.set(r < row ? r : r - rows, c < column ? c : c - columns, entry.value);
    }
  }
  return result;
}

Linear cut_rows(const Linear& linear, int row, int rows) {
  Linear result{cut(linear.weight, row, rows, 0, 0), linear.bias};
  if (result.bias) result.bias->erase(result.bias->begin() + row, result.bias->begin() + row + rows);
  return result;
}
Linear cut_columns(const Linear& linear, int column, int columns) {
  return {cut(linear.weight, 0, 0, column, columns), linear.bias};
}

void erase(std::optional<Vector>& vector, int first, int count) {
  if (vector) vector->erase(vector->begin() + first, vector->begin() + first + count);
}

/// Heads that share a key go together: with grouped queries a part is a whole group.
void drop_head(Layer& layer, int group) {
  Attention& attention = *layer.attention;
  const int groups = attention.groups();
  if (groups == 1) {
    layer.attention.reset();
    layer.of_attention.reset();
    layer.parallel = false;
    return;
  }
  const int together = attention.heads / groups, first = group * together;
  const int d_k = attention.query.weight.rows() / attention.heads,
            d_v = attention.value.weight.rows() / groups;
  if (attention.whole_norms) {
    const auto drop = [](std::optional<Norm>& norm, int at, int count) {
      if (!norm) return;
      erase(norm->weight, at, count);
      erase(norm->bias, at, count);
    };
    drop(attention.query_norm, first * d_k, together * d_k);
    drop(attention.key_norm, group * d_k, d_k);
  }
  attention.query = cut_rows(attention.query, first * d_k, together * d_k);
  attention.key = cut_rows(attention.key, group * d_k, d_k);
  attention.value = cut_rows(attention.value, group * d_v, d_v);
  attention.output = cut_columns(attention.output, first * d_v, together * d_v);
  erase(attention.slopes, first, together);
  if (!attention.mask.empty())
    attention.mask.erase(attention.mask.begin() + first, attention.mask.begin() + first + together);
  attention.heads -= together;
  if (attention.key_heads != 0) --attention.key_heads;
}

void drop_unit(Layer& layer, int unit) {
  FeedForward& block = *layer.feed_forward;
  if (block.in.weight.rows() == 1) {
    layer.feed_forward.reset();
    layer.of_feed_forward.reset();
    layer.parallel = false;
    return;
  }
  block.in = cut_rows(block.in, unit, 1);
  if (block.gate) block.gate = cut_rows(*block.gate, unit, 1);
  block.out = cut_columns(block.out, unit, 1);
}

void drop_dimension(std::optional<Norm>& norm, int dimension) {
  if (!norm) return;
  erase(norm->weight, dimension, 1);
  erase(norm->bias, dimension, 1);
}

void drop_register(Model& model, int dimension) {
  if (model.d_model() == 1)
    throw UsageError("the last register cannot be dropped: a model has at least one dimension");
  model.token_embedding = cut(model.token_embedding, 0, 0, dimension, 1);
  model.position_embedding = cut(model.position_embedding, 0, 0, dimension, 1);
  model.unembedding = cut_columns(model.unembedding, dimension, 1);
  drop_dimension(model.final_norm, dimension);
  if (!model.registers.empty()) model.registers.erase(model.registers.begin() + dimension);
  for (Layer& layer : model.layers) {
    if (layer.attention) {
      layer.attention->query = cut_columns(layer.attention->query, dimension, 1);
      layer.attention->key = cut_columns(layer.attention->key, dimension, 1);
      layer.attention->value = cut_columns(layer.attention->value, dimension, 1);
      layer.attention->output = cut_rows(layer.attention->output, dimension, 1);
    }
    if (layer.feed_forward) {
      layer.feed_forward->in = cut_columns(layer.feed_forward->in, dimension, 1);
      if (layer.feed_forward->gate)
        layer.feed_forward->gate = cut_columns(*layer.feed_forward->gate, dimension, 1);
      layer.feed_forward->out = cut_rows(layer.feed_forward->out, dimension, 1);
    }
    for (std::optional<Norm>* norm : {&layer.before_attention, &layer.after_attention,
                                      &layer.before_feed_forward, &layer.after_feed_forward,
                                      &layer.of_attention, &layer.of_feed_forward})
      drop_dimension(*norm, dimension);
  }
}

std::vector<Part> parts_of(const Model& model) {
  std::vector<Part> parts;
  const int layers = static_cast<int>(model.layers.size());
  for (int l = layers - 1; l >= 0; --l) {
    const Layer& layer = model.layers[static_cast<std::size_t>(l)];
    for (int h = layer.attention ? layer.attention->groups() - 1 : -1; h >= 0; --h)
      parts.push_back({Part::head, l, h});
  }
  for (int l = layers - 1; l >= 0; --l) {
    const Layer& layer = model.layers[static_cast<std::size_t>(l)];
    for (int u = layer.feed_forward ? layer.feed_forward->in.weight.rows() - 1 : -1; u >= 0; --u)
      parts.push_back({Part::unit, l, u});
  }
  if (model.d_model() > 1)
    for (int d = model.d_model() - 1; d >= 0; --d) parts.push_back({Part::register_, -1, d});
  return parts;
}

/// Whether the part is still there once parts behind it in the order of `parts_of` are gone.
bool present(const Part& part, const Model& model) {
  if (part.kind == Part::register_) return part.index < model.d_model() && model.d_model() > 1;
  const Layer& layer = model.layers[static_cast<std::size_t>(part.layer)];
  if (part.kind == Part::head) return layer.attention && part.index < layer.attention->groups();
  return layer.feed_forward && part.index < layer.feed_forward->in.weight.rows();
}

}  // namespace

std::string describe(const Part& part, const Model& model) {
  if (part.kind == Part::head) return fmt::format("head {} of layer {}", part.index, part.layer);
  if (part.kind == Part::unit) return fmt::format("unit {} of layer {}", part.index, part.layer);
  const auto index = static_cast<std::size_t>(part.index);
  if (index < model.registers.size())
    return fmt::format("register {} ({})", part.index, model.registers[index]);
  return fmt::format("register {}", part.index);
}

Model without(const Model& model, const Part& part) {
  Model result = model;
  switch (part.kind) {
    case Part::head:
      drop_head(result.layers[static_cast<std::size_t>(part.layer)], part.index);
      break;
    case Part::unit:
      drop_unit(result.layers[static_cast<std::size_t>(part.layer)], part.index);
      break;
    case Part::register_:
      drop_register(result, part.index);
      break;
  }
  return result;
}

Pruned prune(const Model& model, const Policy& policy, const Task& task, const PruneOptions& options) {
  const auto examine = [&](const Model& candidate) {
    const Question question = question_of(candidate, task, policy, options.verify);
    return ask(options.store, question, candidate, task, options.verify);
  };
  Pruned pruned{model, shape(model), {}, {}, examine(model), false};
  pruned.model.name = model.name + " pruned";
  if (!passes(pruned.result.verdict)) {
    throw UsageError(fmt::format("{}: it does not solve {} here ({}), so that there is nothing to prune",
                                 model.name, task.name(), name(pruned.result.verdict)));
  }
  for (bool removed = true; removed && !pruned.interrupted;) {
    removed = false;
    const std::vector<Part> parts = parts_of(pruned.model);
    int done = 0;
    for (const Part& part : parts) {
      if (options.verify.interrupted && options.verify.interrupted()) {
        pruned.interrupted = true;
        break;
      }
      ++done;
      if (!present(part, pruned.model)) continue;
      Model candidate = without(pruned.model, part);
      Result result = examine(candidate);
      if (options.progress)
        options.progress(describe(part, pruned.model), done, static_cast<int>(parts.size()));
      if (!passes(result.verdict)) continue;
      pruned.dropped.push_back(describe(part, pruned.model));
      pruned.model = std::move(candidate);
      pruned.result = std::move(result);
      removed = true;
    }
  }
  pruned.after = shape(pruned.model);
  return pruned;
}

}  // namespace roundoff::analyzer
