// The catalogue: every format and notation with a documented source. One line in catalogue.cpp adds a name; tests and
// help iterate over it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "formats/format.hpp"

namespace roundoff {

struct CatalogueEntry {
  std::string_view name;      ///< what a user types: `binary16`, or a notation with letters: `fixed(i,f)`
  std::string_view example;   ///< a concrete notation, the name itself for a named format
  std::string_view summary;   ///< one line for people
  std::string_view source;    ///< the standard or paper that defines it
};

std::span<const CatalogueEntry> catalogue();

}  // namespace roundoff
