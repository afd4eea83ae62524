#include "sim/files/tensors.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::sim {

namespace {

constexpr std::uint64_t largest_header = 100u << 20;  // the reference implementation's own limit

template <class Integer>
Integer get_little_endian(const char* bytes) {
  Integer value = 0;
  for (std::size_t byte = 0; byte < sizeof value; ++byte)
    value = static_cast<Integer>(
        value |
        static_cast<Integer>(static_cast<Integer>(static_cast<unsigned char>(bytes[byte])) << (8 * byte)));
  return value;
}

double read_f64(const char* at) { return std::bit_cast<double>(get_little_endian<std::uint64_t>(at)); }
double read_f32(const char* at) { return std::bit_cast<float>(get_little_endian<std::uint32_t>(at)); }
double read_bf16(const char* at) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(get_little_endian<std::uint16_t>(at)) << 16);
}

/// Small formats, by a table of their codes.
std::vector<double> members(const char* notation) {
  const Format format = parse_format(notation);
  std::vector<double> made;
  for (std::uint32_t code = 0; code < 1u << format.bits; ++code)
    made.push_back(to_double(decode(code, format)));
  return made;
}
double read_f16(const char* at) {
  static const std::vector<double> table = members("binary16");
  return table[get_little_endian<std::uint16_t>(at)];
}
double read_e4m3(const char* at) {
  static const std::vector<double> table = members("e4m3");
  return table[static_cast<unsigned char>(*at)];
}
double read_e5m2(const char* at) {
  static const std::vector<double> table = members("e5m2");
  return table[static_cast<unsigned char>(*at)];
}
template <class Signed>
double read_integer(const char* at) {
  return static_cast<double>(static_cast<Signed>(get_little_endian<std::make_unsigned_t<Signed>>(at)));
}
double read_bool(const char* at) { return *at == 0 ? 0 : 1; }

/// No element has all bits of the exponent set.
template <class Bits, Bits exponent>
bool exponents_below(const char* elements, std::uint64_t count) {
  unsigned beyond = 0;
  for (std::uint64_t i = 0; i < count; ++i)
    beyond |= (get_little_endian<Bits>(elements + i * sizeof(Bits)) & exponent) == exponent ? 1u : 0u;
  return beyond == 0;
}
template <double (*read)(const char*)>
bool each_finite(const char* elements, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i)
    if (!std::isfinite(read(elements + i))) return false;
  return true;
}
bool always_finite(const char*, std::uint64_t) { return true; }

constexpr ElementType types[] = {
    {"F64", 8, read_f64, exponents_below<std::uint64_t, 0x7ff0000000000000>, "binary64"},
    {"F32", 4, read_f32, exponents_below<std::uint32_t, 0x7f800000>, "binary32"},
    {"F16", 2, read_f16, exponents_below<std::uint16_t, 0x7c00>, "binary16"},
    {"BF16", 2, read_bf16, exponents_below<std::uint16_t, 0x7f80>, "bfloat16"},
    {"F8_E4M3", 1, read_e4m3, each_finite<read_e4m3>, "e4m3"},
    {"F8_E5M2", 1, read_e5m2, each_finite<read_e5m2>, "e5m2"},
    {"I64", 8, read_integer<std::int64_t>, always_finite, "", true},
    {"I32", 4, read_integer<std::int32_t>, always_finite, "", true},
    {"I16", 2, read_integer<std::int16_t>, always_finite, "", true},
    {"I8", 1, read_integer<std::int8_t>, always_finite, "", true},
    {"U8", 1, [](const char* at) -> double { return static_cast<unsigned char>(*at); }, always_finite, "", true},
    {"BOOL", 1, read_bool, always_finite, "", true},
};

const ElementType* type_of(std::string_view name) {
  for (const ElementType& type : types)
    if (type.name == name) return &type;
  return nullptr;
}

/// Element (r, c) of a tensor, or (c, r); kept alive with its file.
class TensorView : public WeightSource {
 public:
  TensorView(std::shared_ptr<const TensorFile> file, const Tensor& tensor, std::size_t row_stride,
             std::size_t column_stride, std::size_t first)
      : file_(std::move(file)),
        tensor_(&tensor),
        row_stride_(row_stride),
        column_stride_(column_stride),
        first_(first) {}

  double at(int r, int c) const override {
    const std::size_t element =
        first_ + static_cast<std::size_t>(r) * row_stride_ + static_cast<std::size_t>(c) * column_stride_;
    return tensor_->type->read(file_->data(*tensor_) + element * tensor_->type->size);
  }
  std::shared_ptr<const WeightSource> from_row(int first) const override {
    return std::make_shared<TensorView>(file_, *tensor_, row_stride_, column_stride_,
                                        first_ + static_cast<std::size_t>(first) * row_stride_);
  }
  Raw raw() const override {
    if (tensor_->type->format.empty()) return {};
    const auto* data = reinterpret_cast<const std::byte*>(file_->data(*tensor_));
    return {parse_format(tensor_->type->format), data + first_ * tensor_->type->size, row_stride_,
            column_stride_};
  }

 private:
  std::shared_ptr<const TensorFile> file_;
  const Tensor* tensor_;
  std::size_t row_stride_, column_stride_, first_;
};

}  // namespace

TensorFile::TensorFile(std::shared_ptr<const Bytes> bytes, std::string_view source)
    : TensorFile(bytes->view(), source) {
  bytes_ = std::move(bytes);
}

TensorFile::TensorFile(std::string_view bytes, std::string_view source) : source_(source) {
  if (bytes.size() < 8) fail("is too short for a header; was it truncated?");
  const auto length = get_little_endian<std::uint64_t>(bytes.data());
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
  const auto dtype = entry["dtype"].get<std::string>();
  Tensor tensor{
      name, dtype, type_of(dtype), {}, natural(entry["data_offsets"][0]), natural(entry["data_offsets"][1])};
  const std::uint64_t size = tensor.type == nullptr ? 0 : tensor.type->size;
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

void TensorFile::require_readable(const Tensor& tensor) const {
  if (tensor.type != nullptr) return;
  std::vector<std::string_view> known;
  for (const ElementType& type : types) known.push_back(type.name);
  fail(fmt::format("has the tensor {} of type {}; {} can be read", tensor.name, tensor.dtype,
                   fmt::join(known, ", ")));
}

double TensorFile::element(const Tensor& tensor, std::uint64_t index) const {
  require_readable(tensor);
  const double number = tensor.type->read(data(tensor) + index * tensor.type->size);
  if (!std::isfinite(number)) fail(fmt::format("has the weight {} in the tensor {}", number, tensor.name));
  return number;
}

void TensorFile::require_finite(const Tensor& tensor) const {
  require_readable(tensor);
  if (tensor.type->all_finite(data(tensor), tensor.elements())) return;
  for (std::uint64_t i = 0; i < tensor.elements(); ++i) static_cast<void>(element(tensor, i));
}

Matrix matrix_of(const std::shared_ptr<const TensorFile>& file, const Tensor& tensor, bool transposed) {
  file->require_finite(tensor);
  const auto rows = static_cast<int>(tensor.rows()), columns = static_cast<int>(tensor.columns());
  const auto width = static_cast<std::size_t>(columns);
  if (transposed) return {columns, rows, std::make_shared<TensorView>(file, tensor, 1, width, 0)};
  return {rows, columns, std::make_shared<TensorView>(file, tensor, width, 1, 0)};
}

}  // namespace roundoff::sim
