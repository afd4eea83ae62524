// Integers in JSON documents of others: a number is taken as it stands or not at all. (nlohmann's get<int> cuts
// 4294967298 to 2 and 2.5 to 2 without a word.)
#pragma once

#include <cstdint>
#include <optional>

#include "sim/names.hpp"

namespace roundoff::sim {

/// The integer, or nothing where it is none, or none from `least` to `most`.
template <class Json>
std::optional<std::int64_t> whole_number(const Json& json, std::int64_t least, std::int64_t most) {
  if (json.is_number_unsigned()) {
    const auto number = json.template get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  } else if (!json.is_number_integer()) {
    return std::nullopt;
  }
  const auto number = json.template get<std::int64_t>();
  if (number < least || number > most) return std::nullopt;
  return number;
}

}  // namespace roundoff::sim
