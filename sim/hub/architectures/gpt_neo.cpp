// GPT-Neo (Black et al. 2021): GPT-2 without the scale of scores, every other layer local.
#include <fmt/format.h>

#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

/// "global" or "local" for every layer.
std::vector<std::string> attention_kinds(const Config& config, int layers) {
  std::vector<std::string> list;
  const auto add = [&](const Json& kind) {
    if (kind != "global" && kind != "local")
      config.fail("has an attention that is neither \"global\" nor \"local\"");
    list.push_back(kind.get<std::string>());
  };
  if (config.has("attention_layers") && config["attention_layers"].is_array())
    for (const Json& kind : config["attention_layers"]) add(kind);
  else if (config.has("attention_types") && config["attention_types"].is_array())
    for (const Json& run : config["attention_types"]) {
      if (!run.is_array() || run.size() != 2 || !run[0].is_array() || !run[1].is_number_unsigned() ||
          run[1] > 4096)
        config.fail("has \"attention_types\" that are not pairs of a list of kinds and a number of times");
      for (int turn = 0; turn < run[1].get<int>(); ++turn)
        for (const Json& kind : run[0]) add(kind);
    }
  else
    for (int l = 0; l < layers; ++l) list.emplace_back(l % 2 == 0 ? "global" : "local");
  static_cast<void>(config.has("attention_types"));
  if (list.size() != static_cast<std::size_t>(layers))
    config.fail(fmt::format("says how {} layers attend, and has {}", list.size(), layers));
  return list;
}

Model gpt_neo(const Config& config, HubWeights& weights) {
  const int d = config.count("hidden_size"), layers = config.count("num_layers"),
            heads = config.count("num_heads");
  const int vocabulary = config.count("vocab_size"), positions = config.count("max_position_embeddings");
  const int units = config.count("intermediate_size", 4 * d), window = config.count("window_size", 256);
  const Value epsilon = config.number("layer_norm_epsilon", 1e-5);
  require_divisor(config, heads, d);
  weights.strip("transformer.");
  const auto norm = [&](const std::string& name) {
    return Norm{Norm::layer, epsilon, weights.vector(name + ".weight", d), weights.vector(name + ".bias", d)};
  };
  const std::vector<std::string> kind = attention_kinds(config, layers);
  Model model;
  model.token_embedding = weights.matrix("wte.weight", vocabulary, d);
  model.position_embedding = weights.matrix("wpe.weight", positions, d);
  for (int l = 0; l < layers; ++l) {
    const std::string at = fmt::format("h.{}.", l);
    Layer layer;
    layer.before_attention = norm(at + "ln_1");
    Attention& attention = layer.attention.emplace();
    attention.heads = heads;
    attention.query = weights.linear(at + "attn.attention.q_proj", d, d);
    attention.key = weights.linear(at + "attn.attention.k_proj", d, d);
    attention.value = weights.linear(at + "attn.attention.v_proj", d, d);
    attention.output = weights.linear(at + "attn.attention.out_proj", d, d);
    if (kind[static_cast<std::size_t>(l)] == "local") attention.window = window;
    layer.before_feed_forward = norm(at + "ln_2");
    layer.feed_forward = FeedForward{weights.linear(at + "mlp.c_fc", units, d),
                                     weights.linear(at + "mlp.c_proj", d, units),
                                     {},
                                     config.activation("activation_function", "gelu_new")};
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = norm("ln_f");
  unembed(config, weights, true, "lm_head", model);
  weights.done({".attn.attention.bias", ".attn.attention.masked_bias"});
  return model;
}

}  // namespace

Architecture gpt_neo_architecture() {
  return {"gpt_neo",
          "GPT-Neo (125M to 2.7B), TinyStories",
          "GPT-2's, without the scale of scores, local attention in every other layer",
          "GPTNeoForCausalLM of transformers; Black et al. 2021",
          {},
          gpt_neo};
}

}  // namespace roundoff::sim
