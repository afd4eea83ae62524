// GPT-2 (Radford et al. 2019): layer norms, a table of positions, GELU. Files keep matrices as [in x out].
#include <fmt/format.h>

#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model gpt2(const Config& config, HubWeights& weights) {
  config.refuse({"add_cross_attention", "reorder_and_upcast_attn"});
  const int d = config.count("n_embd"), layers = config.count("n_layer"), heads = config.count("n_head");
  const int vocabulary = config.count("vocab_size");
  const int positions = config.count(config.has("n_positions") ? "n_positions" : "n_ctx");
  const int units = config.count("n_inner", 4 * d);
  const bool by_layer = config.flag("scale_attn_by_inverse_layer_idx", false);
  const Value epsilon = config.number("layer_norm_epsilon", 1e-5);
  require_divisor(config, heads, d);
  weights.strip("transformer.");
  const bool transposed = !weights.dialect().rows_out;
  const auto norm = [&](const std::string& name) {
    return Norm{Norm::layer, epsilon, weights.vector(name + ".weight", d), weights.vector(name + ".bias", d)};
  };
  Model model;
  model.token_embedding = weights.matrix("wte.weight", vocabulary, d);
  model.position_embedding = weights.matrix("wpe.weight", positions, d);
  for (int l = 0; l < layers; ++l) {
    const std::string at = fmt::format("h.{}.", l);
    Layer layer;
    layer.before_attention = norm(at + "ln_1");
    const Linear all = weights.linear(at + "attn.c_attn", 3 * d, d, transposed);
    Attention& attention = layer.attention.emplace();
    attention.heads = heads;
    attention.query = part(all, 0, d);
    attention.key = part(all, d, d);
    attention.value = part(all, 2 * d, d);
    attention.output = weights.linear(at + "attn.c_proj", d, d, transposed);
    const int turn = by_layer ? l + 1 : 1;  // scores are divided by the layer's number as well
    if (config.flag("scale_attn_weights", true))
      attention.scale = inverse_root(static_cast<double>(d / heads) * turn * turn);
    else if (by_layer)
      attention.scale = Value::of(1.0 / turn);
    layer.before_feed_forward = norm(at + "ln_2");
    layer.feed_forward = FeedForward{weights.linear(at + "mlp.c_fc", units, d, transposed),
                                     weights.linear(at + "mlp.c_proj", d, units, transposed),
                                     {},
                                     config.activation("activation_function", "gelu_new")};
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = norm("ln_f");
  unembed(config, weights, true, "lm_head", model);
  weights.done({".attn.bias", ".attn.masked_bias"});
  return model;
}

}  // namespace

Architecture gpt2_architecture() {
  return {"gpt2",
          "GPT-2 (124M to 1.5B), DistilGPT2",
          "layer norms, a table of positions, GELU, a tied head",
          "GPT2LMHeadModel of transformers; Radford et al. 2019",
          {"gpt2"},
          gpt2};
}

}  // namespace roundoff::sim
