// The container of safetensors: 8 bytes of header length (little endian), a JSON header {name: {dtype, shape,
// data_offsets}}, then the data. Source: the format's own description (huggingface/safetensors, README).
// Every length is checked before use, so that a hostile file is a FileError and never a large allocation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/files/model_json.hpp"

namespace roundoff::sim {

struct Tensor {
  std::string name, dtype;
  std::vector<std::uint64_t> dimensions;  ///< one or two of what is read; files hold other buffers beside it
  std::uint64_t begin = 0, end = 0;       ///< bytes of the data

  std::uint64_t rows() const { return dimensions[0]; }
  std::uint64_t columns() const { return dimensions.size() == 2 ? dimensions[1] : 1; }
};

class TensorFile {
 public:
  /// FileError led by `source`. The bytes must outlive the object.
  TensorFile(std::string_view bytes, std::string_view source);

  const std::vector<Tensor>& tensors() const { return tensors_; }
  const Json& metadata() const { return metadata_; }  ///< "__metadata__", or null
  /// Element `index`, row by row. FileError for NaN and infinity, and for a type that is not read.
  double element(const Tensor& tensor, std::uint64_t index) const;
  [[noreturn]] void fail(const std::string& what) const;

 private:
  Tensor describe(const std::string& name, const Json& entry) const;
  void check_layout() const;

  std::string_view data_;
  std::string source_;
  std::vector<Tensor> tensors_;
  Json metadata_;
};

}  // namespace roundoff::sim
