// What architectures since Llama share: RMS norms, rotary positions, grouped queries, gated feed-forward blocks. Each
// says how it differs; tensors have the names that transformers gives them.
#pragma once

#include "sim/hub/architecture.hpp"
#include "sim/hub/rope.hpp"

namespace roundoff::sim {

/// Of one layer, by its number.
struct DecoderLayer {
  int window = 0;  ///< 0: none
  std::optional<Rotary> rotary;
};

struct DecoderTraits {
  enum class Norms : std::uint8_t {
    before,  ///< x + f(norm(x))
    after,   ///< x + norm(f(x))
    both     ///< x + norm(f(norm(x)))
  } norms = Norms::before;
  enum class QueryNorms : std::uint8_t { none, heads, whole } query_norms = QueryNorms::none;
  bool one_plus = false;            ///< norms multiply by 1 + w
  bool scaled = false;              ///< embeddings times sqrt(width)
  bool fused = false;               ///< qkv_proj and gate_up_proj
  bool tied = false;                ///< where the config says nothing
  double epsilon = 1e-6;            ///< where the config says nothing
  std::optional<int> head_width{};  ///< where the config says nothing; else width / heads
  Activation activation = Activation::silu;
  std::optional<double> score_scale{};  ///< scores times 1 / sqrt of this; else of the head's width
  std::optional<Value> score_cap{}, logit_cap{};
  /// What depends on the layer, for heads of so many entries; called once for each.
  std::function<DecoderLayer(int layer, int d_k)> layer;
};

Model decoder(const Config& config, HubWeights& weights, const DecoderTraits& traits);

/// "sliding_window" where `layer_types` (or, without them, `slides`) says that the layer has it.
int window_of(const Config& config, int layer, std::optional<int> absent,
              const std::function<bool(int)>& slides);
/// The layers of Qwen: windows from "max_window_layers" on, where "use_sliding_window" says so; rotary positions. `config`
/// must outlive it.
std::function<DecoderLayer(int layer, int d_k)> windows_from_a_layer_on(const Config& config);
/// 1 / sqrt(x) in binary64.
Value inverse_root(double x);
/// A positive number that may be null; `absent` where the key is not there at all.
std::optional<Value> cap_of(const Config& config, const std::string& field, std::optional<double> absent);
void require_divisor(const Config& config, int heads, int width);
/// The head: lm_head.weight, or the token embedding where the config ties them or there is no other.
void unembed(const Config& config, HubWeights& weights, bool tied, const std::string& name, Model& model);

}  // namespace roundoff::sim
