#include "sim/hub/config.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "sim/files/whole_number.hpp"

namespace roundoff::sim {

namespace {

/// Keys that change no result: names, limits, training, generation, chat, the tokeniser.
constexpr std::string_view without_effect[] = {
    "_attn_implementation",
    "_attn_implementation_autoset",
    "_commit_hash",
    "_name_or_path",
    "afn",
    "architectures",
    "attention_bias",
    "attention_dropout",
    "attention_probs_dropout_prob",
    "attn_dropout",
    "attn_implementation",
    "attn_pdrop",
    "auto_map",
    "bad_words_ids",
    "base_model_pp_plan",
    "base_model_tp_plan",
    "begin_suppress_tokens",
    "bos_token_id",
    "cache_implementation",
    "chat_template",
    "chunk_size_feed_forward",
    "classifier_dropout",
    "classifier_hidden_size",
    "cross_attention_hidden_size",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "dtype",
    "early_stopping",
    "embd_pdrop",
    "embed_dropout",
    "embedding_dropout",
    "encoder_no_repeat_ngram_size",
    "eos_token_id",
    "epsilon_cutoff",
    "eta_cutoff",
    "exponential_decay_length_penalty",
    "finetuning_task",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "generation_config",
    "gradient_checkpointing",
    "hidden_dropout",
    "hidden_dropout_prob",
    "id2label",
    "initializer_range",
    "is_composition",
    "is_decoder",
    "is_encoder_decoder",
    "keys_to_ignore_at_inference",
    "label2id",
    "length_penalty",
    "max_length",
    "max_new_tokens",
    "max_position_embeddings",
    "max_window_layers",
    "min_length",
    "min_new_tokens",
    "mlp_bias",
    "model_max_length",
    "n_ctx",
    "n_special",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_labels",
    "num_return_sequences",
    "original_max_position_embeddings",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "output_scores",
    "pad_token_id",
    "penalty_alpha",
    "predict_special_tokens",
    "prefix",
    "problem_type",
    "pruned_heads",
    "remove_invalid_values",
    "renormalize_logits",
    "repetition_penalty",
    "resid_dropout",
    "resid_pdrop",
    "return_dict",
    "return_dict_in_generate",
    "sep_token_id",
    "summary_activation",
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
    "suppress_tokens",
    "task_specific_params",
    "temperature",
    "tf_legacy_loss",
    "tie_encoder_decoder",
    "tokenizer_class",
    "tokenizer_file",
    "top_k",
    "top_p",
    "torch_dtype",
    "torchscript",
    "transformers_version",
    "typical_p",
    "unk_token_id",
    "unsloth_fixed",
    "unsloth_version",
    "use_bfloat16",
    "use_cache",
};

}  // namespace

Config::Config(const Json& json, std::string source) : json_(json), source_(std::move(source)) {
  if (!json_.is_object()) fail("is not an object");
}

void Config::fail(const std::string& what) const {
  throw FileError(fmt::format("{}: config {}", source_, what));
}

bool Config::has(std::string_view field) const {
  asked_.emplace(field);
  const auto found = json_.find(std::string(field));
  return found != json_.end() && !found->is_null();
}

bool Config::given(std::string_view field) const { return json_.contains(std::string(field)); }

void Config::done() const {
  for (const auto& [field, value] : json_.items())
    if (!value.is_null() && !asked_.contains(field) &&
        std::find(std::begin(without_effect), std::end(without_effect), field) == std::end(without_effect))
      fail(fmt::format(
          "sets \"{}\", which this program does not know; where it changes no result, take it out", field));
}

int Config::count(const std::string& field, std::optional<int> absent) const {
  if (!has(field)) {
    if (absent) return *absent;
    fail(fmt::format("lacks \"{}\"", field));
  }
  constexpr int most = 1 << 24;
  const auto value = whole_number(json_[field], 1, most);
  if (!value) fail(fmt::format("has a \"{}\" that is no whole number from 1 to {}", field, most));
  return static_cast<int>(*value);
}

double Config::real(const std::string& field, std::optional<double> absent) const {
  if (!has(field)) {
    if (absent) return *absent;
    fail(fmt::format("lacks \"{}\"", field));
  }
  if (!json_[field].is_number()) fail(fmt::format("has a \"{}\" that is not a number", field));
  const auto value = json_[field].get<double>();
  if (!std::isfinite(value)) fail(fmt::format("has a \"{}\" beyond all doubles", field));
  return value;
}

bool Config::flag(const std::string& field, bool absent) const {
  if (!has(field)) return absent;
  if (!json_[field].is_boolean()) fail(fmt::format("has a \"{}\" that is not true or false", field));
  return json_[field].get<bool>();
}

std::string Config::text(const std::string& field, const std::string& absent) const {
  if (!has(field)) return absent;
  if (!json_[field].is_string()) fail(fmt::format("has a \"{}\" that is not a string", field));
  return json_[field].get<std::string>();
}

Activation Config::activation(const std::string& field, const std::string& absent) const {
  const std::map<std::string, Activation, std::less<>> known = {
      {"gelu_new", Activation::gelu_tanh},  {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"gelu_fast", Activation::gelu_tanh}, {"gelu_python", Activation::gelu},
      {"gelu", Activation::gelu},           {"relu", Activation::relu},
      {"silu", Activation::silu},           {"swish", Activation::silu}};
  const std::string name = text(field, absent);
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [each, unused] : known) names.push_back(each);
  fail(fmt::format("has the {} \"{}\"{}", field, name, did_you_mean(name, names)));
}

void Config::refuse(std::initializer_list<const char*> fields) const {
  for (const char* field : fields)
    if (has(field) && json_[field] != false) fail(fmt::format("sets \"{}\", which is not supported", field));
}

}  // namespace roundoff::sim
