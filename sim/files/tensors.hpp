// The container of safetensors: 8 bytes of header length (little endian), a JSON header {name: {dtype, shape,
// data_offsets}}, then the data. Source: the format's own description (huggingface/safetensors, README).
// Every length is checked before use, so that a hostile file is a FileError and never a large allocation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/files/bytes.hpp"
#include "sim/files/model_json.hpp"
#include "sim/model/model.hpp"

namespace roundoff::sim {

/// A type of elements, as files name it.
struct ElementType {
  std::string_view name;
  std::size_t size = 0;
  double (*read)(const char* element) = nullptr;
  bool (*all_finite)(const char* elements, std::uint64_t count) = nullptr;
  std::string_view format;  ///< whose codes the elements are, "" for none
  bool integer = false;
};

struct Tensor {
  std::string name, dtype;
  const ElementType* type = nullptr;      ///< null where elements cannot be read
  std::vector<std::uint64_t> dimensions;  ///< one or two of what is read; files hold other buffers beside it
  std::uint64_t begin = 0, end = 0;       ///< bytes of the data

  std::uint64_t elements() const { return (end - begin) / type->size; }
  std::uint64_t rows() const { return dimensions.empty() ? 1 : dimensions[0]; }
  std::uint64_t columns() const { return dimensions.size() == 2 ? dimensions[1] : 1; }
};

class TensorFile {
 public:
  /// FileError led by `source`. The bytes must outlive the object;
  TensorFile(std::string_view bytes, std::string_view source);
  /// or are kept by it.
  TensorFile(std::shared_ptr<const Bytes> bytes, std::string_view source);

  const std::vector<Tensor>& tensors() const { return tensors_; }
  const Json& metadata() const { return metadata_; }  ///< "__metadata__", or null
  /// Element `index`, row by row. FileError for NaN and infinity, and for a type that is not read.
  double element(const Tensor& tensor, std::uint64_t index) const;
  /// FileError for a type that is not read; for NaN and infinity as well.
  void require_readable(const Tensor& tensor) const;
  void require_finite(const Tensor& tensor) const;
  const char* data(const Tensor& tensor) const { return data_.data() + tensor.begin; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  Tensor describe(const std::string& name, const Json& entry) const;
  void check_layout() const;

  std::shared_ptr<const Bytes> bytes_;
  std::string_view data_;
  std::string source_;
  std::vector<Tensor> tensors_;
  Json metadata_;
};

/// A tensor of two dimensions as a matrix that stays in the file; `transposed`: as its transpose. FileError for NaN
/// and infinity.
Matrix matrix_of(const std::shared_ptr<const TensorFile>& file, const Tensor& tensor, bool transposed);

}  // namespace roundoff::sim
