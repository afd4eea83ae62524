// roundoff ablate: which part of a policy costs what, and how few bits a role can do with.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/token_blocks.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/comparison.hpp"
#include "cli/views/task_json.hpp"
#include "formats/error.hpp"
#include "sim/files/write_file.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::cli {
namespace {

struct AblateArguments {
  std::string model, from = "binary32", to, page, least, role;
  std::optional<double> loss;
  bool no_flips = false;
  TokenOptions tokens;
};

void declare_ablate(Arguments& arguments, AblateArguments& options) {
  arguments.positional("MODEL", options.model,
                       "A model file, or a folder with config.json and model.safetensors", true);
  arguments.text("--from", options.from, "FILE|STACK|FORMAT", "The policy that is right (binary32)");
  arguments.text("--to", options.to, "FILE|STACK|FORMAT", "The policy whose parts are tried one at a time");
  declare_tokens(arguments, options.tokens);
  arguments.choice("--least", options.least, {"significand", "exponent"},
                   "Instead: the fewest bits of --role, all else as --from");
  arguments.text("--role", options.role, "ROLE", "Of --least");
  arguments.number("--loss", options.loss, "NATS", "Of --least: the mean loss may rise by so much");
  arguments.flag("--no-flips", options.no_flips, "Of --least: no choice may change");
  arguments.text("--page", options.page, "FILE", "Write a page with plots as well");
}

Role role_of(const std::string& word) {
  std::vector<std::string> known;
  for (int r = 0; r < role_count; ++r) {
    known.emplace_back(name(static_cast<Role>(r)));
    if (known.back() == word) return static_cast<Role>(r);
  }
  throw UsageError("ablate: " + unknown("role", word, known));
}

int scan_bits(const AblateArguments& options, const ModelFile& file, const TokenBlocks& blocks,
              const PrecisionOptions& how, Session& session) {
  if (options.role.empty() || options.no_flips == options.loss.has_value())
    throw UsageError("ablate: --least takes --role ROLE, and either --loss NATS or --no-flips");
  const Policy from = policy_of_word(options.from, file, options.model);
  const BitsScan scan = least_bits(file.model, from, role_of(options.role), options.least == "exponent",
                                   {options.no_flips, options.loss.value_or(0)}, blocks, how);
  std::string text = fmt::format("{} under {}: {} bits of {}\n", file.model.name, policy_text(from),
                                 options.least, options.role) +
                     as_text(bits_table(scan));
  text += scan.least == 0 ? std::string("no number of bits is enough\n")
                          : fmt::format("from {} bits on all are enough\n", scan.least);
  for (const int bits : scan.below)
    text += fmt::format("{} bits are enough, too, though more are not\n", bits);
  Json document = {{"name", file.model.name},
                   {"from", notation(from)},
                   {"role", options.role},
                   {"of", options.least},
                   {"policies", {{"from", as_json(from)}}},
                   {"asked", {{"block", options.tokens.block ? Json(*options.tokens.block) : Json()}}}};
  document["asked"]["loss"] = options.loss ? Json(*options.loss) : Json();
  document["asked"]["no_flips"] = options.no_flips;
  document.update(bits_json(scan));
  print(session, text, bits_table(scan), document, "ablate-least");
  return exit_done;
}

int run_ablate(const AblateArguments& options, Session& session) {
  ModelFile file = load_model(options.model);
  const TokenBlocks blocks = read_blocks(options.tokens, file.model);
  file.model = written_out(file.model, blocks);
  ProgressLine progress(session);
  const PrecisionOptions how{tensor_options(options.tokens, session, progress), false};
  try {
    if (!options.least.empty()) return scan_bits(options, file, blocks, how, session);
    if (options.to.empty()) throw UsageError("ablate: --to names the policy whose parts are tried");
    const Policy from = policy_of_word(options.from, file, options.model),
                 to = policy_of_word(options.to, file, options.model);
    const Ablation ablation = ablate(file.model, from, to, blocks, how);
    std::string text = fmt::format("{}, {} blocks\nfrom: {}\nto:   {}\n", file.model.name, blocks.size(),
                                   policy_text(from), policy_text(to));
    text += fmt::format("all of it: KL {}, loss {}, {} of {} choices flipped\n",
                        estimate_text(ablation.all.divergence), estimate_text(ablation.all.loss_difference),
                        ablation.all.flips, ablation.all.tokens);
    text += ablation.rows.empty() ? std::string("the two policies are the same\n")
                                  : as_text(ablation_table(ablation));
    Json document = {{"name", file.model.name},
                     {"from", notation(from)},
                     {"to", notation(to)},
                     {"policies", {{"from", as_json(from)}, {"to", as_json(to)}}},
                     {"asked", {{"block", options.tokens.block ? Json(*options.tokens.block) : Json()}}}};
    document.update(ablation_json(ablation));
    if (!options.page.empty()) {
      html::Page page(fmt::format("Where {} loses", policy_text(to)),
                      fmt::format("{} on {} tokens, one part of the policy at a time.", file.model.name,
                                  ablation.all.tokens));
      page.heading("Cost by part");
      add_to(page, ablation);
      page.heading("All of it");
      add_to(page, ablation.all, {"from", "to"});
      page.heading("Again");
      page.command(session.command_line);
      write_file(options.page, page.finish(provenance(session)));
      text += fmt::format("page: {}\n", options.page);
    }
    print(session, text, ablation_table(ablation), document);
  } catch (const Stopped&) {
    throw Interrupted("ablate: interrupted; nothing is kept of it, ask again");
  }
  return exit_done;
}

}  // namespace

Command ablate_command() {
  return make_command<AblateArguments, declare_ablate, run_ablate>(
      "ablate", "Which part of a precision policy costs what: one role at a time, alone and left out",
      "Parts are the roles' formats with their quantisers, the order of sums, dot and softmax. What costs "
      "most alone comes "
      "first.\n\n"
      "Examples:\n"
      "  roundoff ablate examples/checkpoint/tiny --to bfloat16 --tokens examples/checkpoint/tiny.tokens\n"
      "  roundoff ablate examples/checkpoint/tiny --least significand --role accumulators --loss 0.01 "
      "--tokens examples/checkpoint/tiny.tokens\n");
}

}  // namespace roundoff::cli
