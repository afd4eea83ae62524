// roundoff diff: what a policy costs a model on text, against another one.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/policy_options.hpp"
#include "cli/options/token_blocks.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/comparison.hpp"
#include "cli/views/task_json.hpp"
#include "cli/views/tensor_view.hpp"
#include "sim/files/write_file.hpp"

namespace roundoff::cli {
namespace {

struct DiffArguments {
  std::string model, against = "binary32", page;
  PolicyOptions policy;
  TokenOptions tokens;
};

void declare_diff(Arguments& arguments, DiffArguments& options) {
  arguments.positional("MODEL", options.model,
                       "A model file, or a folder with config.json and model.safetensors", true);
  declare_policy(arguments, options.policy);
  arguments.text("--against", options.against, "FILE|STACK|FORMAT", "What it is compared with (binary32)");
  declare_tokens(arguments, options.tokens);
  arguments.text("--page", options.page, "FILE", "Write a page with plots as well");
}

int run_diff(const DiffArguments& options, Session& session) {
  ModelFile file = load_model(options.model);
  const TokenBlocks blocks = read_blocks(options.tokens, file.model);
  file.model = written_out(file.model, blocks);
  const Policy against = policy_of_word(options.against, file, options.model);
  const Policy policy =
      file_policy(options.policy.layer(), file, options.model, Bindings{}, "binary32", NanRule::propagate);
  ProgressLine progress(session);
  const PrecisionOptions how{tensor_options(options.tokens, session, progress), true};
  try {
    const PolicyRun before = run_policy(file.model, against, blocks, how),
                    after = run_policy(file.model, policy, blocks, how);
    const Comparison comparison = compare(before, after, blocks);
    const Sides sides = {"against", "policy"};
    std::string text = fmt::format("{}, {} blocks\nagainst: {}\npolicy:  {}\n", file.model.name,
                                   blocks.size(), policy_text(against), policy_text(policy)) +
                       comparison_text(comparison, sides, file.model.vocabulary);
    for (const auto& [name, run] : {std::pair{"against", &before}, std::pair{"policy", &after}})
      if (const std::string mishaps = mishaps_text(run->statistics, true); !mishaps.empty())
        text += fmt::format("under {}, {}", name, mishaps);
    text += as_text(drift_table(comparison));
    Json document = {{"name", file.model.name},
                     {"policy", notation(policy)},
                     {"against", notation(against)},
                     {"policies", {{"policy", as_json(policy)}, {"against", as_json(against)}}},
                     {"asked", {{"block", options.tokens.block ? Json(*options.tokens.block) : Json()}}},
                     {"blocks", blocks.size()}};
    add_sources(document, options.policy);
    document.update(comparison_json(comparison, sides));
    document["mishaps"] = {{"against", mishaps_json(before.statistics)},
                           {"policy", mishaps_json(after.statistics)}};
    if (!options.page.empty()) {
      html::Page page(fmt::format("What {} costs {}", policy_text(policy), file.model.name),
                      fmt::format("Against {}, on {} tokens.", policy_text(against), comparison.tokens));
      page.heading("Cost");
      add_to(page, comparison, sides);
      page.heading("Again");
      page.command(session.command_line);
      write_file(options.page, page.finish(provenance(session)));
      text += fmt::format("page: {}\n", options.page);
    }
    print(session, text, drift_table(comparison), document);
  } catch (const Stopped&) {
    throw Interrupted("diff: interrupted; nothing is kept of it, ask again");
  }
  return exit_done;
}

}  // namespace

Command diff_command() {
  return make_command<DiffArguments, declare_diff, run_diff>(
      "diff",
      "What a precision policy costs a model on text: perplexity, KL, flipped choices, drift by layer",
      "KL is of the distributions under --against to those under --format, --policy, --stack and --role; it "
      "and the loss "
      "are in nats, with standard errors over blocks of text.\n\n"
      "Examples:\n"
      "  roundoff diff examples/checkpoint/tiny --format bfloat16 --tokens examples/checkpoint/tiny.tokens\n"
      "  roundoff diff examples/checkpoint/tiny --policy examples/checkpoint/int4.toml --against bfloat16 "
      "--tokens examples/checkpoint/tiny.tokens --page int4.html\n");
}

}  // namespace roundoff::cli
