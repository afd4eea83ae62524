#include "cli/options/policy_options.hpp"

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/files/policy_file.hpp"
#include "sim/model/stacks.hpp"

namespace roundoff::cli {

PolicyLayer PolicyOptions::layer() const {
  PolicyLayer layer;
  if (!stack.empty()) layer.lay(find_stack(stack).policy);
  if (!file.empty()) layer.lay(load_policy_file(file));
  layer.lay(words);
  return layer;
}

void declare_policy(Arguments& arguments, PolicyOptions& options, std::string_view taken) {
  arguments.group("Arithmetic (roundoff policies describes them)");
  PolicyLayer& words = options.words;
  for (const PolicyField& field : policy_fields()) {
    const std::string option = option_of(field);
    if (option == taken) continue;
    if (field.table().empty()) {
      arguments.take(option, field.words, field.summary,
                     [&words, &field](const std::string& word) { words.set(field.key, word); });
    } else if (field.role == 0) {
      const std::string table(field.table());
      arguments.take(
          option, "ROLE=" + field.words,
          table == "formats" ? "Number format of one role; may be repeated"
                             : "Quantiser of one role; may be repeated",
          [&words, table, option](const std::string& word) { words.set_role(table, word, option); });
    }
  }
  arguments.text("--policy", options.file, "FILE",
                 "All of these from a TOML file; options have the last word");
  arguments.text("--stack", options.stack, "NAME", "A named policy, under the file and the options");
}

Policy construction_policy(const PolicyLayer& layer, const Construction& construction,
                           const Bindings& bindings) {
  PolicyLayer rest = layer;
  const std::string* family = layer.find("format");
  rest.erase("format");
  return policy_for(construction,
                    FormatFamily(family != nullptr ? *family : std::string(construction.family)).at(bindings),
                    rest, bindings);
}

Policy file_policy(const PolicyLayer& layer, const ModelFile& file, const std::string& path,
                   const Bindings& bindings, const std::string& standard, NanRule nan) {
  PolicyLayer own = file.policy;
  if (layer.find("format") != nullptr) own.erase_formats();
  PolicyLayer both = own;
  both.lay(layer);
  if (both.find("format") == nullptr && !both.names_all_formats()) {
    if (standard.empty())
      throw UsageError(path + " names no format; give one with --format, e.g. --format binary32");
    own.set("format", standard);
  }
  Policy base;
  base.nan = nan;
  try {
    base = laid(base, own, bindings);
  } catch (const UsageError& error) {
    throw FileError(fmt::format("{}: {}", path, error.what()));
  }
  return laid(base, layer, bindings);
}

}  // namespace roundoff::cli
