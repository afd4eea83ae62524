// SmolLM3 (2025): Llama with every fourth layer free of positions.
#include "sim/hub/decoder.hpp"

namespace roundoff::sim {

namespace {

Model smollm3(const Config& config, HubWeights& weights) {
  DecoderTraits traits;
  traits.tied = true;
  traits.activation = config.activation("hidden_act", "silu");
  const bool windows = config.flag("use_sliding_window", false);
  const int interval = config.count("no_rope_layer_interval", 4);
  traits.layer = [&, windows, interval](int layer, int d_k) {
    bool turns = (layer + 1) % interval != 0;
    if (config.has("no_rope_layers")) {  // 1 where there are positions
      const Json& list = config["no_rope_layers"];
      const auto at = static_cast<std::size_t>(layer);
      if (!list.is_array() || at >= list.size() || !list[at].is_number_integer())
        config.fail("has \"no_rope_layers\" that are not an array with a 0 or 1 for every layer");
      turns = list[at].get<int>() != 0;
    }
    const int window = window_of(config, layer, {}, [&](int) { return windows && !turns; });
    const Rotary rotary = rotary_of(config, d_k, {.theta = 2e6});
    return DecoderLayer{window, turns ? std::optional<Rotary>(rotary) : std::nullopt};
  };
  return decoder(config, weights, traits);
}

}  // namespace

Architecture smollm3_architecture() {
  return {"smollm3",
          "SmolLM3",
          "Llama's, with layers that have no positions",
          "SmolLM3ForCausalLM of transformers",
          {},
          smollm3};
}

}  // namespace roundoff::sim
