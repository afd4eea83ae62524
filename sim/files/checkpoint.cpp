// Which tensor is which weight. Sources: the GPT2Model and LlamaModel of Hugging Face's transformers, whose
// names and shapes these files carry. GPT-2 keeps its matrices as [in x out]; Llama as [out x in].
#include "sim/files/checkpoint.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "sim/files/policy_document.hpp"
#include "sim/files/tensors.hpp"
#include "sim/files/text_file.hpp"
#include "sim/files/whole_number.hpp"
#include "sim/model/sinusoids.hpp"

namespace roundoff::sim {

namespace {

/// Keys of config.json that change no result: names, limits, training, generation, the tokeniser.
constexpr std::string_view harmless[] = {"_attn_implementation",
                                         "_commit_hash",
                                         "_name_or_path",
                                         "architectures",
                                         "attention_bias",
                                         "attention_dropout",
                                         "attn_pdrop",
                                         "auto_map",
                                         "begin_suppress_tokens",
                                         "bos_token_id",
                                         "classifier_dropout",
                                         "do_sample",
                                         "dtype",
                                         "embd_pdrop",
                                         "embedding_dropout",
                                         "eos_token_id",
                                         "finetuning_task",
                                         "gradient_checkpointing",
                                         "hidden_dropout",
                                         "hidden_dropout_prob",
                                         "id2label",
                                         "initializer_range",
                                         "is_decoder",
                                         "is_encoder_decoder",
                                         "keys_to_ignore_at_inference",
                                         "label2id",
                                         "length_penalty",
                                         "max_length",
                                         "max_position_embeddings",
                                         "max_window_layers",
                                         "min_length",
                                         "mlp_bias",
                                         "n_ctx",
                                         "no_repeat_ngram_size",
                                         "num_beams",
                                         "num_return_sequences",
                                         "output_attentions",
                                         "output_hidden_states",
                                         "output_past",
                                         "pad_token_id",
                                         "prefix",
                                         "problem_type",
                                         "repetition_penalty",
                                         "resid_pdrop",
                                         "return_dict",
                                         "sep_token_id",
                                         "summary_activation",
                                         "summary_first_dropout",
                                         "summary_proj_to_labels",
                                         "summary_type",
                                         "summary_use_proj",
                                         "suppress_tokens",
                                         "task_specific_params",
                                         "temperature",
                                         "tokenizer_class",
                                         "top_k",
                                         "top_p",
                                         "torch_dtype",
                                         "torchscript",
                                         "transformers_version",
                                         "typical_p",
                                         "unk_token_id",
                                         "use_bfloat16",
                                         "use_cache"};

/// What config.json says. Whatever is in it must have been asked for, or be harmless.
class Config {
 public:
  Config(const Json& json, std::string source) : json_(json), source_(std::move(source)) {
    if (!json_.is_object()) fail("is not an object");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(fmt::format("{}: config {}", source_, what));
  }

  bool has(const std::string& field) const {
    asked_.insert(field);
    return json_.contains(field) && !json_[field].is_null();
  }

  /// FileError for what nobody asked for: it may change results.
  void done() const {
    for (const auto& [field, value] : json_.items())
      if (!value.is_null() && !asked_.contains(field) &&
          std::find(std::begin(harmless), std::end(harmless), field) == std::end(harmless))
        fail(fmt::format(
            "sets \"{}\", which this program does not know; where it changes no result, take it out", field));
  }

  const Json& operator[](const std::string& field) const { return json_[field]; }

  int count(const std::string& field, std::optional<int> absent = {}) const {
    if (!has(field)) {
      if (absent) return *absent;
      fail(fmt::format("lacks \"{}\"", field));
    }
    const auto value = whole_number(json_[field], 1, 1 << 20);
    if (!value) fail(fmt::format("has a \"{}\" that is no whole number from 1 to {}", field, 1 << 20));
    return static_cast<int>(*value);
  }

  Value number(const std::string& field, double absent) const {
    if (!has(field)) return Value::of(absent);
    if (!json_[field].is_number()) fail(fmt::format("has a \"{}\" that is not a number", field));
    return Value::of(json_[field].get<double>());
  }

  bool flag(const std::string& field, bool absent) const {
    if (!has(field)) return absent;
    if (!json_[field].is_boolean()) fail(fmt::format("has a \"{}\" that is not true or false", field));
    return json_[field].get<bool>();
  }

  std::string text(const std::string& field, const std::string& absent) const {
    if (!has(field)) return absent;
    if (!json_[field].is_string()) fail(fmt::format("has a \"{}\" that is not a string", field));
    return json_[field].get<std::string>();
  }

  Activation activation(const std::string& field, const std::string& absent) const {
    const std::map<std::string, Activation, std::less<>> known = {
        {"gelu_new", Activation::gelu_tanh}, {"gelu_pytorch_tanh", Activation::gelu_tanh},
        {"gelu", Activation::gelu},          {"relu", Activation::relu},
        {"silu", Activation::silu},          {"swish", Activation::silu}};
    const std::string name = text(field, absent);
    const auto found = known.find(name);
    if (found != known.end()) return found->second;
    std::vector<std::string_view> names;
    for (const auto& [each, unused] : known) names.push_back(each);
    fail(fmt::format("has the {} \"{}\"{}", field, name, did_you_mean(name, names)));
  }

  /// Options that change the computation and are not built here must be absent, null or false.
  void refuse(std::initializer_list<const char*> fields) const {
    for (const char* field : fields)
      if (has(field) && json_[field] != false)
        fail(fmt::format("sets \"{}\", which is not supported", field));
  }

 private:
  const Json& json_;
  std::string source_;
  mutable std::set<std::string, std::less<>> asked_;
};

using TensorFiles = std::vector<std::shared_ptr<const TensorFile>>;

/// Tensors by name, each asked for once, wherever they stand among the files of a checkpoint.
class Weights {
 public:
  Weights(const TensorFiles& files, std::string_view prefix) : files_(files) {
    for (const auto& file : files)
      for (const Tensor& tensor : file->tensors()) {
        std::string_view name = tensor.name;
        if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
        if (!by_name_.emplace(name, Place{&file, &tensor}).second)
          file->fail(fmt::format("has the tensor {} twice", name));
      }
  }

  bool has(const std::string& name) const { return by_name_.contains(name); }

  Matrix matrix(const std::string& name, int rows, int columns, bool transposed = false) {
    const Place place = need(name, 2, transposed ? columns : rows, transposed ? rows : columns);
    return matrix_of(*place.file, *place.tensor, transposed);
  }

  Vector vector(const std::string& name, int size) {
    const Place place = need(name, 1, size, 1);
    Vector v;
    for (int i = 0; i < size; ++i)
      v.push_back(Value::of((*place.file)->element(*place.tensor, static_cast<std::uint64_t>(i))));
    return v;
  }

  std::optional<Vector> optional_vector(const std::string& name, int size) {
    return has(name) ? std::optional<Vector>(vector(name, size)) : std::nullopt;
  }

  /// Every tensor must have been asked for, but those whose name ends so.
  void done(std::initializer_list<std::string_view> ignored) const {
    for (const auto& [name, place] : by_name_) {
      const bool skipped = std::any_of(ignored.begin(), ignored.end(),
                                       [&name = name](std::string_view end) { return name.ends_with(end); });
      if (!used_.contains(name) && !skipped)
        (*place.file)->fail(fmt::format("has the tensor {}, which this architecture has no place for", name));
    }
  }

 private:
  struct Place {
    const std::shared_ptr<const TensorFile>* file;
    const Tensor* tensor;
  };

  Place need(const std::string& name, std::size_t dimensions, int rows, int columns) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) {
      std::vector<std::string_view> known;
      for (const auto& [each, unused] : by_name_) known.push_back(each);
      files_.front()->fail(fmt::format("lacks the tensor {}{}", name, did_you_mean(name, known)));
    }
    const Tensor& tensor = *found->second.tensor;
    if (tensor.dimensions.size() != dimensions || tensor.rows() != static_cast<std::uint64_t>(rows) ||
        tensor.columns() != static_cast<std::uint64_t>(columns))
      (*found->second.file)
          ->fail(fmt::format("has the tensor {} of shape [{}], but the config wants {}{}", name,
                             fmt::join(tensor.dimensions, ", "), rows,
                             dimensions == 2 ? fmt::format(" x {}", columns) : ""));
    used_.insert(name);
    return found->second;
  }

  const TensorFiles& files_;
  std::map<std::string, Place, std::less<>> by_name_;
  std::set<std::string, std::less<>> used_;
};

/// Rows [first, first + count) of a matrix, and the same part of a bias.
Linear part(const Linear& whole, int first, int count) {
  Linear result{whole.weight.part(first, count), {}};
  if (whole.bias) result.bias.emplace(whole.bias->begin() + first, whole.bias->begin() + first + count);
  return result;
}

/// 1 / sqrt(d_k) in binary64.
Value scale_of(int d_k) {
  return apply(Function::rsqrt, Value::integer(d_k), parse_format("binary64")).value;
}

void divides(const Config& config, int heads, int width) {
  if (width % heads != 0) config.fail(fmt::format("has {} heads, which do not divide {}", heads, width));
}

Model gpt2(const Config& config, const TensorFiles& files) {
  config.refuse({"scale_attn_by_inverse_layer_idx", "add_cross_attention", "reorder_and_upcast_attn"});
  const int d = config.count("n_embd"), layers = config.count("n_layer"), heads = config.count("n_head");
  const int vocabulary = config.count("vocab_size");
  const int positions = config.count(config.has("n_positions") ? "n_positions" : "n_ctx");
  const int units = config.count("n_inner", 4 * d);
  divides(config, heads, d);
  Weights weights(files, "transformer.");
  const auto norm = [&](const std::string& name) {
    return Norm{Norm::layer, config.number("layer_norm_epsilon", 1e-5), weights.vector(name + ".weight", d),
                weights.vector(name + ".bias", d)};
  };
  const auto linear = [&](const std::string& name, int out, int in) {
    return Linear{weights.matrix(name + ".weight", out, in, true), weights.vector(name + ".bias", out)};
  };
  Model model;
  model.token_embedding = weights.matrix("wte.weight", vocabulary, d);
  model.position_embedding = weights.matrix("wpe.weight", positions, d);
  for (int l = 0; l < layers; ++l) {
    const std::string at = fmt::format("h.{}.", l);
    Layer layer;
    layer.before_attention = norm(at + "ln_1");
    const Linear all = linear(at + "attn.c_attn", 3 * d, d);
    Attention& attention = layer.attention.emplace();
    attention.heads = heads;
    attention.query = part(all, 0, d);
    attention.key = part(all, d, d);
    attention.value = part(all, 2 * d, d);
    attention.output = linear(at + "attn.c_proj", d, d);
    if (config.flag("scale_attn_weights", true)) attention.scale = scale_of(d / heads);
    layer.before_feed_forward = norm(at + "ln_2");
    layer.feed_forward = FeedForward{linear(at + "mlp.c_fc", units, d),
                                     linear(at + "mlp.c_proj", d, units),
                                     {},
                                     config.activation("activation_function", "gelu_new")};
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = norm("ln_f");
  model.tied = !weights.has("lm_head.weight");
  model.unembedding.weight =
      model.tied ? model.token_embedding : weights.matrix("lm_head.weight", vocabulary, d);
  weights.done({".attn.bias", ".attn.masked_bias"});
  return model;
}

/// The base of rotary positions: "rope_theta", or since version 5 of transformers "rope_parameters".
Value rotary_base(const Config& config) {
  config.refuse({"rope_scaling"});
  Value theta = config.number("rope_theta", 10000);
  if (config.has("rope_parameters")) {
    const Json& parameters = config["rope_parameters"];
    if (!parameters.is_object()) config.fail("has \"rope_parameters\" that are not an object");
    for (const auto& [field, value] : parameters.items()) {
      if (value.is_null() || ((field == "rope_type" || field == "type") && value == "default")) continue;
      if (field != "rope_theta" || !value.is_number())
        config.fail(
            fmt::format("sets \"rope_parameters.{}\" to {}, which is not supported", field, value.dump()));
      const Value own = Value::of(value.get<double>());
      if (config.has("rope_theta") && own != theta)
        config.fail("has a \"rope_theta\" and another one in \"rope_parameters\"");
      theta = own;
    }
  }
  if (compare(theta, Value::zero()) <= 0) config.fail("has a \"rope_theta\" that is not positive");
  return theta;
}

Model llama(const Config& config, const TensorFiles& files) {
  // Qwen's files name a window and say apart whether it is used.
  config.refuse({"use_sliding_window"});
  if (config.text("model_type", "") == "mistral")
    config.refuse({"sliding_window"});
  else if (config.has("sliding_window") && !config.has("use_sliding_window"))
    config.refuse({"sliding_window"});
  if (config.count("pretraining_tp", 1) != 1) config.refuse({"pretraining_tp"});
  if (config.has("layer_types"))
    for (const Json& type : config["layer_types"])
      if (type != "full_attention")
        config.fail(fmt::format("has a layer of type {}; full_attention can be run", type.dump()));
  const int d = config.count("hidden_size"), layers = config.count("num_hidden_layers");
  const int heads = config.count("num_attention_heads"), groups = config.count("num_key_value_heads", heads);
  const int vocabulary = config.count("vocab_size"), units = config.count("intermediate_size");
  if (!config.has("head_dim")) divides(config, heads, d);
  divides(config, groups, heads);
  const int d_k = config.count("head_dim", d / heads);
  if (d_k % 2 != 0 || std::int64_t{d_k} * heads > 1 << 20)
    config.fail(fmt::format("has {} heads of {} dimensions, which rotary positions cannot pair", heads, d_k));
  const Value epsilon = config.number("rms_norm_eps", 1e-6), theta = rotary_base(config);
  Rotary rotary;
  for (int t = 0; t < d_k / 2; ++t) rotary.rate.push_back(geometric(theta, 2 * t, d_k));
  Weights weights(files, "model.");
  const auto norm = [&](const std::string& name, int width) {
    return Norm{Norm::rms, epsilon, weights.vector(name + ".weight", width), {}};
  };
  const auto linear = [&](const std::string& name, int out, int in) {
    return Linear{weights.matrix(name + ".weight", out, in), weights.optional_vector(name + ".bias", out)};
  };
  Model model;
  model.token_embedding = weights.matrix("embed_tokens.weight", vocabulary, d);
  for (int l = 0; l < layers; ++l) {
    const std::string at = fmt::format("layers.{}.", l);
    Layer layer;
    layer.before_attention = norm(at + "input_layernorm", d);
    Attention& attention = layer.attention.emplace();
    attention.heads = heads;
    if (groups != heads) attention.key_heads = groups;
    attention.query = linear(at + "self_attn.q_proj", heads * d_k, d);
    attention.key = linear(at + "self_attn.k_proj", groups * d_k, d);
    attention.value = linear(at + "self_attn.v_proj", groups * d_k, d);
    attention.output = linear(at + "self_attn.o_proj", d, heads * d_k);
    if (weights.has(at + "self_attn.q_norm.weight")) {
      attention.query_norm = norm(at + "self_attn.q_norm", d_k);
      attention.key_norm = norm(at + "self_attn.k_norm", d_k);
    }
    attention.scale = scale_of(d_k);
    attention.rotary = rotary;
    layer.before_feed_forward = norm(at + "post_attention_layernorm", d);
    layer.feed_forward =
        FeedForward{linear(at + "mlp.up_proj", units, d), linear(at + "mlp.down_proj", d, units),
                    linear(at + "mlp.gate_proj", units, d), config.activation("hidden_act", "silu")};
    model.layers.push_back(std::move(layer));
  }
  model.final_norm = norm("norm", d);
  model.tied = config.flag("tie_word_embeddings", false) || !weights.has("lm_head.weight");
  const bool stored = weights.has("lm_head.weight");
  if (model.tied && !stored) {
    model.unembedding.weight = model.token_embedding;
  } else {
    model.unembedding.weight = weights.matrix("lm_head.weight", vocabulary, d);
    model.tied = model.unembedding.weight == model.token_embedding;
  }
  weights.done({"rotary_emb.inv_freq"});
  return model;
}

// The object "roundoff" of the config.
void lay_over(const Config& config, ModelFile& file) {
  if (!config.has("roundoff")) return;
  const Json& extra = config["roundoff"];
  if (!extra.is_object()) config.fail("has a \"roundoff\" that is not an object");
  for (const auto& [field, value] : extra.items()) {
    if (field == "task") {
      file.task = value.dump();
    } else if (std::find(policy_keys().begin(), policy_keys().end(), field) != policy_keys().end()) {
      try {
        read_policy(file.policy, field, value);
      } catch (const UsageError& error) {
        config.fail(fmt::format("has a bad policy in \"roundoff\": {}", error.what()));
      }
    } else if (field == "name" && value.is_string()) {
      file.model.name = value.get<std::string>();
    } else if (field == "vocab" && value.is_array() && value.size() == file.model.vocabulary.size() &&
               std::all_of(value.begin(), value.end(), [](const Json& token) { return token.is_string(); })) {
      file.model.vocabulary = value.get<std::vector<std::string>>();
    } else {
      config.fail(
          fmt::format("has \"roundoff.{}\", which is not one of task, vocab (a string for every token), "
                      "name, and the keys of a policy",
                      field));
    }
  }
}

std::string content(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    throw FileError(
        fmt::format("cannot open {}; a checkpoint is a folder with config.json and "
                    "model.safetensors (or shards and their model.safetensors.index.json)",
                    path.string()));
  return read_text_file(path.string());
}

}  // namespace

ModelFile read_checkpoint(std::string_view config_text, const TensorFiles& files, std::string_view source) {
  const Json json = parse_json(config_text, fmt::format("{} (config)", source));
  const Config config(json, std::string(source));
  const std::string type = config.text("model_type", "");
  const int vocabulary = config.count("vocab_size");
  ModelFile result;
  constexpr std::string_view known[] = {"gpt2", "llama", "mistral", "qwen2", "qwen3"};
  if (std::find(std::begin(known), std::end(known), type) == std::end(known))
    config.fail(type.empty() ? "lacks \"model_type\""
                             : fmt::format("has the model_type \"{}\"{}", type, did_you_mean(type, known)));
  result.model = type == "gpt2" ? gpt2(config, files) : llama(config, files);
  result.model.name = type;
  for (int t = 0; t < vocabulary; ++t) result.model.vocabulary.push_back(std::to_string(t));
  lay_over(config, result);
  config.done();
  try {
    validate(result.model);
  } catch (const UsageError& error) {
    throw FileError(fmt::format("{}: {}", source, error.what()));
  }
  return result;
}

ModelFile read_checkpoint(std::string_view config, std::string_view tensors, std::string_view source) {
  const auto bytes = std::make_shared<const Bytes>(std::string(tensors));
  return read_checkpoint(config, TensorFiles{std::make_shared<const TensorFile>(bytes, source)}, source);
}

bool is_checkpoint(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::path(path).filename() == "config.json" ||
         std::filesystem::is_directory(path, ignored);
}

namespace {

/// The names of a checkpoint's files: one, or those that the index of shards names.
std::set<std::string> tensor_files(const std::filesystem::path& folder) {
  const std::filesystem::path index = folder / "model.safetensors.index.json";
  if (std::filesystem::exists(folder / "model.safetensors") || !std::filesystem::exists(index))
    return {"model.safetensors"};
  const Json json = parse_json(content(index), index.string());
  std::set<std::string> names;
  if (json.is_object() && json.contains("weight_map") && json["weight_map"].is_object())
    for (const auto& [tensor, file] : json["weight_map"].items())
      if (file.is_string() &&
          std::filesystem::path(file.get<std::string>()).filename() == file.get<std::string>())
        names.insert(file.get<std::string>());
  if (names.empty())
    throw FileError(fmt::format("{} has no \"weight_map\" from tensors to files beside it", index.string()));
  return names;
}

}  // namespace

ModelFile load_checkpoint(const std::string& path) {
  std::filesystem::path folder(path);
  if (folder.filename() == "config.json") folder = folder.parent_path();
  TensorFiles files;
  for (const std::string& name : tensor_files(folder))
    files.push_back(
        std::make_shared<const TensorFile>(Bytes::map((folder / name).string()), (folder / name).string()));
  return read_checkpoint(content(folder / "config.json"), files, path);
}

}  // namespace roundoff::sim
