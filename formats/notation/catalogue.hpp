// The catalogue: every format and notation with a documented source. One line in catalogue.cpp adds a name;
// parsing, tests and help iterate over it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "formats/format.hpp"

namespace roundoff::formats {

struct CatalogueEntry {
  std::string_view name;     ///< what a user types: `binary16`, or a notation with letters: `fixed(i,f)`
  std::string_view example;  ///< a concrete notation, the name itself for a named format
  std::string_view summary;  ///< one line for people
  std::string_view source;   ///< the standard or paper that defines it
  /// The format with its default rounding and overflow, from as many parameters as the name has letters in
  /// parentheses. UsageError for parameters out of range.
  Format (*make)(std::span<const std::int64_t> parameters) = nullptr;

  /// `fixed` of `fixed(i,f)`.
  std::string_view word() const { return name.substr(0, name.find('(')); }
  int parameter_count() const;
};

std::span<const CatalogueEntry> catalogue();

/// The entry of a word (`fixed`, `binary16`), or null.
const CatalogueEntry* find_entry(std::string_view word);

}  // namespace roundoff::formats
