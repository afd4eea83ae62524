// Gemma 3 (Gemma Team 2025), its text part: five layers with a window and a base of their own to one without.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model gemma3_text(const Config& config, HubWeights& weights) {
  config.refuse({"use_bidirectional_attention"});
  DecoderTraits traits;
  traits.norms = DecoderTraits::Norms::both;
  traits.query_norms = DecoderTraits::QueryNorms::heads;
  traits.one_plus = traits.scaled = traits.tied = true;
  traits.head_width = 256;
  static_cast<void>(config.has("hidden_act"));
  traits.activation = config.activation("hidden_activation", config.text("hidden_act", "gelu_pytorch_tanh"));
  traits.score_scale = config.real("query_pre_attn_scalar", 256);
  traits.score_cap = cap_of(config, "attn_logit_softcapping", {});
  traits.logit_cap = cap_of(config, "final_logit_softcapping", {});
  const int pattern = config.count(
      config.has("_sliding_window_pattern") ? "_sliding_window_pattern" : "sliding_window_pattern", 6);
  const double local = config.real("rope_local_base_freq", 10000);
  const bool by_type = config.has("rope_parameters");
  traits.layer = [&, pattern, local, by_type](int layer, int d_k) {
    const int window = window_of(config, layer, 4096, [&](int l) { return (l + 1) % pattern != 0; });
    RopeAsked asked{.theta = 1e6, .part = window != 0 ? "sliding_attention" : "full_attention"};
    if (window != 0 && !by_type) asked.fixed = local;
    if (window != 0) asked.theta = local;
    return DecoderLayer{window, rotary_of(config, d_k, asked)};
  };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture gemma3_text_architecture() {
  return {"gemma3_text",
          "Gemma 3 (270M, 1B, and the text part of the others)",
          "Gemma 2's without caps, with norms of queries and keys, local and global rotary bases",
          "Gemma3ForCausalLM of transformers; Gemma Team 2025",
          {"gemma3"},
          gemma3_text};
}

}  // namespace roundoff::sim
