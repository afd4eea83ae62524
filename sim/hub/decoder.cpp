#include "sim/hub/decoder.hpp"

#include <fmt/format.h>

#include "formats/notation/text.hpp"
#include "formats/rounding/arithmetic.hpp"

namespace roundoff::sim {

Value inverse_root(double x) {
  return formats::apply(Function::rsqrt, Value::of(x), parse_format("binary64")).value;
}

void require_divisor(const Config& config, int heads, int width) {
  if (width % heads != 0) config.fail(fmt::format("has {} heads, which do not divide {}", heads, width));
}

std::optional<Value> cap_of(const Config& config, const std::string& field, std::optional<double> absent) {
  if (!config.has(field)) {
    const bool null = config.given(field);
    return absent && !null ? std::optional<Value>(Value::of(*absent)) : std::nullopt;
  }
  const double cap = config.real(field);
  if (cap <= 0) config.fail(fmt::format("has a \"{}\" that is not positive", field));
  return Value::of(cap);
}

int window_of(const Config& config, int layer, std::optional<int> absent,
              const std::function<bool(int)>& slides) {
  bool sliding = slides(layer);
  if (config.has("layer_types")) {
    const Json& types = config["layer_types"];
    const auto at = static_cast<std::size_t>(layer);
    if (!types.is_array() || at >= types.size() || !types[at].is_string())
      config.fail("has \"layer_types\" that are not an array with a string for every layer");
    const auto type = types[at].get<std::string>();
    if (type != "full_attention" && type != "sliding_attention")
      config.fail(
          fmt::format("has a layer of type {}; full_attention and sliding_attention can be run", type));
    sliding = type == "sliding_attention";
  }
  const bool null = config.given("sliding_window") && !config.has("sliding_window");
  if (sliding && config.has("layer_types") && (null || (!config.has("sliding_window") && !absent)))
    config.fail("has \"layer_types\" with sliding_attention, and no \"sliding_window\": how far it reaches");
  if (!sliding || null || (!config.has("sliding_window") && !absent)) return 0;
  return config.count("sliding_window", absent);
}

std::function<DecoderLayer(int layer, int d_k)> windows_from_a_layer_on(const Config& config) {
  const bool windows = config.flag("use_sliding_window", false);
  const int from = config.has("max_window_layers") ? static_cast<int>(config.real("max_window_layers")) : 28;
  return [&config, windows, from](int layer, int d_k) {
    const int window = window_of(config, layer, 4096, [&](int l) { return windows && l >= from; });
    return DecoderLayer{windows ? window : 0, rotary_of(config, d_k)};
  };
}

void unembed(const Config& config, HubWeights& weights, bool tied, const std::string& name, Model& model) {
  const bool stored = weights.has(name + ".weight") || weights.has(name + ".qweight");
  model.tied = config.flag("tie_word_embeddings", tied) || !stored;
  if (model.tied && stored) weights.skip(name + ".weight");
  if (model.tied)
    model.unembedding.weight = model.token_embedding;
  else
    model.unembedding = weights.linear(name, model.token_embedding.rows(), model.token_embedding.columns());
}

Model decoder(const Config& config, HubWeights& weights, const DecoderTraits& traits) {
  using Norms = DecoderTraits::Norms;
  using QueryNorms = DecoderTraits::QueryNorms;
  const int d = config.count("hidden_size"), layers = config.count("num_hidden_layers");
  const int heads = config.count("num_attention_heads"), groups = config.count("num_key_value_heads", heads);
  const int vocabulary = config.count("vocab_size"), units = config.count("intermediate_size");
  if (!config.has("head_dim") && !traits.head_width) require_divisor(config, heads, d);
  require_divisor(config, groups, heads);
  const int d_k = config.count("head_dim", traits.head_width.value_or(d / heads));
  if (std::int64_t{d_k} * heads > 1 << 20)
    config.fail(fmt::format("has {} heads of {} entries, which are too many", heads, d_k));
  const Value epsilon = config.number("rms_norm_eps", traits.epsilon);
  weights.strip("model.");
  const bool one_plus = traits.one_plus && !weights.dialect().norms_added;
  const auto norm = [&](const std::string& name, int width) {
    Norm made{Norm::rms, epsilon, weights.vector(name + ".weight", width), {}};
    made.one_plus = one_plus;
    return made;
  };
  Model model;
  model.token_embedding = weights.matrix("embed_tokens.weight", vocabulary, d);
  if (traits.scaled)
    model.embedding_scale = formats::apply(Function::sqrt, Value::integer(d), parse_format("binary64")).value;
  for (int l = 0; l < layers; ++l) {
    const std::string at = fmt::format("layers.{}.", l);
    const DecoderLayer own = traits.layer(l, d_k);
    Layer layer;
    Attention& attention = layer.attention.emplace();
    attention.heads = heads;
    if (groups != heads) attention.key_heads = groups;
    if (traits.fused) {
      const Linear all = weights.linear(at + "self_attn.qkv_proj", (heads + 2 * groups) * d_k, d);
      attention.query = part(all, 0, heads * d_k);
      attention.key = part(all, heads * d_k, groups * d_k);
      attention.value = part(all, (heads + groups) * d_k, groups * d_k);
    } else {
      attention.query = weights.linear(at + "self_attn.q_proj", heads * d_k, d);
      attention.key = weights.linear(at + "self_attn.k_proj", groups * d_k, d);
      attention.value = weights.linear(at + "self_attn.v_proj", groups * d_k, d);
    }
    attention.output = weights.linear(at + "self_attn.o_proj", d, heads * d_k);
    if (traits.query_norms != QueryNorms::none) {
      const bool whole = traits.query_norms == QueryNorms::whole;
      attention.whole_norms = whole;
      attention.query_norm = norm(at + "self_attn.q_norm", whole ? heads * d_k : d_k);
      attention.key_norm = norm(at + "self_attn.k_norm", whole ? groups * d_k : d_k);
    }
    attention.scale = inverse_root(traits.score_scale.value_or(d_k));
    attention.cap = traits.score_cap;
    attention.window = own.window;
    attention.rotary = own.rotary;
    if (attention.rotary && weights.dialect().rotary_interleaved) attention.rotary->interleaved = true;
    FeedForward& ff = layer.feed_forward.emplace();
    ff.activation = traits.activation;
    if (traits.fused) {
      const Linear both = weights.linear(at + "mlp.gate_up_proj", 2 * units, d);
      ff.gate = part(both, 0, units);
      ff.in = part(both, units, units);
    } else {
      ff.gate = weights.linear(at + "mlp.gate_proj", units, d);
      ff.in = weights.linear(at + "mlp.up_proj", units, d);
    }
    ff.out = weights.linear(at + "mlp.down_proj", d, units);
    if (traits.norms != Norms::after) layer.before_attention = norm(at + "input_layernorm", d);
    if (traits.norms == Norms::before) {
      layer.before_feed_forward = norm(at + "post_attention_layernorm", d);
    } else {
      layer.of_attention = norm(at + "post_attention_layernorm", d);
      layer.of_feed_forward = norm(at + "post_feedforward_layernorm", d);
    }
    if (traits.norms == Norms::both) layer.before_feed_forward = norm(at + "pre_feedforward_layernorm", d);
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = norm("norm", d);
  model.logit_cap = traits.logit_cap;
  unembed(config, weights, traits.tied, "lm_head", model);
  weights.done({"rotary_emb.inv_freq"});
  return model;
}

}  // namespace roundoff::sim
