// Qwen 1.5, 2, 2.5: Llama's, with biases of queries, keys and values; windows, where used, from a layer on.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model qwen2(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.activation = config.activation("hidden_act", "silu");
  traits.query_norms = DecoderTraits::QueryNorms::none;
  traits.layer = windows_from_a_layer_on(config);
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
