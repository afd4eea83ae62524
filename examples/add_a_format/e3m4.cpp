// A worked example: the 8-bit float e3m4, as one file. In the house it would stand in formats/layouts/, with the
// line `LAYOUT(e3m4)` in layouts.inc; nothing else changes. Parsing, printing, rounding, codes, help and the
// catalogue's tests follow from the entry: here a name and the notation that it stands for. (A format that no
// notation describes has `make_from` in place of `definition`; formats/layouts/p3109.cpp is one.)
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {

std::span<const CatalogueEntry> e3m4_entries() {
  static constexpr CatalogueEntry entries[] = {
      {.name = "e3m4",
       .example = "e3m4",
       .summary = "8-bit float, 3 exponent bits, no inf, highest 30",
       .source = "an example",
       .definition = "float_fn(3,5)"},
  };
  return entries;
}

}  // namespace roundoff::formats
