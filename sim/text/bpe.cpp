// tokenizer.json of Hugging Face's tokenizers, as far as it is byte-pair encoding: over bytes in an alphabet of printable
// characters (GPT-2, Llama 3, Qwen), or over characters with tokens for single bytes (Llama 2's files converted). And
// vocab.json with merges.txt, which is GPT-2's. Source: the library's documentation of the file's parts.
#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>
#include <unicode/utf8.h>

#include "formats/error.hpp"
#include "sim/text/byte_pairs.hpp"
#include "sim/text/pieces.hpp"
#include "sim/text/tokenizer.hpp"

namespace roundoff::sim {

namespace {

std::string character(UChar32 c) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(bytes.data(), size, c);
  return {bytes.data(), static_cast<std::size_t>(size)};
}

/// Pieces of whole characters.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> made;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = std::min<std::size_t>(text.size() - at, lead < 0x80   ? 1
                                                                     : lead < 0xe0 ? 2
                                                                     : lead < 0xf0 ? 3
                                                                                   : 4);
    made.push_back(text.substr(at, size));
    at += size;
  }
  return made;
}

/// GPT-2's alphabet: printable characters of Latin-1 stand for themselves, the other bytes for those from U+0100 on.
const std::array<std::string, 256>& byte_alphabet() {
  static const std::array<std::string, 256> made = [] {
    std::array<std::string, 256> list;
    UChar32 next = 256;
    for (int b = 0; b < 256; ++b) {
      const bool plain = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
      list[static_cast<std::size_t>(b)] = character(plain ? b : next++);
    }
    return list;
  }();
  return made;
}

/// The bytes that a word of that alphabet stands for; other characters stand for themselves.
std::string bytes_of(std::string_view word) {
  static const std::unordered_map<std::string, char> back = [] {
    std::unordered_map<std::string, char> map;
    for (std::size_t b = 0; b < 256; ++b) map.emplace(byte_alphabet()[b], static_cast<char>(b));
    return map;
  }();
  std::string made;
  for (const std::string_view c : characters(word)) {
    const auto found = back.find(std::string(c));
    if (found != back.end())
      made.push_back(found->second);
    else
      made += c;
  }
  return made;
}

struct Added {
  std::string content;
  Token token = 0;
  bool strips_left = false, strips_right = false;
};

class Bpe : public Tokenizer {
 public:
  // ---- what the files say ----
  std::unordered_map<std::string, Token> vocabulary;
  BytePairs pairs;
  std::vector<Added> added;  // longest first
  Normaliser normaliser;
  PieceCutter cutter;
  bool byte_level = false, byte_fallback = false, whole_words_first = false, fuses_unknown = false;
  std::optional<Token> unknown;
  std::string mark;           // stands for a blank when tokens are decoded; "" for none
  bool strips_first = false;  // a blank at the start, when tokens are decoded

  /// Once all of it is there.
  void finish() {
    const auto put = [&](Token token, std::string text) { texts_.insert_or_assign(token, std::move(text)); };
    for (const auto& [word, token] : vocabulary) put(token, byte_level ? bytes_of(word) : plain(word));
    for (const Added& one : added) put(one.token, one.content);
    std::sort(added.begin(), added.end(),
              [](const Added& a, const Added& b) { return a.content.size() > b.content.size(); });
    for (std::size_t i = 0; i < added.size(); ++i)
      by_first_[static_cast<unsigned char>(added[i].content[0])].push_back(i);
  }

  std::vector<Token> encode(std::string_view text) const override {
    if (const std::size_t bad = first_bad_byte(text); bad != std::string_view::npos)
      throw UsageError(fmt::format("the text is no UTF-8 at byte {}", bad));
    std::vector<Token> made;
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size();) {
      const Added* found = nullptr;
      for (const std::size_t i : by_first_[static_cast<unsigned char>(text[at])])
        if (text.substr(at).starts_with(added[i].content)) {
          found = &added[i];
          break;
        }
      if (found == nullptr) {
        ++at;
        continue;
      }
      std::size_t end = at;
      while (found->strips_left && end > from && text[end - 1] == ' ') --end;
      section(text.substr(from, end - from), made);
      made.push_back(found->token);
      at += found->content.size();
      while (found->strips_right && at < text.size() && text[at] == ' ') ++at;
      from = at;
    }
    section(text.substr(from), made);
    return made;
  }

  std::string decode(std::span<const Token> tokens) const override {
    std::string made;
    for (const Token token : tokens)
      if (const auto found = texts_.find(token); found != texts_.end()) made += found->second;
    if (strips_first && made.starts_with(' ')) made.erase(0, 1);
    return made;
  }

 private:
  /// A token's text where the vocabulary is one of characters.
  std::string plain(const std::string& word) const {
    unsigned byte = 0;
    if (byte_fallback && word.size() == 6 && word.starts_with("<0x") && word.back() == '>' &&
        std::sscanf(word.c_str(), "<0x%2X>", &byte) == 1)
      return std::string(1, static_cast<char>(byte));
    std::string made = word;
    for (std::size_t at = made.find(mark); !mark.empty() && at != std::string::npos;
         at = made.find(mark, at + 1))
      made.replace(at, mark.size(), " ");
    return made;
  }

  void section(std::string_view text, std::vector<Token>& made) const {
    if (text.empty()) return;
    const std::string normal = normaliser ? normaliser(std::string(text)) : std::string(text);
    for (const std::string& piece : cutter ? cutter({normal}) : Pieces{normal}) word(piece, made);
  }

  void word(const std::string& piece, std::vector<Token>& made) const {
    if (piece.empty()) return;
    std::string written = piece;
    if (byte_level) {
      written.clear();
      for (const char c : piece) written += byte_alphabet()[static_cast<unsigned char>(c)];
    }
    if (whole_words_first)
      if (const auto whole = vocabulary.find(written); whole != vocabulary.end()) {
        made.push_back(whole->second);
        return;
      }
    std::vector<Token> symbols;
    bool last_unknown = false;
    for (const std::string_view c : characters(written)) {
      const auto found = vocabulary.find(std::string(c));
      if (found != vocabulary.end()) {
        symbols.push_back(found->second);
        last_unknown = false;
        continue;
      }
      if (byte_fallback && bytes_of_character(c, symbols)) {
        last_unknown = false;
        continue;
      }
      if (!unknown)
        throw UsageError(
            fmt::format("the tokenizer has no token for '{}', and none for what it does not know", piece));
      if (!(fuses_unknown && last_unknown)) symbols.push_back(*unknown);
      last_unknown = true;
    }
    const std::vector<Token> joined = pairs.join(symbols);
    made.insert(made.end(), joined.begin(), joined.end());
  }

  bool bytes_of_character(std::string_view c, std::vector<Token>& symbols) const {
    std::vector<Token> bytes;
    for (const char byte : c) {
      const auto found = vocabulary.find(fmt::format("<0x{:02X}>", static_cast<unsigned char>(byte)));
      if (found == vocabulary.end()) return false;
      bytes.push_back(found->second);
    }
    symbols.insert(symbols.end(), bytes.begin(), bytes.end());
    return true;
  }

  std::unordered_map<Token, std::string> texts_;
  std::array<std::vector<std::size_t>, 256> by_first_;
};

constexpr Token most_tokens = 1 << 24;

Token token_of(const Json& json, std::string_view source) {
  if (!json.is_number_unsigned() || json > most_tokens)
    throw FileError(fmt::format("{} has a token whose number is none from 0 to {}", source, most_tokens));
  return json.get<Token>();
}

void read_vocabulary(const Json& json, std::string_view source, Bpe& bpe) {
  if (!json.is_object())
    throw FileError(fmt::format("{} has no vocabulary: an object from words to numbers", source));
  for (const auto& [word, token] : json.items()) bpe.vocabulary.emplace(word, token_of(token, source));
}

void add_merge(const std::string& left, const std::string& right, std::string_view source, Bpe& bpe) {
  const auto find = [&](const std::string& word) {
    const auto found = bpe.vocabulary.find(word);
    if (found == bpe.vocabulary.end())
      throw FileError(
          fmt::format("{} joins '{}' and '{}', but its vocabulary lacks '{}'", source, left, right, word));
    return found->second;
  };
  bpe.pairs.add(find(left), find(right), find(left + right));
}

/// "left right"
void add_merge(const std::string& line, std::string_view source, Bpe& bpe) {
  const std::size_t blank = line.find(' ', 1);
  if (blank == std::string::npos || blank + 1 >= line.size())
    throw FileError(
        fmt::format("{} has the merge '{}', which is not two words with a blank between", source, line));
  add_merge(line.substr(0, blank), line.substr(blank + 1), source, bpe);
}

/// The blank's stand-in and what is stripped, of "decoder".
void read_decoder(const Json& json, Bpe& bpe) {
  if (!json.is_object() || !json.contains("type")) return;
  if (json["type"] == "Sequence" && json.contains("decoders") && json["decoders"].is_array())
    for (const Json& step : json["decoders"]) read_decoder(step, bpe);
  if (json["type"] == "Replace" && json.contains("content") && json["content"] == " " &&
      json.contains("pattern") && json["pattern"].is_object() && json["pattern"].contains("String") &&
      json["pattern"]["String"].is_string())
    bpe.mark = json["pattern"]["String"].get<std::string>();
  if (json["type"] == "Metaspace") bpe.mark = json.value("replacement", "\u2581"), bpe.strips_first = true;
  if (json["type"] == "Strip" && json.contains("start") && json["start"] == 1) bpe.strips_first = true;
}

}  // namespace

std::shared_ptr<const Tokenizer> read_tokenizer_json(std::string_view text, std::string_view source_view) {
  const std::string source(source_view);
  const Json json = parse_json(text, source);
  if (!json.is_object() || !json.contains("model") || !json["model"].is_object())
    throw FileError(source + " is no tokenizer.json: it has no \"model\"");
  const Json& model = json["model"];
  const auto is = [](const Json& object, const char* field) {
    return object.contains(field) && object[field].is_boolean() && object[field].get<bool>();
  };
  if (model.contains("type") && model["type"] != "BPE")
    throw FileError(fmt::format("{} is a model of type {}; BPE can be read", source, model["type"].dump()));
  for (const char* field : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (model.contains(field) && model[field].is_string() && model[field] != "")
      throw FileError(fmt::format("{} has a \"{}\", which is not supported", source, field));
  auto bpe = std::make_shared<Bpe>();
  read_vocabulary(model.contains("vocab") ? model["vocab"] : Json(), source, *bpe);
  if (model.contains("merges") && model["merges"].is_array())
    for (const Json& merge : model["merges"]) {
      if (merge.is_string())
        add_merge(merge.get<std::string>(), source, *bpe);
      else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
        add_merge(merge[0].get<std::string>(), merge[1].get<std::string>(), source, *bpe);
      else
        throw FileError(source + " has a merge that is not two words");
    }
  bpe->byte_fallback = is(model, "byte_fallback");
  bpe->whole_words_first = is(model, "ignore_merges");
  bpe->fuses_unknown = is(model, "fuse_unk");
  if (model.contains("unk_token") && model["unk_token"].is_string())
    if (const auto found = bpe->vocabulary.find(model["unk_token"].get<std::string>());
        found != bpe->vocabulary.end())
      bpe->unknown = found->second;
  if (json.contains("normalizer")) bpe->normaliser = read_normaliser(json["normalizer"], source);
  if (json.contains("pre_tokenizer"))
    bpe->cutter = read_cutter(json["pre_tokenizer"], source, bpe->byte_level);
  if (json.contains("decoder")) read_decoder(json["decoder"], *bpe);
  if (json.contains("added_tokens") && json["added_tokens"].is_array())
    for (const Json& one : json["added_tokens"]) {
      if (!one.is_object() || !one.contains("content") || !one["content"].is_string() ||
          !one.contains("id") || one["content"] == "")
        throw FileError(source + " has an added token without content and id");
      if (is(one, "single_word"))
        throw FileError(source + " has an added token for single words, which is not supported");
      bpe->added.push_back({one["content"].get<std::string>(), token_of(one["id"], source), is(one, "lstrip"),
                            is(one, "rstrip")});
    }
  bpe->finish();
  return bpe;
}

std::shared_ptr<const Tokenizer> read_vocabulary_and_merges(std::string_view vocabulary,
                                                            std::string_view merges,
                                                            std::string_view source) {
  auto bpe = std::make_shared<Bpe>();
  read_vocabulary(parse_json(vocabulary, source), source, *bpe);
  for (std::size_t at = 0; at < merges.size();) {
    const std::size_t end = std::min(merges.find('\n', at), merges.size());
    std::string line(merges.substr(at, end - at));
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty() && !(at == 0 && line.starts_with("#version"))) add_merge(line, source, *bpe);
    at = end + 1;
  }
  bpe->cutter = read_cutter(Json{{"type", "ByteLevel"}, {"add_prefix_space", false}}, std::string(source),
                            bpe->byte_level);
  // GPT-2's files name the end of a text by this word, which no text is cut into.
  if (const auto end = bpe->vocabulary.find("<|endoftext|>"); end != bpe->vocabulary.end())
    bpe->added.push_back({end->first, end->second, false, false});
  bpe->finish();
  return bpe;
}

}  // namespace roundoff::sim
