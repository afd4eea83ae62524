// Notation out, and identity. (Notation in: family.cpp, since a format is a family without variables.)
#include "formats/format.hpp"

#include <array>

#include "formats/notation/catalogue.hpp"
#include "formats/notation/family.hpp"

namespace roundoff::formats {
namespace {

std::string_view word_of(Layout layout) {
  switch (layout) {
    case Layout::fixed:
      return "fixed";
    case Layout::twos:
      return "twos";
    case Layout::ufixed:
      return "ufixed";
    case Layout::floating:
      return "float";
    case Layout::papers:
      return "F";
    case Layout::posit:
      return "posit";
  }
  return "";
}

}  // namespace

std::string_view name(Rounding rounding) {
  constexpr std::array<std::string_view, 8> names = {"rne", "rna", "rnz", "rtz", "rup", "rdn", "rod", "sr"};
  return names[static_cast<std::size_t>(rounding)];
}

std::string_view name(Overflow overflow) {
  constexpr std::array<std::string_view, 4> names = {"sat", "inf", "wrap", "trap"};
  return names[static_cast<std::size_t>(overflow)];
}

std::string notation(const Format& format) {
  std::string text = format.name;
  if (text.empty()) {
    text = std::string(word_of(format.layout)) + "(" + std::to_string(format.first) + "," +
           std::to_string(format.second) + ")";
  }
  const std::array<std::int64_t, 2> parameters = {format.first, format.second};
  const CatalogueEntry* entry = find_entry(format.name.empty() ? word_of(format.layout) : format.name);
  const Format base = entry->make(parameters);
  if (format.rounding == Rounding::sr) {
    text += ":sr(" + std::to_string(format.seed) + ")";
  } else if (format.rounding != base.rounding) {
    text += ":" + std::string(name(format.rounding));
  }
  if (format.overflow != base.overflow) text += ":" + std::string(name(format.overflow));
  return text;
}

Format parse_format(std::string_view text) { return FormatFamily(text).at({}); }

std::size_t hash_value(const Format& format) { return std::hash<std::string>{}(notation(format)); }

}  // namespace roundoff::formats
