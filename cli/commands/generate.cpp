// roundoff generate: greedy decoding from a prompt.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/policy_options.hpp"
#include "cli/options/token_blocks.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "sim/model/repeat.hpp"
#include "sim/tensors/decode.hpp"

namespace roundoff::cli {
namespace {

struct GenerateArguments {
  std::string model, prompt;
  bool text = false;
  int count = 32;
  std::optional<int> stop;
  PolicyOptions policy;
};

void declare_generate(Arguments& arguments, GenerateArguments& options) {
  arguments.positional("MODEL", options.model,
                       "A model file, or a folder with config.json and model.safetensors", true);
  arguments.positional("PROMPT", options.prompt, "Token numbers, with commas; with --text, text", true);
  arguments.flag("--text", options.text, "The prompt is text in the tokens that the vocabulary names");
  arguments.number("--count", options.count, 1, 1 << 20, "Tokens to write, at most");
  arguments.number("--stop", options.stop, 0, (1 << 30), "Token that ends it");
  declare_policy(arguments, options.policy);
}

int run_generate(const GenerateArguments& options, Session& session) {
  ModelFile file = load_model(options.model);
  file.model = unrolled(file.model, {});
  std::vector<Token> tokens =
      options.text ? tokens_of_text(options.prompt, file.model) : parse_tokens(options.prompt, file.model);
  if (tokens.empty()) throw UsageError("generate: the prompt is empty");
  const Policy policy =
      file_policy(options.policy.layer(), file, options.model, Bindings{}, "binary32", NanRule::propagate);
  ProgressLine progress(session);
  TensorOptions how = tensor_options({}, session, progress);
  how.watch = {};
  TensorRun run(file.model, policy, how);
  DecodeOptions greedy{.most = static_cast<std::size_t>(options.count), .last = {}, .watch = {}};
  if (options.stop) greedy.last = [&](Token token) { return token == static_cast<Token>(*options.stop); };
  greedy.watch = [&, stop = interruption(session)](std::size_t written) {
    if (stop()) throw Interrupted("generate: interrupted; ask again");
    progress.show("tokens", static_cast<double>(written), options.count);
  };
  const std::size_t given = tokens.size();
  const std::vector<Token> answer = decode(run, {tokens}, greedy)[0];
  tokens.insert(tokens.end(), answer.begin(), answer.end());
  std::string written, numbers;
  Table table{{{"position", "position", true}, {"token", "token", true}, {"text", "text", false}}, {}};
  for (std::size_t i = given; i < tokens.size(); ++i) {
    numbers += fmt::format("{}{}", i > given ? "," : "", tokens[i]);
    written += file.model.vocabulary[tokens[i]];
    table.rows.push_back({std::to_string(i), std::to_string(tokens[i]), file.model.vocabulary[tokens[i]]});
  }
  Json document = {
      {"name", file.model.name},
      {"format", notation(policy)},
      {"policy", as_json(policy)},
      {"asked", {{"count", options.count}, {"stop", options.stop ? Json(*options.stop) : Json()}}},
      {"prompt", std::vector<Token>(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(given))},
      {"tokens", std::vector<Token>(tokens.begin() + static_cast<std::ptrdiff_t>(given), tokens.end())},
      {"text", written}};
  add_sources(document, options.policy);
  print(session, (options.text ? written : numbers) + '\n', table, document);
  return exit_done;
}

}  // namespace

Command generate_command() {
  return make_command<GenerateArguments, declare_generate, run_generate>(
      "generate", "Greedy decoding from a prompt, under any precision policy",
      "Examples:\n"
      "  roundoff generate examples/checkpoint/tiny 12,7,0 --count 6 --format bfloat16\n");
}

}  // namespace roundoff::cli
