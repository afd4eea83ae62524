#include "cli/views/fit_table.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace roundoff::cli {
namespace {

constexpr std::size_t column_gap = 2, least_text = 16;

using Widths = std::vector<std::size_t>;

Widths widths_of(const Table& table) {
  Widths width;
  for (const Column& column : table.columns) width.push_back(column.title.size());
  for (const auto& row : table.rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  return width;
}

std::size_t line_of(const Widths& width, const std::vector<std::size_t>& columns) {
  std::size_t line = columns.empty() ? 0 : column_gap * (columns.size() - 1);
  for (const std::size_t c : columns) line += width[c];
  return line;
}

/// The word in at most `width` letters, no character cut in two.
std::string cut(const std::string& word, std::size_t width) {
  if (word.size() <= width) return word;
  std::size_t end = width > 2 ? width - 2 : 0;
  while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xc0U) == 0x80U) --end;
  return word.substr(0, end) + "..";
}

/// The first columns that tell rows apart: three at most, one at least.
std::size_t keys_of(const Table& table) {
  const std::size_t most = std::min<std::size_t>(3, table.columns.size());
  for (std::size_t count = 1; count <= most; ++count) {
    std::set<std::vector<std::string>> seen;
    for (const auto& row : table.rows)
      seen.insert({row.begin(), row.begin() + static_cast<std::ptrdiff_t>(std::min(count, row.size()))});
    if (seen.size() == table.rows.size()) return count;
  }
  return 1;
}

Table part(const Table& table, const std::vector<std::size_t>& columns, const Widths& width) {
  Table made;
  for (const std::size_t c : columns) made.columns.push_back(table.columns[c]);
  for (const auto& row : table.rows) {
    made.rows.emplace_back();
    for (const std::size_t c : columns)
      made.rows.back().push_back(c >= row.size()           ? std::string()
                                 : table.columns[c].right ? row[c]
                                                          : cut(row[c], width[c]));
  }
  return made;
}

}  // namespace

std::vector<Table> fitted(const Table& table, std::size_t width) {
  Widths wide = widths_of(table);
  std::vector<std::size_t> all(table.columns.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (line_of(wide, all) <= width) return {table};

  // The widest column of words, a letter less each time.
  const auto widest = [&](const std::vector<std::size_t>& columns) {
    std::size_t found = table.columns.size();
    for (const std::size_t c : columns)
      if (!table.columns[c].right && wide[c] > std::max(least_text, table.columns[c].title.size()) &&
          (found == table.columns.size() || wide[c] > wide[found]))
        found = c;
    return found;
  };
  const auto shrink = [&](const std::vector<std::size_t>& columns) {
    while (line_of(wide, columns) > width) {
      const std::size_t c = widest(columns);
      if (c == table.columns.size()) return false;
      --wide[c];
    }
    return true;
  };
  if (shrink(all)) return {part(table, all, wide)};

  wide = widths_of(table);
  const std::size_t keys = keys_of(table);
  std::vector<std::size_t> names(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(keys));
  while (line_of(wide, names) > width / 2) {
    const std::size_t c = widest(names);
    if (c == table.columns.size()) break;
    --wide[c];
  }
  std::vector<Table> made;
  for (std::size_t next = keys; next < all.size();) {
    std::vector<std::size_t> columns = names;
    do
      columns.push_back(next++);
    while (next < all.size() && line_of(wide, columns) + column_gap + std::min(wide[next], least_text) <= width);
    shrink(columns);
    while (columns.size() > keys + 1 && line_of(wide, columns) > width) columns.pop_back(), --next;
    made.push_back(part(table, columns, wide));
  }
  return made;
}

}  // namespace roundoff::cli
