// Llama (Touvron et al. 2023) and its successors up to 3.2; many others have its shape, SmolLM among them.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model llama(const Config& config, HubWeights& weights) {
  config.refuse({"sliding_window", "use_sliding_window"});
  if (config.count("pretraining_tp", 1) != 1) config.refuse({"pretraining_tp"});
  DecoderTraits traits;
  traits.activation = config.activation("hidden_act", "silu");
  traits.layer = [&](int layer, int d_k) {
    return DecoderLayer{window_of(config, layer, {}, [](int) { return false; }), rotary_of(config, d_k)};
  };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture llama_architecture() {
  return {"llama",
          "Llama 2, 3, 3.1, 3.2; SmolLM 1 and 2, TinyLlama, Yi",
          "RMS norms, grouped queries, rotary positions (linear, dynamic, llama3, yarn), SiLU gates",
          "LlamaForCausalLM of transformers; Touvron et al. 2023",
          {"llama"},
          llama};
}

}  // namespace roundoff::sim
