// Any bytes as safetensors: a model or a FileError, and a model that was read is written and read back to the
// same model (or refused, where a weight is no double).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/error.hpp"
#include "sim/files/checkpoint.hpp"
#include "sim/files/model_file.hpp"

using namespace roundoff;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const ModelFile file = read_safetensors(bytes, "fuzz");
    if (!(read_safetensors(write_safetensors(file), "again") == file)) std::abort();
  } catch (const FileError&) {
  } catch (const UsageError&) {
  }
  // The same bytes as the weights of a checkpoint.
  for (const char* config :
       {R"({"model_type":"gpt2","n_embd":4,"n_layer":1,"n_head":2,"n_positions":8,"vocab_size":5})",
        R"({"model_type":"llama","hidden_size":4,"num_hidden_layers":1,"num_attention_heads":2,
                                 "intermediate_size":6,"max_position_embeddings":8,"vocab_size":5})"}) {
    try {
      static_cast<void>(read_checkpoint(config, bytes, "fuzz"));
    } catch (const FileError&) {
    }
  }
  return 0;
}
