// Qwen 3, dense: Llama's, with a norm over every head of queries and keys; windows, where used, from a layer on.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model qwen3(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.activation = config.activation("hidden_act", "silu");
  traits.query_norms = DecoderTraits::QueryNorms::heads;
  const bool windows = config.flag("use_sliding_window", false);
  const int from = config.has("max_window_layers") ? static_cast<int>(config.real("max_window_layers")) : 28;
  traits.layer = [&](int layer, int d_k) {
    const int window = window_of(config, layer, 4096, [&](int l) { return windows && l >= from; });
    return DecoderLayer{windows ? window : 0, rotary_of(config, d_k)};
  };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture qwen3_architecture() {
  return {"qwen3",
          "Qwen 3, dense",
          "Llama's, with a norm over every head of queries and keys; windows from a layer on",
          "Qwen3ForCausalLM of transformers; Qwen3 Technical Report 2025",
          {"qwen3"},
          qwen3};
}

}  // namespace roundoff::sim
