// Gemma 1 (Gemma Team 2024): embeddings times sqrt(width), norms that multiply by 1 + w, GELU gates.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model gemma(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.one_plus = traits.scaled = traits.tied = true;
  traits.head_width = 256;
  // The first files said "gelu" and meant its approximation by tanh, which the models were trained with.
  const bool said = config.has("hidden_activation");
  const std::string old = config.text("hidden_act", "gelu_pytorch_tanh");
  traits.activation = said            ? config.activation("hidden_activation", "")
                      : old == "gelu" ? Activation::gelu_tanh
                                      : config.activation("hidden_act", "gelu_pytorch_tanh");
  traits.layer = [&](int, int d_k) { return DecoderLayer{0, rotary_of(config, d_k)}; };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture gemma_architecture() {
  return {"gemma",
          "Gemma 1 (2B, 7B)",
          "Llama's, with scaled embeddings, norms by 1 + w, GELU gates, a tied head",
          "GemmaForCausalLM of transformers; Gemma Team 2024",
          {"gemma"},
          gemma};
}

}  // namespace roundoff::sim
