// tokenizer.model by the sentencepiece library (Kudo and Richardson 2018).
#include <filesystem>

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include "formats/error.hpp"
#include "sim/files/bytes.hpp"
#include "sim/files/text_file.hpp"
#include "sim/text/pieces.hpp"
#include "sim/text/tokenizer.hpp"

namespace roundoff::sim {

namespace {

class SentencePieces : public Tokenizer {
 public:
  SentencePieces(std::string_view bytes, std::string_view source) {
    const auto status = processor_.LoadFromSerializedProto({bytes.data(), bytes.size()});
    if (!status.ok())
      throw FileError(fmt::format("{} is no sentencepiece model: {}", source, status.error_message()));
  }
  std::vector<Token> encode(std::string_view text) const override {
    if (const std::size_t bad = first_bad_byte(text); bad != std::string_view::npos)
      throw UsageError(fmt::format("the text is no UTF-8 at byte {}", bad));
    std::vector<int> pieces;
    const auto status = processor_.Encode({text.data(), text.size()}, &pieces);
    if (!status.ok()) throw UsageError(fmt::format("the text cannot be encoded: {}", status.error_message()));
    return {pieces.begin(), pieces.end()};
  }
  std::string decode(std::span<const Token> tokens) const override {
    std::vector<int> pieces;
    for (const Token token : tokens)
      if (token < static_cast<Token>(processor_.GetPieceSize())) pieces.push_back(static_cast<int>(token));
    std::string text;
    const auto status = processor_.Decode(pieces, &text);
    return status.ok() ? text : "";
  }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

std::shared_ptr<const Tokenizer> read_sentencepiece(std::string_view bytes, std::string_view source) {
  return std::make_shared<SentencePieces>(bytes, source);
}

std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& path) {
  std::filesystem::path folder(path);
  std::error_code ignored;
  if (folder.filename() == "config.json") folder = folder.parent_path();
  if (!std::filesystem::is_directory(folder.empty() ? "." : folder, ignored)) return nullptr;
  const auto file = [&](const char* name) { return (folder / name).string(); };
  const auto there = [&](const char* name) { return std::filesystem::exists(folder / name, ignored); };
  if (there("tokenizer.json"))
    return read_tokenizer_json(read_text_file(file("tokenizer.json")), file("tokenizer.json"));
  if (there("vocab.json") && there("merges.txt"))
    return read_vocabulary_and_merges(read_text_file(file("vocab.json")), read_text_file(file("merges.txt")),
                                      file("vocab.json"));
  if (there("tokenizer.model"))
    return read_sentencepiece(Bytes::map(file("tokenizer.model"))->view(), file("tokenizer.model"));
  return nullptr;
}

}  // namespace roundoff::sim
