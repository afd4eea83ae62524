// Any bytes as GGUF, as a tokenizer.json, as merges beside a vocabulary, and as a config.json beside weights: what was
// asked for, or a FileError (a UsageError, for text that a tokenizer cannot take).
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/error.hpp"
#include "sim/files/checkpoint.hpp"
#include "sim/hub/gguf.hpp"
#include "sim/text/tokenizer.hpp"

using namespace roundoff;
using namespace roundoff::sim;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0: {
        const auto kept = std::make_shared<const Bytes>(std::string(bytes));
        GgufCheckpoint gguf = gguf_checkpoint({std::make_shared<const GgufFile>(kept, "fuzz")});
        static_cast<void>(
            read_checkpoint(gguf.config, HubWeights(std::move(gguf.tensors), gguf.dialect), "fuzz"));
        break;
      }
      case 1: {
        const auto tokenizer = read_tokenizer_json(bytes, "fuzz");
        static_cast<void>(tokenizer->decode(tokenizer->encode("A b 12\n\xC3\xA9")));
        break;
      }
      case 2: {
        const auto tokenizer =
            read_vocabulary_and_merges(R"({"a":0,"b":1,"ab":2,"\u0120":3})", bytes, "fuzz");
        static_cast<void>(tokenizer->encode("ab ba"));
        break;
      }
      default: {
        // An empty container: 2 bytes of header.
        const std::string none("\2\0\0\0\0\0\0\0{}", 10);
        static_cast<void>(read_checkpoint(bytes, none, "fuzz"));
      }
    }
  } catch (const FileError&) {
  } catch (const UsageError&) {
  }
  return 0;
}
