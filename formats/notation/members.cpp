#include "formats/notation/members.hpp"

#include <set>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::formats {
namespace {

/// F(e,s): S * 2^(E-s); the same value may have several (S, E).
std::vector<Value> members_without_codes(const Format& format) {
  const auto less = [](const Value& a, const Value& b) { return compare(a, b) < 0; };
  std::set<Value, decltype(less)> all(less);
  const std::int64_t most = (std::int64_t{1} << (2 * format.second)) - 1;
  const std::int64_t half = format.first == 0 ? 0 : std::int64_t{1} << (format.first - 1);
  const std::int64_t top = format.first == 0 ? 0 : half - 1;
  for (std::int64_t e = -half; e <= top; ++e)
    for (std::int64_t s = -most; s <= most; ++s)
      all.insert(Value::scaled(s < 0, static_cast<u128>(s < 0 ? -s : s), e - format.second));
  return {all.begin(), all.end()};
}

}  // namespace

std::vector<std::pair<std::optional<u128>, Value>> members(const Format& format) {
  if (format.bits > most_listed_bits)
    throw UsageError(fmt::format("{} has {} bits; values are listed of formats of at most {} bits",
                                 notation(format), format.bits, most_listed_bits));
  std::vector<std::pair<std::optional<u128>, Value>> all;
  if (format.encoding == Encoding::none) {
    for (const Value& value : members_without_codes(format)) all.emplace_back(std::nullopt, value);
    return all;
  }
  for (u128 code = 0; code < (u128{1} << format.bits); ++code) {
    try {
      all.emplace_back(code, decode(code, format));
    } catch (const UsageError&) {
      // no member has this code: -2^(i+f) of fixed(i,f)
    }
  }
  return all;
}

}  // namespace roundoff::formats
