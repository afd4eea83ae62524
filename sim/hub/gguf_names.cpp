// What stands in a GGUF file under llama.cpp's names, under those of transformers (source: gguf-py's constants.py and
// tensor_mapping.py, and convert_hf_to_gguf.py for what it changes: rows of llama's queries and keys are permuted so
// that pairs of rotary positions are neighbours, gemma's norms have 1 added, GPT-2's matrices are transposed, GPT-NeoX's
// projections are sorted).
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "sim/hub/architecture.hpp"
#include "sim/hub/gguf.hpp"

namespace roundoff::sim {

namespace {

/// A tensor in blocks, row by row.
class GgufTensor : public HubTensor {
 public:
  GgufTensor(std::shared_ptr<const GgufFile> file, const GgufFile::Entry& entry)
      : file_(std::move(file)), entry_(&entry) {}

  std::vector<std::uint64_t> dimensions() const override { return entry_->dimensions; }
  double number(std::uint64_t index) const {
    const auto count = static_cast<std::uint64_t>(entry_->blocks->count);
    return entry_->blocks->read(
        entry_->data + index / count * static_cast<std::uint64_t>(entry_->blocks->bytes),
        static_cast<int>(index % count));
  }
  double element(std::uint64_t index) const override {
    require_readable();
    const double value = number(index);
    if (!std::isfinite(value)) fail(fmt::format("has the weight {} in the tensor {}", value, entry_->name));
    return value;
  }
  Matrix matrix(bool transposed) const override;
  bool whole() const override { return false; }
  [[noreturn]] void fail(const std::string& what) const override { file_->fail(what); }

  const GgufFile::Entry& entry() const { return *entry_; }

 private:
  void require_readable() const {
    if (entry_->blocks != nullptr) return;
    std::vector<std::string_view> known;
    for (const GgufBlocks& one : gguf_blocks()) known.push_back(one.name);
    fail(fmt::format("has the tensor {} of ggml type {}; {} can be read", entry_->name, entry_->kind,
                     fmt::join(known, ", ")));
  }
  std::shared_ptr<const GgufFile> file_;
  const GgufFile::Entry* entry_;
};

class GgufView : public WeightSource {
 public:
  GgufView(std::shared_ptr<const GgufTensor> tensor, std::uint64_t row_stride, std::uint64_t column_stride,
           std::uint64_t first)
      : tensor_(std::move(tensor)), row_stride_(row_stride), column_stride_(column_stride), first_(first) {}
  double at(int r, int c) const override {
    return tensor_->number(first_ + static_cast<std::uint64_t>(r) * row_stride_ +
                           static_cast<std::uint64_t>(c) * column_stride_);
  }
  std::shared_ptr<const WeightSource> from_row(int first) const override {
    return std::make_shared<GgufView>(tensor_, row_stride_, column_stride_,
                                      first_ + static_cast<std::uint64_t>(first) * row_stride_);
  }
  Raw raw() const override {
    const GgufBlocks& blocks = *tensor_->entry().blocks;
    if (blocks.format.empty()) return {};
    return {parse_format(blocks.format),
            reinterpret_cast<const std::byte*>(tensor_->entry().data) +
                first_ * static_cast<std::uint64_t>(blocks.bytes),
            static_cast<std::size_t>(row_stride_), static_cast<std::size_t>(column_stride_)};
  }

 private:
  std::shared_ptr<const GgufTensor> tensor_;
  std::uint64_t row_stride_, column_stride_, first_;
};

Matrix GgufTensor::matrix(bool transposed) const {
  require_readable();
  const GgufBlocks& blocks = *entry_->blocks;
  for (std::uint64_t b = 0; b < entry_->elements / static_cast<std::uint64_t>(blocks.count); ++b)
    if (!blocks.finite(entry_->data + b * static_cast<std::uint64_t>(blocks.bytes)))
      fail(fmt::format("has an infinite or undefined scale or weight in the tensor {}", entry_->name));
  const auto self = std::make_shared<const GgufTensor>(file_, *entry_);
  const auto rows = static_cast<int>(entry_->dimensions[0]),
             columns = static_cast<int>(entry_->dimensions[1]);
  const auto width = entry_->dimensions[1];
  if (transposed) return {columns, rows, std::make_shared<GgufView>(self, 1, width, 0)};
  return {rows, columns, std::make_shared<GgufView>(self, width, 1, 0)};
}

struct TensorName {
  std::string_view from, to;
};

constexpr TensorName decoder_names[] = {{"attn_norm", "input_layernorm"},
                                        {"attn_q", "self_attn.q_proj"},
                                        {"attn_k", "self_attn.k_proj"},
                                        {"attn_v", "self_attn.v_proj"},
                                        {"attn_qkv", "self_attn.qkv_proj"},
                                        {"attn_output", "self_attn.o_proj"},
                                        {"attn_q_norm", "self_attn.q_norm"},
                                        {"attn_k_norm", "self_attn.k_norm"},
                                        {"post_attention_norm", "post_attention_layernorm"},
                                        {"post_ffw_norm", "post_feedforward_layernorm"},
                                        {"ffn_norm", "post_attention_layernorm"},
                                        {"ffn_gate", "mlp.gate_proj"},
                                        {"ffn_up", "mlp.up_proj"},
                                        {"ffn_down", "mlp.down_proj"}};
constexpr TensorName decoder_outside[] = {
    {"token_embd", "embed_tokens"}, {"output_norm", "norm"}, {"output", "lm_head"}};
constexpr TensorName gpt2_names[] = {{"attn_norm", "ln_1"},          {"attn_qkv", "attn.c_attn"},
                                     {"attn_output", "attn.c_proj"}, {"ffn_norm", "ln_2"},
                                     {"ffn_up", "mlp.c_fc"},         {"ffn_down", "mlp.c_proj"}};
constexpr TensorName gpt2_outside[] = {
    {"token_embd", "wte"}, {"position_embd", "wpe"}, {"output_norm", "ln_f"}, {"output", "lm_head"}};
constexpr TensorName neox_names[] = {
    {"attn_norm", "input_layernorm"},   {"attn_qkv", "attention.query_key_value"},
    {"attn_output", "attention.dense"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_up", "mlp.dense_h_to_4h"},    {"ffn_down", "mlp.dense_4h_to_h"}};
constexpr TensorName neox_outside[] = {
    {"token_embd", "embed_in"}, {"output_norm", "final_layer_norm"}, {"output", "embed_out"}};

struct Naming {
  std::span<const TensorName> layer, outside;
  std::string_view layers;  ///< before the number
};

Naming naming_of(std::string_view model_type) {
  if (model_type == "gpt2") return {gpt2_names, gpt2_outside, "h."};
  if (model_type == "gpt_neox") return {neox_names, neox_outside, "layers."};
  return {decoder_names, decoder_outside, "layers."};
}

/// "blk.3.attn_q.weight" as "layers.3.self_attn.q_proj.weight"; as it is where it is not known.
std::string renamed(const std::string& name, const Naming& naming, std::string_view model_type) {
  const std::size_t end = name.rfind('.');
  if (end == std::string::npos) return name;
  std::string_view stem = std::string_view(name).substr(0, end);
  const std::string ending = name.substr(end);
  const auto find = [&](std::span<const TensorName> names, std::string_view wanted) -> std::string_view {
    for (const TensorName& one : names)
      if (one.from == wanted) return one.to;
    return {};
  };
  if (!stem.starts_with("blk.")) {
    const std::string_view to = find(naming.outside, stem);
    return to.empty() ? name : std::string(to) + ending;
  }
  stem.remove_prefix(4);
  const std::size_t dot = stem.find('.');
  if (dot == std::string_view::npos) return name;
  const std::string_view part = stem.substr(dot + 1);
  const bool sandwich = model_type == "gemma2" || model_type == "gemma3_text";
  std::string_view to = find(naming.layer, part);
  if (part == "ffn_norm" && sandwich) to = "pre_feedforward_layernorm";
  if (part == "ffn_up" && model_type == "phi3") to = "mlp.gate_up_proj";
  return to.empty() ? name : fmt::format("{}{}.{}{}", naming.layers, stem.substr(0, dot), to, ending);
}

/// Metadata of an architecture, and the config.json that says the same.
class Translation {
 public:
  Translation(const GgufFile& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

  const Json* find(const std::string& key) const {
    const auto found = file_.metadata().find(prefix_ + "." + key);
    return found == file_.metadata().end() ? nullptr : &*found;
  }
  void take(const std::string& key, const char* field) {
    if (const Json* value = find(key)) config[field] = *value;
  }
  /// "rope.scaling.type" and its parameters, as "rope_scaling".
  void scaling() {
    const Json* type = find("rope.scaling.type");
    if (type == nullptr || !type->is_string() || *type == "none") return;
    Json made = {{"rope_type", *type}};
    if (const Json* factor = find("rope.scaling.factor")) made["factor"] = *factor;
    if (const Json* length = find("rope.scaling.original_context_length");
        length != nullptr && *type == "yarn")
      made["original_max_position_embeddings"] = *length;
    config["rope_scaling"] = std::move(made);
  }

  Json config = Json::object();

 private:
  const GgufFile& file_;
  std::string prefix_;
};

std::uint64_t rows_of(const HubWeights::Tensors& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() || found->second->dimensions().empty() ? 0 : found->second->dimensions()[0];
}

}  // namespace

GgufCheckpoint gguf_checkpoint(const std::vector<std::shared_ptr<const GgufFile>>& files) {
  const GgufFile& first = *files.at(0);
  const Json& metadata = first.metadata();
  const auto found = metadata.find("general.architecture");
  if (found == metadata.end() || !found->is_string()) first.fail("has no \"general.architecture\"");
  const auto name = found->get<std::string>();
  const Architecture* architecture = nullptr;
  std::vector<std::string_view> known;
  for (const Architecture& one : architectures())
    for (const std::string_view each : one.gguf) {
      known.push_back(each);
      if (each == name) architecture = &one;
    }
  if (architecture == nullptr)
    first.fail(fmt::format("is of the architecture \"{}\"{} (see roundoff architectures)", name,
                           did_you_mean(name, known)));
  const std::string_view type = architecture->name;

  GgufCheckpoint made;
  made.dialect = {.rotary_interleaved = type == "llama",
                  .norms_added = type.starts_with("gemma"),
                  .rows_out = type == "gpt2",
                  .heads_together = type == "gpt_neox"};
  const Naming naming = naming_of(type);
  std::shared_ptr<const HubTensor> factors;
  for (const auto& file : files)
    for (const GgufFile::Entry& entry : file->entries()) {
      auto tensor = std::make_shared<const GgufTensor>(file, entry);
      if (entry.name == "rope_freqs.weight") {
        factors = std::move(tensor);
        continue;
      }
      if (!made.tensors.emplace(renamed(entry.name, naming, type), std::move(tensor)).second)
        file->fail(fmt::format("has the tensor {} twice", entry.name));
    }

  Translation in(first, name);
  const bool gpt2 = type == "gpt2";
  in.config["model_type"] = type;
  in.take("block_count", gpt2 ? "n_layer" : "num_hidden_layers");
  in.take("embedding_length", gpt2 ? "n_embd" : "hidden_size");
  in.take("feed_forward_length", gpt2 ? "n_inner" : "intermediate_size");
  in.take("attention.head_count", gpt2 ? "n_head" : "num_attention_heads");
  in.take("context_length", gpt2 ? "n_positions" : "max_position_embeddings");
  if (gpt2)
    in.take("attention.layer_norm_epsilon", "layer_norm_epsilon");
  else if (type == "gpt_neox")
    in.take("attention.layer_norm_epsilon", "layer_norm_eps");
  else
    in.take("attention.layer_norm_rms_epsilon", "rms_norm_eps");
  in.config["vocab_size"] = rows_of(made.tensors, std::string(naming.outside[0].to) + ".weight");
  if (type == "gpt_neox") {
    in.take("use_parallel_residual", "use_parallel_residual");
    const Json *turned = in.find("rope.dimension_count"), *width = in.find("embedding_length"),
               *heads = in.find("attention.head_count");
    if (turned != nullptr && width != nullptr && heads != nullptr && turned->is_number() &&
        width->is_number() && heads->is_number() && *width != 0)
      in.config["rotary_pct"] = turned->get<double>() * heads->get<double>() / width->get<double>();
    in.take("rope.freq_base", "rotary_emb_base");
  } else if (!gpt2) {
    in.take("attention.head_count_kv", "num_key_value_heads");
    in.take("attention.key_length", "head_dim");
    in.take("rope.freq_base", "rope_theta");
    in.scaling();
    const Json *turned = in.find("rope.dimension_count"), *d_k = in.find("attention.key_length");
    double width = d_k != nullptr && d_k->is_number() ? d_k->get<double>() : 0;
    const Json *all = in.find("embedding_length"), *heads = in.find("attention.head_count");
    if (width == 0 && all != nullptr && heads != nullptr && all->is_number() && heads->is_number() &&
        *heads != 0)
      width = std::floor(all->get<double>() / heads->get<double>());
    if (type.starts_with("gemma") && d_k == nullptr) in.config["head_dim"] = width;
    if (turned != nullptr && turned->is_number() && width > 0 && turned->get<double>() < width)
      in.config["partial_rotary_factor"] = turned->get<double>() / width;
    if (type == "phi3" || type == "gemma2" || type == "gemma3_text")
      in.take("attention.sliding_window", "sliding_window");
    if (type == "gemma2") {
      in.take("attn_logit_softcapping", "attn_logit_softcapping");
      in.take("final_logit_softcapping", "final_logit_softcapping");
      // llama.cpp: 1 / sqrt(width / heads) of the 27B model, 1 / sqrt(head) of the others
      const bool largest = in.find("block_count") != nullptr && *in.find("block_count") == 46;
      in.config["query_pre_attn_scalar"] =
          largest && heads != nullptr ? std::floor(all->get<double>() / heads->get<double>()) : width;
    }
    if (type == "gemma3_text") {
      in.config["query_pre_attn_scalar"] = width;
      in.config["rope_local_base_freq"] = 10000.0;
      if (!in.config.contains("rope_theta")) in.config["rope_theta"] = 1e6;
    }
  }
  made.config = std::move(in.config);
  if (factors) {  // Llama 3.1's stretched rates, as divisors of the plain ones
    Json list = Json::array();
    const std::vector<std::uint64_t> size = factors->dimensions();
    for (std::uint64_t t = 0; size.size() == 1 && t < size[0]; ++t) list.push_back(factors->element(t));
    made.config["rope_scaling"] = {{"rope_type", "divisors"}, {"divisors", std::move(list)}};
  }
  return made;
}

}  // namespace roundoff::sim
