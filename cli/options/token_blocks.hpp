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
/// The tokens of a text: at every place the longest entry of the vocabulary. UsageError that names what has none.
std::vector<Token> tokens_of_text(std::string_view text, const Model& model);
/// The blocks of the file that the options name; without --block, of 128 tokens or as many as the model has positions
/// for.
std::vector<std::vector<Token>> read_blocks(const TokenOptions& options, const Model& model);
/// The tokens as typed, or the prompts of the file that the options name, a line each, uncut but for --block.
std::vector<std::vector<Token>> read_prompts(const std::string& typed, const TokenOptions& options,
                                             const Model& model);
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
