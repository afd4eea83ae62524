#include "sim/files/tensors.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::sim {

namespace {

constexpr std::uint64_t largest_header = 100u << 20;  // the reference implementation's own limit

template <class Integer>
Integer get_little_endian(std::string_view bytes, std::uint64_t at) {
  Integer value = 0;
  for (std::size_t byte = 0; byte < sizeof value; ++byte)
    value = static_cast<Integer>(value | static_cast<Integer>(static_cast<unsigned char>(bytes[at + byte]))
                                             << (8 * byte));
  return value;
}

std::uint64_t element_size(const std::string& dtype) {
  return dtype == "F64" ? 8 : dtype == "F32" ? 4 : dtype == "F16" || dtype == "BF16" ? 2 : 0;
}

}  // namespace

TensorFile::TensorFile(std::string_view bytes, std::string_view source) : source_(source) {
  if (bytes.size() < 8) fail("is too short for a header; was it truncated?");
  const auto length = get_little_endian<std::uint64_t>(bytes, 0);
  if (length > largest_header || length > bytes.size() - 8)
    fail(fmt::format("announces a header of {} bytes but has {} bytes in all; was it truncated?", length,
                     bytes.size()));
  data_ = bytes.substr(8 + length);
  const Json header = parse_json(bytes.substr(8, length), source_ + " (header)");
  if (!header.is_object()) fail("has a header that is not an object");
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__")
      metadata_ = entry;
    else
      tensors_.push_back(describe(name, entry));
  }
  check_layout();
}

void TensorFile::fail(const std::string& what) const { throw FileError(fmt::format("{} {}", source_, what)); }

Tensor TensorFile::describe(const std::string& name, const Json& entry) const {
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
  if (tensor.begin > tensor.end || tensor.end > data_.size())
    fail(fmt::format("has the tensor {} at bytes {} to {} of {}; was it truncated?", name, tensor.begin,
                     tensor.end, data_.size()));
  std::uint64_t elements = 1;
  for (const Json& dimension : entry["shape"]) {
    tensor.dimensions.push_back(natural(dimension));
    // At most data_.size() elements at every step, so that the product cannot overflow.
    if (tensor.dimensions.back() > data_.size() || (elements *= tensor.dimensions.back()) > data_.size())
      fail(fmt::format("has the tensor {} with more elements than bytes", name));
  }
  if (size != 0 && elements * size != tensor.end - tensor.begin)
    fail(fmt::format("has the tensor {} of {} elements in {} bytes", name, elements,
                     tensor.end - tensor.begin));
  return tensor;
}

void TensorFile::check_layout() const {
  std::vector<Tensor> tensors = tensors_;
  std::sort(tensors.begin(), tensors.end(),
            [](const Tensor& a, const Tensor& b) { return a.begin < b.begin; });
  for (std::size_t t = 1; t < tensors.size(); ++t)
    if (tensors[t].begin < tensors[t - 1].end)
      fail(fmt::format("has overlapping tensors {} and {}", tensors[t - 1].name, tensors[t].name));
}

double TensorFile::element(const Tensor& tensor, std::uint64_t index) const {
  const std::uint64_t size = element_size(tensor.dtype);
  if (size == 0)
    fail(fmt::format("has the tensor {} of type {}; F64, F32, F16 and BF16 can be read", tensor.name, tensor.dtype));
  const std::uint64_t at = tensor.begin + index * size;
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

}  // namespace roundoff::sim
