// Folders as Hugging Face's tools write them. Which tensor is which weight, the architectures say (sim/hub/).
#include "sim/files/checkpoint.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "sim/files/policy_document.hpp"
#include "sim/files/tensors.hpp"
#include "sim/files/text_file.hpp"
#include "sim/hub/architecture.hpp"
#include "sim/hub/gguf.hpp"

namespace roundoff::sim {

namespace {

/// A tensor of safetensors.
class StoredTensor : public HubTensor {
 public:
  StoredTensor(std::shared_ptr<const TensorFile> file, const Tensor& tensor)
      : file_(std::move(file)), tensor_(&tensor) {}
  std::vector<std::uint64_t> dimensions() const override { return tensor_->dimensions; }
  double element(std::uint64_t index) const override { return file_->element(*tensor_, index); }
  Matrix matrix(bool transposed) const override { return matrix_of(file_, *tensor_, transposed); }
  bool whole() const override { return tensor_->type != nullptr && tensor_->type->integer && tensor_->type->size <= 4; }
  [[noreturn]] void fail(const std::string& what) const override { file_->fail(what); }

 private:
  std::shared_ptr<const TensorFile> file_;
  const Tensor* tensor_;
};

using TensorFiles = std::vector<std::shared_ptr<const TensorFile>>;

HubWeights weights_of(const TensorFiles& files) {
  HubWeights::Tensors tensors;
  for (const auto& file : files)
    for (const Tensor& tensor : file->tensors())
      if (!tensors.emplace(tensor.name, std::make_shared<StoredTensor>(file, tensor)).second)
        file->fail(fmt::format("has the tensor {} twice", tensor.name));
  return HubWeights(std::move(tensors));
}

/// "quantization_config": integers of four bits in place of matrices.
void read_packing(const Config& config, HubWeights& weights) {
  if (!config.has("quantization_config")) return;
  const Json& json = config["quantization_config"];
  const std::string method = json.is_object() ? json.value("quant_method", std::string()) : "";
  if (method != "gptq" && method != "awq")
    config.fail(fmt::format("has a \"quantization_config\" of method \"{}\"; gptq and awq can be read", method));
  const auto whole = [&](const char* field, const char* other) -> std::int64_t {
    for (const char* name : {field, other})
      if (json.contains(name) && json[name].is_number_integer()) return json[name].get<std::int64_t>();
    config.fail(fmt::format("has a \"quantization_config\" without a whole number \"{}\"", field));
  };
  const std::int64_t bits = whole("bits", "w_bit"), group = whole("group_size", "q_group_size");
  if (bits != 4 || (group != -1 && (group < 1 || group > 1 << 24)))
    config.fail(fmt::format("has packed integers of {} bits in groups of {}; 4 bits can be read", bits, group));
  const std::string version = json.contains("version") && json["version"].is_string()
                                  ? json["version"].get<std::string>()
                                  : "gemm";
  if (method == "awq" && version != "gemm" && version != "GEMM")
    config.fail(fmt::format("has the awq layout \"{}\"; gemm can be read", version));
  const bool second = json.contains("checkpoint_format") && json["checkpoint_format"] == "gptq_v2";
  weights.packed(method == "awq" ? Packed::awq : second ? Packed::gptq_v2 : Packed::gptq, static_cast<int>(group));
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

ModelFile read_checkpoint(const Json& json, HubWeights weights, std::string_view source) {
  const Config config(json, std::string(source));
  const Architecture& architecture = find_architecture(config);
  const int vocabulary = config.count("vocab_size");
  read_packing(config, weights);
  ModelFile result;
  try {
    result.model = architecture.build(config, weights);
    result.model.name = architecture.name;
    for (int t = 0; t < vocabulary; ++t) result.model.vocabulary.push_back(std::to_string(t));
    lay_over(config, result);
    config.done();
    validate(result.model);
  } catch (const UsageError& error) {
    throw FileError(fmt::format("{}: {}", source, error.what()));
  }
  return result;
}

ModelFile read_checkpoint(std::string_view config, const TensorFiles& files, std::string_view source) {
  return read_checkpoint(parse_json(config, fmt::format("{} (config)", source)), weights_of(files), source);
}

ModelFile read_checkpoint(std::string_view config, std::string_view tensors, std::string_view source) {
  const auto bytes = std::make_shared<const Bytes>(std::string(tensors));
  return read_checkpoint(config, TensorFiles{std::make_shared<const TensorFile>(bytes, source)}, source);
}

bool is_checkpoint(const std::string& path) {
  std::error_code ignored;
  return path.ends_with(".gguf") || std::filesystem::path(path).filename() == "config.json" ||
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
  if (path.ends_with(".gguf")) {
    GgufCheckpoint gguf = gguf_checkpoint(load_gguf(path));
    return read_checkpoint(gguf.config, HubWeights(std::move(gguf.tensors), gguf.dialect), path);
  }
  std::filesystem::path folder(path);
  if (folder.filename() == "config.json") folder = folder.parent_path();
  TensorFiles files;
  for (const std::string& name : tensor_files(folder))
    files.push_back(
        std::make_shared<const TensorFile>(Bytes::map((folder / name).string()), (folder / name).string()));
  return read_checkpoint(content(folder / "config.json"), files, path);
}

}  // namespace roundoff::sim
