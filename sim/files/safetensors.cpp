// Models as safetensors. Written: F64 only, so that weights are exact. Read: F64, F32, F16, BF16. The
// non-tensor part of the model document travels in "__metadata__".
#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/files/model_json.hpp"
#include "sim/files/tensors.hpp"

namespace roundoff::sim {

namespace {

constexpr std::string_view metadata_key = "roundoff";

bool is_tensor_name(std::string_view field) {
  return field == "tok_emb" || field == "pos_emb" || field.starts_with("W_") || field.starts_with("A_") || field.starts_with("b_");
}

template <class Integer>
void put_little_endian(std::string& out, Integer bits) {
  for (std::size_t byte = 0; byte < sizeof bits; ++byte)
    out.push_back(static_cast<char>(bits >> (8 * byte) & 0xff));
}

// ---- writing ----

struct Writer {
  Json header = Json::object();
  std::string data;

  void element(const Json& weight, const std::string& name) {
    double number = 0;
    if (weight.is_number()) {
      number = weight.get<double>();
    } else {
      const Value value = parse_exact(weight.get<std::string>());
      number = to_double(value);
      if (!std::isfinite(number) || Value::of(number) != value)
        throw UsageError(fmt::format("{} has the weight {}, which no double holds; export to .json instead",
                                     name, weight.get<std::string>()));
    }
    put_little_endian(data, std::bit_cast<std::uint64_t>(number));
  }

  void tensor(const std::string& name, const Json& array) {
    const std::size_t begin = data.size();
    Json dimensions = Json::array({array.size()});
    if (!array.empty() && array[0].is_array()) dimensions.push_back(array[0].size());
    for (const Json& row : array) {
      if (row.is_array())
        for (const Json& weight : row) element(weight, name);
      else
        element(row, name);
    }
    header[name] = {{"dtype", "F64"}, {"shape", dimensions}, {"data_offsets", {begin, data.size()}}};
  }

  // Moves the matrices of an object into tensors.
  void strip(Json& object, const std::string& prefix) {
    for (auto field = object.begin(); field != object.end();) {
      if (is_tensor_name(field.key()) && field->is_array()) {  // periodic positions are an object
        tensor(prefix + field.key(), *field);
        field = object.erase(field);
      } else {
        ++field;
      }
    }
  }
};

// ---- reading ----

Json document_of(const TensorFile& file, const std::string& source) {
  const Json& metadata = file.metadata();
  const std::string key(metadata_key);
  if (!metadata.is_object() || !metadata.contains(key) || !metadata[key].is_string())
    file.fail(fmt::format(
        "has no \"{}\" entry in its metadata; write it with `roundoff export -o MODEL.safetensors`, or put a "
        "checkpoint's config.json beside it and name that",
        metadata_key));
  return parse_json(metadata[key].get<std::string>(), source + " (metadata)");
}

// Puts a tensor where its path says: `W_U` or `layers.3.W_Q`.
void place(Json& document, const TensorFile& file, const Tensor& tensor) {
  if (tensor.dimensions.empty() || tensor.dimensions.size() > 2)
    file.fail(fmt::format("has the tensor {} that is no vector or matrix", tensor.name));
  Json* object = &document;
  std::string_view field = tensor.name;
  if (field.starts_with("layers.")) {
    field.remove_prefix(7);
    const std::size_t dot = field.find('.');
    const std::string index(field.substr(0, dot));
    if (dot == std::string_view::npos || index.empty() || index.size() > 6 ||
        !std::all_of(index.begin(), index.end(), [](char c) { return c >= '0' && c <= '9'; }) ||
        !document.is_object() || !document.contains("layers") || !document["layers"].is_array() ||
        std::stoul(index) >= document["layers"].size())
      file.fail(
          fmt::format("has the tensor {} for a layer that the model document does not have", tensor.name));
    object = &document["layers"][std::stoul(index)];
    field.remove_prefix(dot + 1);
  }
  if (!object->is_object() || !is_tensor_name(field) || object->contains(std::string(field)))
    file.fail(fmt::format("has the tensor {}, which the model document has no place for", tensor.name));
  if (tensor.dimensions.empty() || tensor.dimensions.size() > 2)
    file.fail(fmt::format("has the tensor {} that is no vector or matrix", tensor.name));
  Json array = Json::array();
  std::uint64_t at = 0;
  for (std::uint64_t r = 0; r < tensor.rows(); ++r) {
    if (tensor.dimensions.size() == 1) {
      array.push_back(file.element(tensor, at++));
      continue;
    }
    Json row = Json::array();
    for (std::uint64_t c = 0; c < tensor.columns(); ++c) row.push_back(file.element(tensor, at++));
    array.push_back(std::move(row));
  }
  (*object)[std::string(field)] = std::move(array);
}

}  // namespace

std::string write_safetensors(const ModelFile& file) {
  Json document = to_json(file);
  Writer writer;
  writer.header["__metadata__"] = Json::object();
  for (std::size_t l = 0; l < document["layers"].size(); ++l)
    writer.strip(document["layers"][l], fmt::format("layers.{}.", l));
  writer.strip(document, "");
  writer.header["__metadata__"][std::string(metadata_key)] = document.dump();
  std::string header = writer.header.dump();
  header.resize((header.size() + 7) / 8 * 8, ' ');  // the data starts at a multiple of 8
  std::string bytes;
  put_little_endian(bytes, static_cast<std::uint64_t>(header.size()));
  return bytes + header + writer.data;
}

ModelFile read_safetensors(std::string_view bytes, std::string_view source) {
  const TensorFile file(bytes, source);
  Json document = document_of(file, std::string(source));
  for (const Tensor& tensor : file.tensors()) place(document, file, tensor);
  return from_json(document, source);
}

}  // namespace roundoff::sim
