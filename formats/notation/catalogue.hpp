// The catalogue: every format and notation with a documented source. A file in formats/layouts/ owns the entries
// of one kind, and a line in layouts.inc lists the file; parsing, tests and help iterate over all entries.
//
// An entry is a notation with parameters (`fixed(i,f)`), which a function makes into a format, or a name
// (`binary16`), which is data: the notation that it stands for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.hpp"

namespace roundoff::formats {

using Parameters = std::span<const std::int64_t>;

struct CatalogueEntry {
  /// What a user types: `binary16`; a notation with letters, optional ones in brackets: `float(e,p[,b])`; or a name
  /// with numbers in it: `binary{K}p{P}`.
  std::string_view name;
  std::string_view example;  ///< a concrete notation, the name itself for a named format
  std::string_view summary;  ///< one line for people
  std::string_view source;   ///< the standard or paper that defines it
  /// Of a name: the notation with numbers that it stands for, e.g. `float(5,11)`; "" where `make` makes it.
  std::string_view definition = "";
  /// The format with its default rounding and overflow, from as many parameters as the name has letters (what is
  /// optional may be absent). UsageError for parameters out of range.
  Format (*make_from)(Parameters parameters) = nullptr;
  /// Other names, in any case, divided by blanks: `half`; or a pattern with numbers in it and what that stands for:
  /// `posit{n}=posit({n},2)`.
  std::string_view aliases = "";
  /// What the standard's own rules decide otherwise than semantics.md does in general, for `formats NAME`; "" where
  /// the general rules hold.
  std::string_view rules = "";
  /// How many bits of the format's width one more of each parameter is.
  std::array<int, 3> widths = {1, 1, 0};

  bool is_pattern() const { return name.find('{') != std::string_view::npos; }
  /// `fixed` of `fixed(i,f)`.
  std::string_view word() const { return name.substr(0, name.find('(')); }
  int parameter_count() const;  ///< in parentheses, with the optional ones
  int optional_count() const;
  /// The format, by its definition or by make_from.
  Format make(Parameters parameters) const;
};

/// All entries, file by file in the order of layouts.inc.
std::span<const CatalogueEntry> catalogue();

/// The entry of a word (`fixed`, `binary16`, `binary8p3`), or null.
const CatalogueEntry* find_entry(std::string_view word);

/// The numbers of a name that is of a pattern: 8 and 3 of `binary8p3`.
std::vector<std::int64_t> numbers_in(const CatalogueEntry& pattern, std::string_view word);

/// The notation that another name stands for, or nothing where there is no such name: `binary16` of `FP16`,
/// `twos(8-1,8)` of `Q8.8`.
std::optional<std::string> expand_alias(std::string_view word);

/// `; did you mean 'fixed'?` of a mistyped word. Its digits are taken at their word, so that no suggestion names a
/// format of another size.
std::string suggest_format(std::string_view word);

/// The entry that a format is of.
const CatalogueEntry& entry_of(const Format& format);

}  // namespace roundoff::formats
