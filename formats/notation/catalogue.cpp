// The registry of formats, put together from the files that layouts.inc names.
#include "formats/notation/catalogue.hpp"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "formats/blocks/blocks.hpp"
#include "formats/layouts/layouts.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::formats {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

using Letters = std::vector<std::pair<char, std::string>>;

/// What the letters in a pattern's braces stand for in a word, in order: n = "8" of `posit8` by `posit{n}`. Nothing
/// where it does not fit. Case does not count, and a number has no zeros in front.
std::optional<Letters> fitted(std::string_view pattern, std::string_view word) {
  Letters numbers;
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      if (at == word.size() || lower(word[at++]) != lower(pattern[i])) return std::nullopt;
      continue;
    }
    std::size_t end = at;
    while (end < word.size() && is_digit(word[end])) ++end;
    if (end == at || end - at > 6 || (word[at] == '0' && end - at > 1)) return std::nullopt;
    numbers.emplace_back(pattern[i + 1], word.substr(at, end - at));
    at = end;
    i += 2;
  }
  if (at != word.size()) return std::nullopt;
  return numbers;
}

std::string filled(std::string_view text, const Letters& numbers) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') {
      for (const auto& [letter, number] : numbers)
        if (letter == text[i + 1]) result += number;
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string digits_of(std::string_view word) {
  std::string digits;
  std::copy_if(word.begin(), word.end(), std::back_inserter(digits), is_digit);
  return digits;
}

}  // namespace

int CatalogueEntry::parameter_count() const {
  if (name.find('(') == std::string_view::npos) return 0;
  return 1 + static_cast<int>(std::count(name.begin(), name.end(), ','));
}

int CatalogueEntry::optional_count() const {
  return static_cast<int>(std::count(name.begin(), name.end(), '['));
}

Format CatalogueEntry::make(Parameters parameters) const {
  if (definition.empty()) return make_from(parameters);
  Format format = parse_format(definition);
  format.name = name;
  return format;
}

std::span<const CatalogueEntry> catalogue() {
  static const std::vector<CatalogueEntry> all = [] {
    std::vector<CatalogueEntry> entries;
    const auto append = [&](std::span<const CatalogueEntry> more) {
      entries.insert(entries.end(), more.begin(), more.end());
    };
#define LAYOUT(name) append(name##_entries());
#include "formats/layouts/layouts.inc"
#undef LAYOUT
    return entries;
  }();
  return all;
}

const CatalogueEntry* find_entry(std::string_view word) {
  for (const CatalogueEntry& entry : catalogue()) {
    if (entry.word() == word || (entry.is_pattern() && fitted(entry.name, word))) return &entry;
  }
  return nullptr;
}

std::vector<std::int64_t> numbers_in(const CatalogueEntry& pattern, std::string_view word) {
  std::vector<std::int64_t> numbers;
  const Letters found = fitted(pattern.name, word).value();
  for (const auto& [letter, digits] : found) numbers.push_back(std::stoll(digits));
  return numbers;
}

std::optional<std::string> expand_alias(std::string_view word) {
  for (const CatalogueEntry& entry : catalogue()) {
    if (entry.parameter_count() == 0 && !entry.is_pattern() && fitted(entry.name, word))
      return std::string(entry.name);
    for (const std::string_view alias : words_of(entry.aliases)) {
      const std::size_t equals = alias.find('=');
      const auto numbers = fitted(alias.substr(0, equals), word);
      if (!numbers) continue;
      return equals == std::string_view::npos ? std::string(entry.name)
                                              : filled(alias.substr(equals + 1), *numbers);
    }
  }
  return std::nullopt;
}

std::string suggest_format(std::string_view word) {
  for (const BlockFormat& format : block_formats()) {
    if (format.name == word)
      return "; it quantises vectors, as in roundoff eval " + format.name +
             " quantise 1 2 3, or under [quantise] in a policy";
  }
  std::vector<std::string_view> all, fitting;
  for (const CatalogueEntry& entry : catalogue()) {
    std::vector<std::string_view> names = words_of(entry.aliases);
    names.push_back(entry.word());
    all.push_back(entry.word());
    for (const std::string_view name : names) {
      if (name.find('{') == std::string_view::npos && digits_of(name) == digits_of(word))
        fitting.push_back(name);
    }
  }
  const std::string_view near = nearest(word, fitting);
  if (!near.empty()) return "; did you mean '" + std::string(near) + "'?";
  return did_you_mean("", all) + "; roundoff formats lists them";
}

}  // namespace roundoff::formats
