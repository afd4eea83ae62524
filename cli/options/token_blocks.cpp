#include "cli/options/token_blocks.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "cli/options/policy_options.hpp"
#include "cli/shell/interrupt.hpp"
#include "formats/error.hpp"
#include "sim/files/bytes.hpp"
#include "sim/files/checkpoint.hpp"
#include "sim/files/policy_file.hpp"
#include "sim/files/text_file.hpp"
#include "sim/model/repeat.hpp"
#include "sim/model/stacks.hpp"

namespace roundoff::cli {

void declare_tokens(Arguments& arguments, TokenOptions& options) {
  arguments.text("--tokens", options.tokens, "FILE",
                 "Token numbers, a block a line, with commas or blanks between");
  arguments.text("--text", options.text, "FILE", "Text, in the tokens of the checkpoint's tokenizer or of the model's vocabulary");
  arguments.number("--block", options.block, 2, 1 << 20, "Cut into blocks of so many tokens");
  arguments.number("--lanes", options.lanes, 1, 1 << 14,
                   "Tokens that run together (more is faster and takes more memory; no bit depends on it)");
}

std::vector<Token> parse_tokens(std::string_view text, const Model& model) {
  constexpr std::string_view between = ", \t\r";
  const std::size_t vocabulary = model.vocabulary.size();
  std::vector<Token> tokens;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(between, at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(between, at), text.size());
    const std::string part(text.substr(at, end - at));
    const bool number = part.size() <= 9 &&
                        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!number || std::stoul(part) >= vocabulary)
      throw UsageError(
          fmt::format("'{}' is no token: give numbers from 0 to {}, with commas", part, vocabulary - 1));
    tokens.push_back(static_cast<Token>(std::stoul(part)));
    at = end;
  }
  return tokens;
}

namespace {

/// At every place the longest entry of the vocabulary.
std::vector<Token> by_names(std::string_view text, const Model& model) {
  std::unordered_map<std::string_view, Token> names;
  std::size_t longest = 0;
  for (std::size_t t = 0; t < model.vocabulary.size(); ++t) {
    names.emplace(model.vocabulary[t], static_cast<Token>(t));
    longest = std::max(longest, model.vocabulary[t].size());
  }
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t size = std::min(longest, text.size() - at);
    while (size > 0 && !names.contains(text.substr(at, size))) --size;
    if (size == 0)
      throw UsageError(fmt::format("the model's vocabulary has no token for '{}' at byte {} of the text",
                                   text.substr(at, 1), at));
    tokens.push_back(names.at(text.substr(at, size)));
    at += size;
  }
  return tokens;
}

}  // namespace

TextCoder::TextCoder(const std::string& path, const Model& model)
    : tokenizer_(is_checkpoint(path) ? load_tokenizer(path) : nullptr), model_(model), path_(path) {
  nameless_ = is_checkpoint(path);
  for (std::size_t t = 0; nameless_ && t < model.vocabulary.size(); ++t)
    nameless_ = model.vocabulary[t] == std::to_string(t);
}

std::vector<Token> TextCoder::encode(std::string_view text) const {
  if (!tokenizer_ && nameless_)
    throw UsageError(fmt::format(
        "{} has no tokenizer (tokenizer.json, vocab.json with merges.txt, or tokenizer.model); give token numbers", path_));
  if (!tokenizer_) return by_names(text, model_);
  std::vector<Token> tokens;
  try {
    tokens = tokenizer_->encode(text);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{} (the tokenizer of {})", error.what(), path_));
  }
  for (const Token token : tokens)
    if (token >= model_.vocabulary.size())
      throw UsageError(fmt::format("the tokenizer of {} gives token {}, but the model has {}", path_, token,
                                   model_.vocabulary.size()));
  return tokens;
}

void TextCoder::name_tokens(Model& model) const {
  if (!tokenizer_) return;
  for (Token t = 0; t < model.vocabulary.size(); ++t) model.vocabulary[t] = tokenizer_->decode({&t, 1});
}

std::string TextCoder::decode(std::span<const Token> tokens) const {
  if (tokenizer_) return tokenizer_->decode(tokens);
  std::string text;
  for (const Token token : tokens) text += model_.vocabulary[token];
  return text;
}

namespace {

/// The lines of the token file, or the text, each cut into blocks of at most `most` tokens.
std::vector<std::vector<Token>> cut_file(const TokenOptions& options, const Model& model, const std::string& model_path,
                                         std::size_t most) {
  if (options.tokens.empty() == options.text.empty())
    throw UsageError("give the tokens by --tokens FILE or the text by --text FILE");
  std::vector<std::vector<Token>> blocks;
  const auto cut = [&](const std::vector<Token>& tokens) {
    for (std::size_t at = 0; at < tokens.size();) {
      const std::size_t count = std::min(most, tokens.size() - at);
      const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(at);
      blocks.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
      at += count;
    }
  };
  const std::string& path = options.tokens.empty() ? options.text : options.tokens;
  const std::string content = read_text_file(path);
  try {
    if (options.tokens.empty()) cut(TextCoder(model_path, model).encode(content));
    for (std::size_t at = 0; !options.tokens.empty() && at < content.size();) {
      const std::size_t end = std::min(content.find('\n', at), content.size());
      cut(parse_tokens(std::string_view(content).substr(at, end - at), model));
      at = end + 1;
    }
  } catch (const UsageError& error) {
    throw FileError(fmt::format("{}: {}", path, error.what()));
  }
  if (blocks.empty()) throw FileError(path + " holds no tokens");
  return blocks;
}

std::size_t positions_of(const Model& model) {
  return model.position_embedding.empty() || model.periodic_positions ? std::numeric_limits<std::size_t>::max()
                                          : static_cast<std::size_t>(model.position_embedding.rows());
}

}  // namespace

std::vector<std::vector<Token>> read_blocks(const TokenOptions& options, const Model& model,
                                            const std::string& path) {
  constexpr std::size_t usual = 128;
  return cut_file(
      options, model, path,
      options.block ? static_cast<std::size_t>(*options.block) : std::min(usual, positions_of(model)));
}

std::vector<std::vector<Token>> read_prompts(const std::string& typed, const TokenOptions& options,
                                             const Model& model, const std::string& path) {
  if (!typed.empty()) {
    if (!options.tokens.empty() || !options.text.empty())
      throw UsageError("give tokens by themselves, or a file of them by --tokens or --text, but not both");
    if (options.block) throw UsageError("--block cuts what --tokens or --text names into blocks; leave it out");
    std::vector<Token> tokens = parse_tokens(typed, model);
    if (tokens.empty()) throw UsageError("'" + typed + "' holds no token");
    return {std::move(tokens)};
  }
  const std::size_t most = options.block          ? static_cast<std::size_t>(*options.block)
                           : options.text.empty() ? std::numeric_limits<std::size_t>::max()
                                                  : positions_of(model);
  return cut_file(options, model, path, most);
}

Model written_out(const Model& model, const std::vector<std::vector<Token>>& sequences) {
  Bindings bindings;
  bindings.N = static_cast<std::int64_t>(sequences.front().size());
  Model whole = unrolled(model, bindings);
  const bool stretched = std::any_of(sequences.begin(), sequences.end(), [&](const auto& sequence) {
    return stretches(model, static_cast<int>(sequence.size()));
  });
  for (std::size_t i = 1; (whole.grows || stretched) && i < sequences.size(); ++i)
    if (sequences[i].size() != sequences.front().size() && stretched)
      throw UsageError("rotary positions of this model stretch with the sequence; give sequences of one length, or one alone");
    else if (sequences[i].size() != sequences.front().size())
      throw UsageError(fmt::format("how often layers are repeated depends on the length, and sequence 0 has {} tokens, "
                                   "sequence {} has {}: ask for one length at a time",
                                   sequences.front().size(), i, sequences[i].size()));
  return whole;
}

std::string file_digest(const std::string& path) {
  std::vector<std::string> files;
  if (is_checkpoint(path) && !path.ends_with(".gguf")) {
    std::filesystem::path folder(path);
    if (folder.filename() == "config.json") folder = folder.parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".safetensors" || entry.path().filename() == "config.json")
        files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  std::uint64_t state = 0x243f6a8885a308d3ULL;
  const auto take = [&](std::uint64_t word) {
    state = (state ^ word) * 0x9e3779b97f4a7c15ULL;
    state ^= state >> 32;
  };
  for (const std::string& file : files) {
    const auto bytes = Bytes::map(file);
    const std::string_view all = bytes->view();
    take(all.size());
    for (std::size_t at = 0; at < all.size(); at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      for (std::size_t b = 0; b < std::min(sizeof word, all.size() - at); ++b)
        word |= std::uint64_t{static_cast<unsigned char>(all[at + b])} << (8 * b);
      take(word);
    }
  }
  return fmt::format("{:016x}", state);
}

Policy policy_of_word(const std::string& word, const ModelFile& file, const std::string& path) {
  PolicyLayer layer;
  std::error_code ignored;
  const bool stack =
      std::any_of(stacks().begin(), stacks().end(), [&](const Stack& one) { return one.name == word; });
  if (std::filesystem::is_regular_file(word, ignored))
    layer = load_policy_file(word);
  else if (stack)
    layer = find_stack(word).policy;
  else
    layer.set("format", word);
  return file_policy(layer, file, path, Bindings{}, "binary32", NanRule::propagate);
}

TensorOptions tensor_options(const TokenOptions& options, const Session& session, ProgressLine& progress) {
  TensorOptions made;
  made.threads = session.threads;
  made.lanes = options.lanes;
  made.watch = [&progress, stop = interruption(session)](std::string_view what, double done, double of) {
    if (stop()) throw Stopped();
    progress.show(std::string(what), done, of);
  };
  return made;
}

}  // namespace roundoff::cli
