// Safetensors: 8 bytes of header length (little endian), a JSON header {name: {dtype, shape, data_offsets}},
// then the data. Source: the format's own description (huggingface/safetensors, README). Written: F64 only,
// so that weights are exact. Read: F64, F32, F16, BF16. The non-tensor part of the model document travels in
// "__metadata__".
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/text.hpp"
#include "sim/model_json.hpp"

namespace roundoff {

namespace {

constexpr std::uint64_t largest_header = 100u << 20;  // the reference implementation's own limit
constexpr std::string_view metadata_key = "roundoff";

bool is_tensor_name(std::string_view field) {
  return field == "tok_emb" || field == "pos_emb" || field.starts_with("W_") || field.starts_with("b_");
}

template <class Integer>
void put_little_endian(std::string& out, Integer bits) {
  for (std::size_t byte = 0; byte < sizeof bits; ++byte)
    out.push_back(static_cast<char>(bits >> (8 * byte) & 0xff));
}

template <class Integer>
Integer get_little_endian(std::string_view bytes, std::uint64_t at) {
  Integer value = 0;
  for (std::size_t byte = 0; byte < sizeof value; ++byte)
    value = static_cast<Integer>(value | static_cast<Integer>(static_cast<unsigned char>(bytes[at + byte]))
                                             << (8 * byte));
  return value;
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
      if (is_tensor_name(field.key())) {
        tensor(prefix + field.key(), *field);
        field = object.erase(field);
      } else {
        ++field;
      }
    }
  }
};

// ---- reading ----

struct Tensor {
  std::string name, dtype;
  std::vector<std::uint64_t> dimensions;
  std::uint64_t begin = 0, end = 0;
};

class Reader {
 public:
  Reader(std::string_view bytes, std::string_view source) : bytes_(bytes), source_(source) {}

  ModelFile run() {
    if (bytes_.size() < 8) fail("is too short for a header; was it truncated?");
    const auto length = get_little_endian<std::uint64_t>(bytes_, 0);
    if (length > largest_header || length > bytes_.size() - 8)
      fail(fmt::format("announces a header of {} bytes but has {} bytes in all; was it truncated?", length,
                       bytes_.size()));
    data_ = bytes_.substr(8 + length);
    Json header;
    try {
      header = Json::parse(bytes_.substr(8, length));
    } catch (const Json::parse_error& error) {
      fail(fmt::format("has a header that is not JSON (byte {})", error.byte));
    }
    if (!header.is_object()) fail("has a header that is not an object");
    Json document = metadata(header);
    std::vector<Tensor> tensors;
    for (const auto& [name, entry] : header.items())
      if (name != "__metadata__") tensors.push_back(describe(name, entry));
    check_layout(tensors);
    for (const Tensor& tensor : tensors) place(document, tensor);
    return from_json(document, source_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError(fmt::format("{} {}", source_, what));
  }

  Json metadata(const Json& header) const {
    const auto found = header.find("__metadata__");
    if (found == header.end() || !found->is_object() || !found->contains(metadata_key) ||
        !(*found)[std::string(metadata_key)].is_string())
      fail(fmt::format(
          "has no \"{}\" entry in its metadata; write it with `roundoff export -o MODEL.safetensors`",
          metadata_key));
    try {
      return Json::parse((*found)[std::string(metadata_key)].get<std::string>());
    } catch (const Json::parse_error&) {
      fail(fmt::format("has a \"{}\" entry that is not JSON", metadata_key));
    }
  }

  static std::uint64_t element_size(const std::string& dtype) {
    return dtype == "F64" ? 8 : dtype == "F32" ? 4 : dtype == "F16" || dtype == "BF16" ? 2 : 0;
  }

  Tensor describe(const std::string& name, const Json& entry) const {
    const auto natural = [&](const Json& json) {
      if (!json.is_number_unsigned())
        fail(fmt::format("has the tensor {} with a size that is not a natural number", name));
      return json.get<std::uint64_t>();
    };
    if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string() ||
        !entry.contains("shape") || !entry["shape"].is_array() || !entry.contains("data_offsets") ||
        !entry["data_offsets"].is_array() || entry["data_offsets"].size() != 2)
      fail(fmt::format("has the tensor {} without dtype, shape and data_offsets", name));
    Tensor tensor{name,
                  entry["dtype"].get<std::string>(),
                  {},
                  natural(entry["data_offsets"][0]),
                  natural(entry["data_offsets"][1])};
    const std::uint64_t size = element_size(tensor.dtype);
    if (size == 0)
      fail(fmt::format("has the tensor {} of type {}; F64, F32, F16 and BF16 can be read", name,
                       tensor.dtype));
    if (tensor.begin > tensor.end || tensor.end > data_.size())
      fail(fmt::format("has the tensor {} at bytes {} to {} of {}; was it truncated?", name, tensor.begin,
                       tensor.end, data_.size()));
    if (entry["shape"].empty() || entry["shape"].size() > 2)
      fail(fmt::format("has the tensor {} that is no vector or matrix", name));
    std::uint64_t elements = 1;
    for (const Json& dimension : entry["shape"]) {
      tensor.dimensions.push_back(natural(dimension));
      // At most data_.size() elements at every step, so that the product cannot overflow.
      if (tensor.dimensions.back() > data_.size() || (elements *= tensor.dimensions.back()) > data_.size())
        fail(fmt::format("has the tensor {} with more elements than bytes", name));
    }
    if (elements * size != tensor.end - tensor.begin)
      fail(fmt::format("has the tensor {} of {} elements in {} bytes", name, elements,
                       tensor.end - tensor.begin));
    return tensor;
  }

  void check_layout(std::vector<Tensor> tensors) const {
    std::sort(tensors.begin(), tensors.end(),
              [](const Tensor& a, const Tensor& b) { return a.begin < b.begin; });
    for (std::size_t t = 1; t < tensors.size(); ++t)
      if (tensors[t].begin < tensors[t - 1].end)
        fail(fmt::format("has overlapping tensors {} and {}", tensors[t - 1].name, tensors[t].name));
  }

  Json element(const Tensor& tensor, std::uint64_t at) const {
    double number = 0;
    if (tensor.dtype == "F64") {
      number = std::bit_cast<double>(get_little_endian<std::uint64_t>(data_, at));
    } else if (tensor.dtype == "F32") {
      number = std::bit_cast<float>(get_little_endian<std::uint32_t>(data_, at));
    } else if (tensor.dtype == "BF16") {
      number =
          std::bit_cast<float>(static_cast<std::uint32_t>(get_little_endian<std::uint16_t>(data_, at)) << 16);
    } else {
      static const Format half = parse_format("binary16");
      number = to_double(decode(get_little_endian<std::uint16_t>(data_, at), half));
    }
    if (!std::isfinite(number)) fail(fmt::format("has the weight {} in the tensor {}", number, tensor.name));
    return number;
  }

  // Puts a tensor where its path says: `W_U` or `layers.3.W_Q`.
  void place(Json& document, const Tensor& tensor) const {
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
        fail(fmt::format("has the tensor {} for a layer that the model document does not have", tensor.name));
      object = &document["layers"][std::stoul(index)];
      field.remove_prefix(dot + 1);
    }
    if (!object->is_object() || !is_tensor_name(field) || object->contains(std::string(field)))
      fail(fmt::format("has the tensor {}, which the model document has no place for", tensor.name));
    const std::uint64_t size = element_size(tensor.dtype);
    Json array = Json::array();
    std::uint64_t at = tensor.begin;
    for (std::uint64_t r = 0; r < tensor.dimensions[0]; ++r) {
      if (tensor.dimensions.size() == 1) {
        array.push_back(element(tensor, at));
        at += size;
        continue;
      }
      Json row = Json::array();
      for (std::uint64_t c = 0; c < tensor.dimensions[1]; ++c, at += size) row.push_back(element(tensor, at));
      array.push_back(std::move(row));
    }
    (*object)[std::string(field)] = std::move(array);
  }

  std::string_view bytes_, data_;
  std::string source_;
};

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
  return Reader(bytes, source).run();
}

}  // namespace roundoff
