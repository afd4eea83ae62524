// A policy's layer in a table of TOML. Kept apart from policy_file.hpp since toml++ is slow to compile.
#pragma once

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/files/toml.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::sim {

/// Takes in the field `key` (one of policy_keys()). `fail(node, message)` throws.
template <class Fail>
void read_policy(PolicyLayer& layer, std::string_view key, const toml::node& node, const Fail& fail) {
  const auto set = [&](const std::string& name, const toml::node& value) {
    const auto word = value.value_exact<std::string>();
    if (!word) fail(value, fmt::format("{} must be a string, e.g. {} = \"{}\"", name, name, "fixed(8,8)"));
    try {
      layer.set(name, *word);
    } catch (const UsageError& error) {
      fail(value, error.what());
    }
  };
  const toml::table* table = node.as_table();
  bool wants_table = false;
  try {
    wants_table = is_policy_table(key);
  } catch (const UsageError& error) {
    fail(node, error.what());
  }
  if (wants_table != (table != nullptr))
    fail(node, fmt::format("{} must be {}", key, wants_table ? "a table, by role" : "a string"));
  if (table == nullptr) return set(std::string(key), node);
  for (const auto& [role, value] : *table) set(fmt::format("{}.{}", key, role.str()), value);
}

}  // namespace roundoff::sim
