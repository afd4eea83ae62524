// GGUF, llama.cpp's container (ggml/docs/gguf.md, versions 2 and 3): metadata by key and tensors in blocks. Split files
// are read together. Every length is checked before use, so that a hostile file is a FileError and never a large
// allocation.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/files/bytes.hpp"
#include "sim/files/model_json.hpp"
#include "sim/hub/gguf_blocks.hpp"
#include "sim/hub/weights.hpp"

namespace roundoff::sim {

class GgufFile {
 public:
  GgufFile(std::shared_ptr<const Bytes> bytes, std::string_view source);

  struct Entry {
    std::string name;
    const GgufBlocks* blocks = nullptr;  ///< null where they cannot be read
    std::uint32_t kind = 0;
    std::vector<std::uint64_t> dimensions;  ///< the last one contiguous
    const unsigned char* data = nullptr;
    std::uint64_t elements = 0;
  };

  const Json& metadata() const { return metadata_; }  ///< an object by keys; null for arrays
  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& source() const { return source_; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::shared_ptr<const Bytes> bytes_;
  std::string source_;
  Json metadata_ = Json::object();
  std::vector<Entry> entries_;
};

/// The tensors under the names that transformers gives them, and a config.json made of the metadata.
struct GgufCheckpoint {
  Json config;
  HubWeights::Tensors tensors;
  Dialect dialect;
};
GgufCheckpoint gguf_checkpoint(const std::vector<std::shared_ptr<const GgufFile>>& files);

/// The parts of a model: the file itself, or all of NAME-0000i-of-0000n.gguf.
std::vector<std::shared_ptr<const GgufFile>> load_gguf(const std::string& path);

}  // namespace roundoff::sim
