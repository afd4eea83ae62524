// A policy's layer in a JSON document: {"format": "fixed(8,8)", "formats": {"accumulators": ...}, "quantise":
// {"weights": ...}, "order": "tree", ...}. Template over the document's type: model files keep the order of
// fields, stores sort them.
#pragma once

#include <fmt/format.h>

#include "formats/error.hpp"
#include "sim/model/policy_codec.hpp"

namespace roundoff::sim {

/// Takes in the field `key` (one of policy_keys()). UsageError that names the key.
template <class Json>
void read_policy(PolicyLayer& layer, const std::string& key, const Json& value) {
  const bool table = is_policy_table(key);
  if (!(table ? value.is_object() : value.is_string()))
    throw UsageError(fmt::format("{}: must be {}", key, table ? "an object, by role" : "a string"));
  if (!table) return layer.set(key, value.template get<std::string>());
  for (const auto& [role, word] : value.items()) {
    if (!word.is_string()) throw UsageError(fmt::format("{}.{}: must be a string", key, role));
    layer.set(key + "." + role, word.template get<std::string>());
  }
}

/// Puts the layer's fields into an object, in order.
template <class Json>
void write_policy(const PolicyLayer& layer, Json& object) {
  for (const auto& [key, word] : layer.entries()) {
    const PolicyField& field = policy_field(key);
    if (field.table().empty())
      object[key] = word;
    else
      object[std::string(field.table())][std::string(field.name())] = word;
  }
}

/// Every field of an object, none of which may be anything else. UsageError.
template <class Json>
PolicyLayer policy_from(const Json& object) {
  PolicyLayer layer;
  for (const auto& [key, value] : object.items()) read_policy(layer, key, value);
  return layer;
}

}  // namespace roundoff::sim
