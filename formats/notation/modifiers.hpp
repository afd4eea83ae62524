// The modifiers of a notation: which of them a format refuses, and how they are printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "formats/format.hpp"

namespace roundoff::formats {

/// What semantics.md refuses of a format's modifiers, and why.
struct RefusedModifier {
  enum Kind : std::uint8_t { rounding, overflow, subnormals } kind;
  std::string why;
};
std::optional<RefusedModifier> refused_modifier(const Format& format);

/// Those in which a format differs from `base`, the same notation without modifiers: `:rtz:sat`.
std::string modifiers(const Format& format, const Format& base);

}  // namespace roundoff::formats
