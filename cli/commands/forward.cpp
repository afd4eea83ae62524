// roundoff forward: one pass of a model file or a checkpoint over given tokens, without a task: logits, the
// choice at every position, and what each site did to the numbers.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/policy_options.hpp"
#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/trace.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/model/repeat.hpp"
#include "sim/program/record.hpp"

namespace roundoff::cli {
namespace {

struct ForwardArguments {
  std::string model, tokens;
  PolicyOptions policy;
  InsideOptions inside;
};

void declare_forward(Arguments& arguments, ForwardArguments& options) {
  arguments.positional("MODEL", options.model,
                       "A model file, or a folder with config.json and model.safetensors", true);
  arguments.positional("TOKENS", options.tokens, "Token numbers, with commas: 12,7,0,3", true);
  declare_policy(arguments, options.policy);
  declare_inside(arguments, options.inside);
}

std::vector<Token> parse_tokens(const std::string& text, std::size_t vocabulary) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    const bool number = !part.empty() && part.size() <= 9 &&
                        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!number || std::stoul(part) >= vocabulary)
      throw UsageError(fmt::format("forward: '{}' is no token: give numbers from 0 to {}, with commas", part,
                                   vocabulary - 1));
    tokens.push_back(static_cast<Token>(std::stoul(part)));
    at = end + 1;
  }
  return tokens;
}

/// JSON has no infinity and no NaN: they are strings, as in the number notation.
Json number_json(const Value& value) {
  if (value.is_finite()) return to_double(value);
  return value.is_nan() ? "nan" : value.negative ? "-inf" : "inf";
}

int run_forward(const ForwardArguments& options, Session& session) {
  options.inside.check(session);
  ModelFile file = load_model(options.model);
  const std::vector<Token> tokens = parse_tokens(options.tokens, file.model.vocabulary.size());
  Bindings bindings;
  bindings.N = static_cast<int>(tokens.size());
  file.model = unrolled(file.model, bindings);
  const Policy policy =
      file_policy(options.policy.layer(), file, options.model, bindings, "binary32", NanRule::propagate);
  SequenceShape sequence;
  sequence.one_pass = true;
  sequence.vocabulary = static_cast<int>(file.model.vocabulary.size());
  for (const Token token : tokens) sequence.tokens.push_back({token});
  const Program program = record(file.model, policy, sequence, {.skip_zero_weights = !options.inside.stats});
  Reference reference(program);
  reference.start(tokens);
  std::string trap;
  try {
    reference.advance(static_cast<int>(tokens.size()) - 1);
  } catch (const Trap& error) {
    trap = error.what();
  }
  // Under a trap, of the positions before it.
  Json logits = Json::array(), next = Json::array();
  for (std::size_t i = 0; i < tokens.size() && program.outputs[i] < reference.done(); ++i) {
    logits.push_back(Json::array());
    next.push_back(reference.output(static_cast<int>(i)));
  }
  for (NodeId id = 0; id < reference.done(); ++id) {
    const Site& site = program.sites[id];
    if (site.name == SiteName::logits && !site.inner &&
        static_cast<std::size_t>(site.position) < logits.size())
      logits[static_cast<std::size_t>(site.position)].push_back(number_json(reference.value(id)));
  }
  std::string text = fmt::format("{} in {}\n", file.model.name, notation(policy));
  for (std::size_t i = 0; i < next.size(); ++i) {
    const Json& logit = logits[i][next[i].get<std::size_t>()];
    text += fmt::format(
        "position {}: token {}, next {} with logit {}\n", i, tokens[i], next[i].get<int>(),
        logit.is_number() ? fmt::format("{:.9g}", logit.get<double>()) : logit.get<std::string>());
  }
  if (!trap.empty()) text += "trap: " + trap + '\n';
  text += mishaps_text(program, reference);
  Json document = {{"tokens", tokens},
                   {"next", next},
                   {"logits", logits},
                   {"name", file.model.name},
                   {"format", notation(policy)},
                   {"outside_the_theorem", outside_the_theorem(policy)},
                   {"mishaps", mishaps_json(program, reference)}};
  if (!trap.empty()) document["trap"] = trap;
  std::vector<std::string> names;
  for (const Token token : tokens) names.push_back(file.model.vocabulary[token]);
  const Table table = show_inside(options.inside, program, reference, file.model, names,
                                  file.model.vocabulary, text, document);
  print_beside(options.inside, session, text, table, document);
  return trap.empty() ? exit_done : exit_refuted;
}

}  // namespace

Command forward_command() {
  return make_command<ForwardArguments, declare_forward, run_forward>(
      "forward", "Run a model file or a checkpoint over given tokens: logits, choices, figures by site",
      "A folder with config.json and model.safetensors of GPT-2 or Llama architecture is a model, too. The "
      "format "
      "is binary32 unless the file or --format says otherwise.\n\n"
      "Examples:\n"
      "  roundoff forward examples/checkpoint/tiny 12,7,0,3 --json\n"
      "  roundoff forward examples/checkpoint/tiny 12,7,0,3 --policy examples/checkpoint/int4.toml "
      "--stats\n");
}

}  // namespace roundoff::cli
