// roundoff policies: what a policy can say (its keys, roles and quantisers), the named policies, and one of them
// as a policy file.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/options/policy_options.hpp"
#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "formats/blocks/blocks.hpp"
#include "sim/files/policy_document.hpp"
#include "sim/files/policy_file.hpp"
#include "sim/model/stacks.hpp"

namespace roundoff::cli {
namespace {

struct PoliciesArguments {
  std::string name;
};

void declare_policies(Arguments& arguments, PoliciesArguments& options) {
  arguments.positional("STACK", options.name, "A named policy, shown as a policy file; without it, the lists",
                       false);
}

Json stack_json(const Stack& stack) {
  Json document = {{"name", stack.name}, {"summary", stack.summary}, {"source", stack.source}};
  write_policy(stack.policy, document["policy"]);
  return document;
}

int show(const Stack& stack, Session& session) {
  print(session,
        fmt::format("# {}: {}\n# source: {}\n{}", stack.name, stack.summary, stack.source,
                    write_policy_file(stack.policy)),
        {}, stack_json(stack), "policy");
  return exit_done;
}

int list_policies(Session& session) {
  Table keys{{{"key", "key", false},
              {"option", "option", false},
              {"words", "takes", false},
              {"summary", "what it is", false}},
             {}};
  Json fields = Json::array(), roles = Json::array(), quantisers = Json::array(), named = Json::array();
  for (const PolicyField& field : policy_fields()) {
    keys.rows.push_back({field.key, option_of(field), field.words, field.summary});
    fields.push_back({{"key", field.key},
                      {"option", option_of(field)},
                      {"words", field.words},
                      {"summary", field.summary}});
    if (field.table() == "formats") roles.push_back(field.name());
  }
  std::string blocks;
  for (const BlockFormat& format : block_formats()) {
    quantisers.push_back(format.name);
    blocks += fmt::format("{}{}", blocks.empty() ? "" : ", ", format.name);
  }
  std::string stack_lines;
  for (const Stack& stack : stacks()) {
    named.push_back(stack_json(stack));
    stack_lines += fmt::format("  {}: {}\n", stack.name, stack.summary);
  }
  print(session,
        fmt::format("{}\nquantisers: {}, intB/G (B bits, G numbers a scale), e4m3/G, e5m2/G, none\n"
                    "named policies (--stack NAME; roundoff policies NAME):\n{}",
                    as_text(keys), blocks, stack_lines),
        keys, {{"keys", fields}, {"roles", roles}, {"quantisers", quantisers}, {"stacks", named}});
  return exit_done;
}

int run_policies(const PoliciesArguments& options, Session& session) {
  return options.name.empty() ? list_policies(session) : show(find_stack(options.name), session);
}

}  // namespace

Command policies_command() {
  return make_command<PoliciesArguments, declare_policies, run_policies>(
      "policies", "What a precision policy can say: keys, roles, quantisers, named policies",
      "A policy file is TOML: keys without a dot at its head, the others in tables. A role that is not named "
      "has the format of `format`.\n\n"
      "Examples:\n"
      "  roundoff policies\n"
      "  roundoff policies ieee-binary32 > ieee.toml\n");
}

}  // namespace roundoff::cli
