// All members of a format, where they can be listed.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "formats/format.hpp"

namespace roundoff::formats {

/// The most bits of a format whose members are listed.
inline constexpr int most_listed_bits = 16;

/// Every code that a member has, in order, with its member; of formats without codes (F(e,s)) every member, in order,
/// without one. UsageError for more than 16 bits.
std::vector<std::pair<std::optional<u128>, Value>> members(const Format& format);

}  // namespace roundoff::formats
