// Qwen 1.5, 2, 2.5: Llama's, with biases of queries, keys and values; windows, where used, from a layer on.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model qwen2(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.activation = config.activation("hidden_act", "silu");
  traits.query_norms = DecoderTraits::QueryNorms::none;
  const bool windows = config.flag("use_sliding_window", false);
  const int from = config.has("max_window_layers") ? static_cast<int>(config.real("max_window_layers")) : 28;
  traits.layer = [&](int layer, int d_k) {
    const int window = window_of(config, layer, 4096, [&](int l) { return windows && l >= from; });
    return DecoderLayer{windows ? window : 0, rotary_of(config, d_k)};
  };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture qwen2_architecture() {
  return {"qwen2",
          "Qwen 1.5, 2, 2.5",
          "Llama's, with biases of queries, keys and values; windows from a layer on",
          "Qwen2ForCausalLM of transformers; Qwen2 Technical Report 2024",
          {"qwen2"},
          qwen2};
}

}  // namespace roundoff::sim
