// OLMo 2 (OLMo Team 2025): norms after each block, and norms of queries and keys over all heads together.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model olmo2(const Config& config, HubWeights& weights) {
  config.refuse({"clip_qkv"});
  DecoderTraits traits;
  traits.norms = DecoderTraits::Norms::after;
  traits.query_norms = DecoderTraits::QueryNorms::whole;
  traits.epsilon = 1e-5;
  traits.activation = config.activation("hidden_act", "silu");
  traits.layer = [&](int, int d_k) { return DecoderLayer{0, rotary_of(config, d_k)}; };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture olmo2_architecture() {
  return {"olmo2",
          "OLMo 2 (1B, 7B, 13B, 32B)",
          "Llama's, with norms after each block and of queries and keys over all heads",
          "Olmo2ForCausalLM of transformers; OLMo Team 2025",
          {"olmo2"},
          olmo2};
}

}  // namespace roundoff::sim
