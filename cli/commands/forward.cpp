// roundoff forward: one pass of a model file or a checkpoint over given tokens, without a task: logits, the
// choice at every position, and what each site did to the numbers.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/subject.hpp"
#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/trace.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/program/record.hpp"

namespace roundoff::cli {
namespace {

struct ForwardArguments {
  SubjectOptions subject;
  std::string tokens;
  InsideOptions inside;
};

void declare_forward(Arguments& arguments, ForwardArguments& options) {
  arguments.positional("MODEL", options.subject.name,
                       "A model file, or a folder with config.json and model.safetensors", true);
  arguments.positional("TOKENS", options.tokens, "Token numbers, with commas: 12,7,0,3", true);
  declare_arithmetic(arguments, options.subject);
  arguments.text("--policy", options.subject.policy, "FILE",
                 "Formats by role and quantisers, from a TOML file");
  declare_inside(arguments, options.inside);
}

std::vector<Token> parse_tokens(const std::string& text, std::size_t vocabulary) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    const bool number = !part.empty() && part.size() <= 5 &&
                        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!number || std::stoul(part) >= vocabulary)
      throw UsageError(fmt::format("forward: '{}' is no token: give numbers from 0 to {}, with commas", part,
                                   vocabulary - 1));
    tokens.push_back(static_cast<Token>(std::stoul(part)));
    at = end + 1;
  }
  return tokens;
}

int run_forward(const ForwardArguments& options, Session& session) {
  if (!options.subject.settings.empty()) throw UsageError("forward: --set sets a knob of a construction");
  const ModelFile file = load_model(options.subject.name);
  const std::vector<Token> tokens = parse_tokens(options.tokens, file.model.vocabulary.size());
  Bindings bindings;
  bindings.N = static_cast<int>(tokens.size());
  const Policy policy = file_policy(options.subject, file, bindings, "binary32");
  SequenceShape sequence;
  sequence.vocabulary = static_cast<int>(file.model.vocabulary.size());
  for (const Token token : tokens) sequence.tokens.push_back({token});
  const Program program = record(file.model, policy, sequence, {.skip_zero_weights = !options.inside.stats});
  Reference reference(program);
  reference.start(tokens);
  reference.advance(static_cast<int>(tokens.size()) - 1);

  Json logits = Json::array(), next = Json::array();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    logits.push_back(Json::array());
    next.push_back(reference.output(static_cast<int>(i)));
  }
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    const Site& site = program.sites[id];
    if (site.name == SiteName::logits && !site.inner)
      logits[static_cast<std::size_t>(site.position)].push_back(to_double(reference.value(id)));
  }
  std::string text = fmt::format("{} in {}\n", file.model.name, notation(policy));
  for (std::size_t i = 0; i < tokens.size(); ++i)
    text += fmt::format("position {}: token {}, next {} with logit {:.9g}\n", i, tokens[i],
                        next[i].get<int>(), logits[i][next[i].get<std::size_t>()].get<double>());
  Json document = {{"tokens", tokens},           {"next", next},
                   {"logits", logits},           {"name", file.model.name},
                   {"format", notation(policy)}, {"outside_the_theorem", outside_the_theorem(policy)}};
  const Table table = show_inside(options.inside, program, reference, file.model.vocabulary, text, document);
  print(session, text, table, document);
  return exit_done;
}

}  // namespace

Command forward_command() {
  return make_command<ForwardArguments, declare_forward, run_forward>(
      "forward", "Run a model file or a checkpoint over given tokens: logits, choices, figures by site",
      "A folder with config.json and model.safetensors of GPT-2 or Llama architecture is a model, too. The "
      "format "
      "is binary32 unless the file or --format says otherwise.\n\n"
      "Examples:\n"
      "  roundoff forward checkpoint/ 12,7,0,3 --json\n"
      "  roundoff forward checkpoint/ 12,7,0,3 --policy int4.toml --stats\n");
}

}  // namespace roundoff::cli
