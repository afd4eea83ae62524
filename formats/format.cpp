// Notation out, neighbours, and identity. (Notation in: family.cpp, since a format is a family without
// variables.)
#include "formats/format.hpp"

#include <array>
#include <vector>

#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/family.hpp"
#include "formats/notation/modifiers.hpp"

namespace roundoff::formats {
namespace {

std::string_view word_of(const Format& format) {
  switch (format.layout) {
    case Layout::fixed:
      return "fixed";
    case Layout::twos:
      return "twos";
    case Layout::ufixed:
      return "ufixed";
    case Layout::floating:
      return format.encoding == Encoding::all_ones ? "float_fn"
             : format.encoding == Encoding::fnuz   ? "float_fnuz"
             : format.encoding == Encoding::finite ? "float_finite"
                                                   : "float";
    case Layout::papers:
      return "F";
    case Layout::posit:
      return "posit";
    case Layout::list:
      break;  // by name only
  }
  return "";
}

/// The numbers of the notation, or of a name that has some.
std::vector<std::int64_t> parameters_of(const Format& format) {
  if (!format.name.empty()) {
    const CatalogueEntry& entry = entry_of(format);
    return entry.is_pattern() ? numbers_in(entry, format.name) : std::vector<std::int64_t>{};
  }
  std::vector<std::int64_t> parameters = {format.first, format.second};
  if (format.chosen_bias) parameters.push_back(format.bias());
  return parameters;
}

/// With the numbers as they are to be shown.
std::string written(const Format& format, const std::vector<std::string>& numbers) {
  const CatalogueEntry& entry = entry_of(format);
  std::string text = format.name;
  if (text.empty()) {
    text = entry.word();
    for (std::size_t i = 0; i < numbers.size(); ++i) text += (i == 0 ? "(" : ",") + numbers[i];
    text += ")";
  }
  return text + modifiers(format, entry.make(parameters_of(format)));
}

std::vector<std::string> as_text(const std::vector<std::int64_t>& parameters) {
  std::vector<std::string> numbers;
  for (const std::int64_t parameter : parameters) numbers.push_back(std::to_string(parameter));
  return numbers;
}

}  // namespace

const CatalogueEntry& entry_of(const Format& format) {
  return *find_entry(format.name.empty() ? word_of(format) : format.name);
}

std::string notation(const Format& format) { return written(format, as_text(parameters_of(format))); }

std::string notation(const Format& format, Parameter parameter, std::string_view letter) {
  std::vector<std::string> numbers = as_text(parameters_of(format));
  if (const auto at = static_cast<std::size_t>(parameter); at < numbers.size()) numbers[at] = letter;
  return written(format, numbers);
}

Format Format::with(int first_number, int second_number) const {
  std::vector<std::int64_t> parameters = parameters_of(*this);
  if (!name.empty()) {
    throw UsageError("'" + notation(*this) +
                     "' has no parameters to search; give a notation such as fixed(i,f), float(e,p) or F(e,s)");
  }
  parameters[0] = first_number;
  parameters[1] = second_number;
  Format format = entry_of(*this).make(parameters);
  format.rounding = rounding;
  format.overflow = overflow;
  format.seed = seed;
  format.random_bits = random_bits;
  format.flushes = flushes;
  format.takes_zero = takes_zero;
  format.tiny_after = tiny_after;
  if (const auto refused = refused_modifier(format)) throw UsageError(notation(format) + ": " + refused->why);
  return format;
}

Format parse_format(std::string_view text) { return FormatFamily(text).at({}); }

Format fixed_point(int i, int f) {
  const std::array<std::int64_t, 2> parameters = {i, f};
  static const CatalogueEntry& entry = *find_entry("fixed");
  return entry.make(parameters);
}

Format unnamed(const Format& format) {
  Format result = format;
  if (!format.name.empty() && !entry_of(format).definition.empty()) result.name.clear();
  return result;
}

std::optional<Format> one_bit_wider(const Format& format) {
  if (!format.name.empty()) return std::nullopt;
  return format.is_fixed() ? format.with(Parameter::first, format.first + 1)
                           : format.with(Parameter::second, format.second + 1);
}

std::size_t hash_value(const Format& format) { return std::hash<std::string>{}(notation(format)); }

}  // namespace roundoff::formats
