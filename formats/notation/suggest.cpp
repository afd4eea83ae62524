// Optimal string alignment distance (Damerau 1964, restricted): insert, delete, replace, swap neighbours.
#include "formats/notation/suggest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace roundoff::formats {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

namespace {

int distance(std::string_view a, std::string_view b) {
  const std::size_t rows = a.size() + 1, columns = b.size() + 1;
  std::vector<int> d(rows * columns);
  auto at = [&](std::size_t i, std::size_t j) -> int& { return d[i * columns + j]; };
  for (std::size_t i = 0; i < rows; ++i) at(i, 0) = static_cast<int>(i);
  for (std::size_t j = 0; j < columns; ++j) at(0, j) = static_cast<int>(j);
  for (std::size_t i = 1; i < rows; ++i) {
    for (std::size_t j = 1; j < columns; ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return at(a.size(), b.size());
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > 64) return "";
  std::string_view best;
  int best_distance = 1 << 20;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > 64) continue;
    const int edits = distance(word, candidate);
    const int longest = static_cast<int>(std::max(word.size(), candidate.size()));
    const int limit = std::max(1, (longest + 1) / 3);
    if (edits <= limit && edits < longest && edits < best_distance) {
      best = candidate;
      best_distance = edits;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  if (const std::string_view near = nearest(word, candidates); !near.empty()) {
    return "; did you mean '" + std::string(near) + "'?";
  }
  std::string text;
  constexpr std::size_t most = 12;
  for (std::size_t i = 0; i < std::min(most, candidates.size()); ++i) {
    text += (i ? ", " : "; known: ") + std::string(candidates[i]);
  }
  return text + (candidates.size() > most ? ", ..." : "");
}

}  // namespace roundoff::formats
