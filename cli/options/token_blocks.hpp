// Tokens for a model, as typed or in files, and policies named in one word: what forward, diff, ablate and generate
// take.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/names.hpp"
#include "cli/options/arguments.hpp"
#include "cli/shell/progress.hpp"
#include "sim/files/model_file.hpp"
#include "sim/tensors/run.hpp"
#include "sim/text/tokenizer.hpp"

namespace roundoff::cli {

struct TokenOptions {
  std::string tokens;        ///< a file: a block a line, token numbers with commas or blanks between
  std::string text;          ///< a file: text in the model's vocabulary
  std::optional<int> block;  ///< longer stretches are cut into blocks of so many tokens
  int lanes = 128;
};
void declare_tokens(Arguments& arguments, TokenOptions& options);

/// "12,7,0 3" into tokens. UsageError that names the word.
std::vector<Token> parse_tokens(std::string_view text, const Model& model);

/// Text and tokens: by the tokenizer of the model's folder, where it has one, else by the words of its vocabulary.
class TextCoder {
 public:
  /// FileError for a tokenizer that cannot be read.
  TextCoder(const std::string& path, const Model& model);
  /// UsageError that names what has no token; or says that a checkpoint has no tokenizer.
  std::vector<Token> encode(std::string_view text) const;
  std::string decode(std::span<const Token> tokens) const;
  /// The vocabulary becomes the texts of the tokenizer's tokens, where there is one.
  void name_tokens(Model& model) const;

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  const Model& model_;
  std::string path_;
  bool nameless_;  ///< the vocabulary is nothing but numbers
};

/// The blocks of the file that the options name; without --block, of 128 tokens or as many as the model has positions
/// for.
std::vector<std::vector<Token>> read_blocks(const TokenOptions& options, const Model& model,
                                            const std::string& path);
/// The tokens as typed, or the prompts of the file that the options name, a line each, uncut but for --block.
std::vector<std::vector<Token>> read_prompts(const std::string& typed, const TokenOptions& options,
                                             const Model& model, const std::string& path);
/// The model as it runs on these sequences: repeated layers written out. UsageError where their number depends on the
/// length of the sequence and the lengths differ.
Model written_out(const Model& model, const std::vector<std::vector<Token>>& sequences);
/// A number for what a model's files hold.
std::string file_digest(const std::string& path);

/// A policy in one word: a policy file's path, the name of a stack, or a format for all roles. NaN propagates
/// where the word says nothing else.
Policy policy_of_word(const std::string& word, const ModelFile& file, const std::string& path);

TensorOptions tensor_options(const TokenOptions& options, const Session& session, ProgressLine& progress);

}  // namespace roundoff::cli
