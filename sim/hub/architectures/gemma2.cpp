// Gemma 2 (Gemma Team 2024): norms on both sides of each block, soft caps, windows in every other layer.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model gemma2(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.norms = DecoderTraits::Norms::both;
  traits.one_plus = traits.scaled = traits.tied = true;
  traits.head_width = 256;
  static_cast<void>(config.has("hidden_act"));
  traits.activation = config.activation("hidden_activation", config.text("hidden_act", "gelu_pytorch_tanh"));
  traits.score_scale = config.real("query_pre_attn_scalar", 256);
  traits.score_cap = cap_of(config, "attn_logit_softcapping", 50);
  traits.logit_cap = cap_of(config, "final_logit_softcapping", 30);
  traits.layer = [&](int layer, int d_k) {
    return DecoderLayer{window_of(config, layer, 4096, [](int l) { return l % 2 == 0; }),
                        rotary_of(config, d_k)};
  };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture gemma2_architecture() {
  return {"gemma2",
          "Gemma 2 (2B, 9B, 27B)",
          "Gemma's, with norms on both sides, soft caps of scores and logits, windows in every other layer",
          "Gemma2ForCausalLM of transformers; Gemma Team 2024",
          {"gemma2"},
          gemma2};
}

}  // namespace roundoff::sim
