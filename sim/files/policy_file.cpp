#include "sim/files/policy_file.hpp"

#include "formats/notation/suggest.hpp"
#include "sim/files/policy_toml.hpp"
#include "sim/files/text_file.hpp"

namespace roundoff::sim {

PolicyLayer read_policy_file(std::string_view text, std::string_view source) {
  const toml::table page = parse_toml(text, source);
  const auto fail = [&](const toml::node& node, const std::string& message) {
    throw FileError(fmt::format("{}:{}: {}", source, node.source().begin.line, message));
  };
  PolicyLayer layer;
  for (const auto& [key, node] : page) {
    if (key.str() == "format" && page.contains("formats") && page["formats"].as_table() != nullptr &&
        page["formats"].as_table()->contains("all"))
      fail(node, "format and formats.all are one thing; take one");
    read_policy(layer, key.str(), node, fail);
  }
  return layer;
}

PolicyLayer load_policy_file(const std::string& path) { return read_policy_file(read_text_file(path), path); }

std::string write_policy_file(const PolicyLayer& layer) {
  // A table of TOML lasts to the next one: what stands in none comes first.
  std::string text;
  const auto line = [&](std::string_view name, const std::string& word) {
    text += fmt::format("{} = \"{}\"\n", name, word);
  };
  for (const auto& [key, word] : layer.entries())
    if (policy_field(key).table().empty()) line(key, word);
  std::string_view table;
  for (const auto& [key, word] : layer.entries()) {
    const PolicyField& field = policy_field(key);
    if (field.table().empty()) continue;
    if (field.table() != table) text += fmt::format("[{}]\n", table = field.table());
    line(field.name(), word);
  }
  return text;
}

}  // namespace roundoff::sim
