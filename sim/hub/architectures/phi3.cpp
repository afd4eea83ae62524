// Phi-3 (Abdin et al. 2024): Llama with fused projections, a window, and rotary positions of a part of each head.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model phi3(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.fused = true;
  traits.epsilon = 1e-5;
  traits.activation = config.activation("hidden_act", "silu");
  traits.layer = [&](int layer, int d_k) {
    return DecoderLayer{window_of(config, layer, {}, [](int) { return true; }), rotary_of(config, d_k)};
  };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture phi3_architecture() {
  return {"phi3",
          "Phi-3 mini and medium with 4k, Phi-4 (not the longrope models)",
          "Llama's, with fused projections, a window, partial rotary positions",
          "Phi3ForCausalLM of transformers; Abdin et al. 2024",
          {"phi3"},
          phi3};
}

}  // namespace roundoff::sim
