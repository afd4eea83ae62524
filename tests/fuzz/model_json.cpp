// Any bytes as Model JSON: a model or a FileError, and a model that was read is written and read back to the
// same model, and records a program or refuses.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/program/record.hpp"

using namespace roundoff;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const ModelFile file = read_model(text, "fuzz");
    if (!(read_model(write_model(file), "again") == file)) std::abort();
    const auto vocabulary = static_cast<int>(file.model.vocabulary.size());
    if (vocabulary > 64 || shape(file.model).width > 64) return 0;
    SequenceShape sequence;
    sequence.vocabulary = vocabulary;
    for (int i = 0; i < 3; ++i) sequence.tokens.push_back({static_cast<Token>(i % vocabulary)});
    validate(record(file.model, Policy::uniform(parse_format("binary16")), sequence));
  } catch (const FileError&) {
  } catch (const UsageError&) {
  }
  return 0;
}
