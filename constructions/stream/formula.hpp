// The width formulas that constructions claim, evaluated in exact integers: numbers, names (n, k, p, l, c, MAX, the
// whole part of the largest number, and knobs), + - * / and parentheses, and the functions below. A division that leaves a remainder is an error.
// Abbreviations may stand before the formula: `B = power(p,c); G = ceil_div(l,c); max(B*G, 4*n)`.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "constructions/construction.hpp"

namespace roundoff::constructions {

struct FormulaFunction {
  std::string_view name;
  int arguments;             ///< -1: one or more
  std::string_view summary;  ///< for help
  std::int64_t (*apply)(std::span<const std::int64_t> arguments);
};
std::span<const FormulaFunction> formula_functions();

using Names = std::map<std::string, std::int64_t, std::less<>>;
/// UsageError that points at the character.
std::int64_t evaluate_formula(std::string_view formula, const Names& names);

/// The width that a construction claims at a size under a policy, with these (complete) settings.
std::int64_t claimed_width(const Construction& construction, const TaskSize& size, const Policy& policy,
                           const Settings& settings);

}  // namespace roundoff::constructions
