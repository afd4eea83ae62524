#include "training/model/parameters.hpp"

#include <map>
#include <type_traits>

#include "formats/error.hpp"

namespace roundoff::training {

namespace {

/// visit(name, matrix or vector, whether it is in a layer), in order.
template <class AnyModel, class Visit>
void each_parameter(AnyModel& model, const Visit& visit) {
  const auto linear = [&](const std::string& path, const std::string& name, auto& map, bool in_layer) {
    visit(path + "W_" + name, map.weight, in_layer);
    if (map.bias) visit(path + "b_" + name, *map.bias, false);
  };
  const auto norm = [&](const std::string& path, const char* name, auto& from) {
    if (!from) return;
    if (from->weight) visit(path + name + ".weight", *from->weight, false);
    if (from->bias) visit(path + name + ".bias", *from->bias, false);
  };
  visit("tok_emb", model.token_embedding, false);
  if (!model.position_embedding.empty()) visit("pos_emb", model.position_embedding, false);
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    auto& layer = model.layers[l];
    const std::string path = "layers." + std::to_string(l) + ".";
    norm(path, "norm_attn", layer.before_attention);
    if (layer.attention) {
      linear(path, "Q", layer.attention->query, true);
      linear(path, "K", layer.attention->key, true);
      linear(path, "V", layer.attention->value, true);
      linear(path, "O", layer.attention->output, true);
    }
    norm(path, "norm_mid", layer.after_attention);
    norm(path, "norm_ffn", layer.before_feed_forward);
    if (layer.feed_forward) {
      linear(path, "1", layer.feed_forward->in, true);
      if (layer.feed_forward->gate) linear(path, "G", *layer.feed_forward->gate, true);
      linear(path, "2", layer.feed_forward->out, true);
    }
    norm(path, "norm_out", layer.after_feed_forward);
  }
  norm("", "norm_final", model.final_norm);
  if (!model.tied) visit("W_U", model.unembedding.weight, false);
  if (model.unembedding.bias) visit("b_U", *model.unembedding.bias, false);
}

void require_trainable(const Model& model) {
  const auto refuse = [](const char* what) {
    throw UsageError(std::string("training: there is no rule for ") + what +
                     "; theory-notes/training.md lists what trains");
  };
  if (!model.repeated.empty()) refuse("repeated layers");
  if (model.periodic_positions) refuse("periodic positions");
  if (model.arg_min) refuse("a choice of the least logit");
  if (model.candidates != 0) refuse("a choice among a part of the vocabulary");
  if (model.embedding_scale) refuse("scaled embeddings");
  if (model.logit_cap) refuse("capped logits");
  if (model.unembedding.factor) refuse("maps in two factors");
  if (model.final_norm && model.final_norm->one_plus) refuse("norms by 1 + w");
  for (const Layer& layer : model.layers) {
    if (layer.again) refuse("layers that share weights");
    if (layer.projection) refuse("projections between layers");
    if (layer.of_attention || layer.of_feed_forward) refuse("norms of what a block adds");
    if (layer.parallel) refuse("blocks beside each other");
    if (layer.keep || layer.add) refuse("weighted sums of the stream");
    for (const auto* norm : {&layer.before_attention, &layer.after_attention, &layer.before_feed_forward,
                             &layer.after_feed_forward})
      if (*norm && (*norm)->one_plus) refuse("norms by 1 + w");
    if (const auto& ff = layer.feed_forward; ff && (ff->in.factor || ff->out.factor || (ff->gate && ff->gate->factor)))
      refuse("maps in two factors");
    if (!layer.attention) continue;
    const Attention& attention = *layer.attention;
    if (attention.slopes || !attention.mask.empty()) refuse("numbers added to scores");
    if (attention.rotary) refuse("rotary positions");
    if (attention.window != 0) refuse("windows");
    if (attention.cap || attention.divides) refuse("scores that are capped or divided");
    for (const Linear* map : {&attention.query, &attention.key, &attention.value, &attention.output})
      if (map->factor) refuse("maps in two factors");
    if (attention.query_norm || attention.key_norm) refuse("norms of queries and keys");
    if (attention.weighting != Weighting::softmax) refuse("attention that is no softmax");
  }
}

}  // namespace

Plan::Plan(const Model& model) {
  require_trainable(model);
  std::map<const void*, std::size_t> found;
  each_parameter(model, [&](const std::string& name, const auto& at, bool in_layer) {
    Parameter made{name, count, 0, 1, false, in_layer};
    if constexpr (std::is_same_v<std::decay_t<decltype(at)>, Matrix>) {
      made.rows = static_cast<std::size_t>(at.rows());
      made.columns = static_cast<std::size_t>(at.columns());
      made.matrix = true;
    } else {
      made.rows = at.size();
    }
    count += made.count();
    found[&at] = parameters.size();
    parameters.push_back(std::move(made));
  });
  const auto linear = [&](const Linear& map) {
    LinearPlan made{found.at(&map.weight), {}};
    if (map.bias) made.bias = found.at(&*map.bias);
    return made;
  };
  std::size_t width = 0;
  const auto norm = [&](const std::optional<Norm>& from) -> std::optional<NormPlan> {
    if (!from) return std::nullopt;
    NormPlan made{from->kind, from->epsilon, width, {}, {}};
    if (from->weight) made.weight = found.at(&*from->weight);
    if (from->bias) made.bias = found.at(&*from->bias);
    return made;
  };
  tokens = found.at(&model.token_embedding);
  has_positions = !model.position_embedding.empty();
  if (has_positions) positions = found.at(&model.position_embedding);
  tied = model.tied;
  width = static_cast<std::size_t>(model.d_model());
  for (const Layer& layer : model.layers) {
    LayerPlan& made = layers.emplace_back();
    made.before_attention = norm(layer.before_attention);
    made.after_attention = norm(layer.after_attention);
    made.before_feed_forward = norm(layer.before_feed_forward);
    made.after_feed_forward = norm(layer.after_feed_forward);
    if (layer.attention) {
      const Attention& from = *layer.attention;
      LayerPlan::Attention& to = made.attention.emplace();
      to.heads = static_cast<std::size_t>(from.heads);
      to.groups = static_cast<std::size_t>(from.groups());
      to.d_k = static_cast<std::size_t>(from.query.weight.rows() / from.heads);
      to.d_v = static_cast<std::size_t>(from.value.weight.rows() / from.groups());
      to.scale = from.scale;
      to.query = linear(from.query);
      to.key = linear(from.key);
      to.value = linear(from.value);
      to.output = linear(from.output);
    }
    if (layer.feed_forward) {
      LayerPlan::FeedForward& to = made.feed_forward.emplace();
      to.in = linear(layer.feed_forward->in);
      to.out = linear(layer.feed_forward->out);
      if (layer.feed_forward->gate) to.gate = linear(*layer.feed_forward->gate);
      to.activation = layer.feed_forward->activation;
    }
  }
  final_norm = norm(model.final_norm);
  unembedding.weight = tied ? tokens : found.at(&model.unembedding.weight);
  if (model.unembedding.bias) unembedding.bias = found.at(&*model.unembedding.bias);
}

std::vector<Value> numbers_of(const Model& model) {
  std::vector<Value> numbers;
  each_parameter(model, [&](const std::string&, const auto& at, bool) {
    if constexpr (std::is_same_v<std::decay_t<decltype(at)>, Matrix>) {
      for (int r = 0; r < at.rows(); ++r)
        for (int c = 0; c < at.columns(); ++c) numbers.push_back(at.at(r, c));
    } else {
      numbers.insert(numbers.end(), at.begin(), at.end());
    }
  });
  return numbers;
}

Model with_numbers(Model model, const std::vector<Value>& numbers) {
  std::size_t next = 0;
  each_parameter(model, [&](const std::string&, auto& at, bool) {
    if constexpr (std::is_same_v<std::decay_t<decltype(at)>, Matrix>) {
      const int rows = at.rows(), columns = at.columns();
      at = Matrix(rows, columns);
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) at.set(r, c, numbers[next++]);
    } else {
      for (Value& value : at) value = numbers[next++];
    }
  });
  if (model.tied) model.unembedding.weight = model.token_embedding;
  return model;
}

}  // namespace roundoff::training
