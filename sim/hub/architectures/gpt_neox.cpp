// GPT-NeoX (Black et al. 2022): both blocks beside each other, rotary positions of a part of each head.
#include <fmt/format.h>

#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model gpt_neox(const Config& config, HubWeights& weights) {
  const int d = config.count("hidden_size"), layers = config.count("num_hidden_layers");
  const int heads = config.count("num_attention_heads"), vocabulary = config.count("vocab_size");
  const int units = config.count("intermediate_size");
  const Value epsilon = config.number("layer_norm_eps", 1e-5);
  require_divisor(config, heads, d);
  const int d_k = d / heads;
  const RopeAsked rope{.theta = config.real("rotary_emb_base", 10000),
                       .turned = config.real("rotary_pct", 0.25)};
  const Rotary rotary = rotary_of(config, d_k, rope);
  weights.strip("gpt_neox.");
  const auto norm = [&](const std::string& name) {
    return Norm{Norm::layer, epsilon, weights.vector(name + ".weight", d), weights.vector(name + ".bias", d)};
  };
  Model model;
  model.token_embedding = weights.matrix("embed_in.weight", vocabulary, d);
  for (int l = 0; l < layers; ++l) {
    const std::string at = fmt::format("layers.{}.", l);
    Layer layer;
    layer.parallel = config.flag("use_parallel_residual", true);
    layer.before_attention = norm(at + "input_layernorm");
    const Linear all = weights.linear(at + "attention.query_key_value", 3 * d, d);
    Attention& attention = layer.attention.emplace();
    attention.heads = heads;
    const auto third = [&](int which) {
      return weights.dialect().heads_together ? part(all, which * d, d) : gathered(all, heads, 3, which, d_k);
    };
    attention.query = third(0);
    attention.key = third(1);
    attention.value = third(2);
    attention.output = weights.linear(at + "attention.dense", d, d);
    attention.scale = inverse_root(d_k);
    attention.rotary = rotary;
    layer.before_feed_forward = norm(at + "post_attention_layernorm");
    layer.feed_forward = FeedForward{weights.linear(at + "mlp.dense_h_to_4h", units, d),
                                     weights.linear(at + "mlp.dense_4h_to_h", d, units),
                                     {},
                                     config.activation("hidden_act", "gelu")};
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = norm("final_layer_norm");
  unembed(config, weights, false, "embed_out", model);
  weights.done({".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq"});
  return model;
}

}  // namespace

Architecture gpt_neox_architecture() {
  return {"gpt_neox",
          "GPT-NeoX 20B, Pythia (14M to 12B)",
          "layer norms, parallel residual, partial rotary positions, GELU",
          "GPTNeoXForCausalLM of transformers; Black et al. 2022",
          {"gptneox"},
          gpt_neox};
}

}  // namespace roundoff::sim
