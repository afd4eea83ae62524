// Qwen 3, dense: Llama's, with a norm over every head of queries and keys; windows, where used, from a layer on.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model qwen3(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.activation = config.activation("hidden_act", "silu");
  traits.query_norms = DecoderTraits::QueryNorms::heads;
  traits.layer = windows_from_a_layer_on(config);
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
