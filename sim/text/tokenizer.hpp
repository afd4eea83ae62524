// Text to tokens and back, as a checkpoint's own files say: tokenizer.json or vocab.json with merges.txt (byte-pair
// encoding), or tokenizer.model (sentencepiece). No token is added at the beginning or the end.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/model/model.hpp"

namespace roundoff::sim {

class Tokenizer {
 public:
  Tokenizer() = default;
  virtual ~Tokenizer() = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  /// UsageError for what is no UTF-8, or has no tokens.
  virtual std::vector<Token> encode(std::string_view text) const = 0;
  /// Tokens that the tokenizer does not have are nothing.
  virtual std::string decode(std::span<const Token> tokens) const = 0;
};

/// Of a checkpoint's folder (or its config.json); null where there is none. FileError for files that are no tokenizer,
/// or have parts that are not built here.
std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& path);

/// From the text of tokenizer.json, of vocab.json and merges.txt, and from the bytes of tokenizer.model.
std::shared_ptr<const Tokenizer> read_tokenizer_json(std::string_view text, std::string_view source);
std::shared_ptr<const Tokenizer> read_vocabulary_and_merges(std::string_view vocabulary,
                                                            std::string_view merges, std::string_view source);
std::shared_ptr<const Tokenizer> read_sentencepiece(std::string_view bytes, std::string_view source);

}  // namespace roundoff::sim
