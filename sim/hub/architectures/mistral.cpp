// Mistral 7B (Jiang et al. 2023): Llama with a sliding window in every layer.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model mistral(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.activation = config.activation("hidden_act", "silu");
  traits.layer = [&](int layer, int d_k) {
    return DecoderLayer{window_of(config, layer, 4096, [](int) { return true; }), rotary_of(config, d_k)};
  };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture mistral_architecture() {
  return {"mistral",
          "Mistral 7B, Ministral, Mistral Nemo",
          "Llama's, with a sliding window",
          "MistralForCausalLM of transformers; Jiang et al. 2023",
          {},
          mistral};
}

}  // namespace roundoff::sim
