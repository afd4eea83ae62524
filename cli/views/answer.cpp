#include "cli/views/answer.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "roundoff_version.hpp"
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzer/store/question.hpp"
#include "cli/shell/printable.hpp"
#include "cli/shell/terminal.hpp"
#include "cli/views/fit_table.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {

namespace {

std::string lines_of(const Table& table) {
  std::vector<std::size_t> width;
  for (const Column& column : table.columns) width.push_back(column.title.size());
  for (const auto& row : table.rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], row[c].size());
  std::string text;
  const auto line = [&](const auto& cell) {
    std::string one;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const std::string& word = cell(c);
      const std::string padding(width[c] - word.size(), ' ');
      if (c > 0) one += "  ";
      one += table.columns[c].right ? padding + word : word + padding;
    }
    one.resize(one.find_last_not_of(' ') + 1);
    text += one + '\n';
  };
  line([&](std::size_t c) -> const std::string& { return table.columns[c].title; });
  for (const auto& row : table.rows) line([&](std::size_t c) -> const std::string& { return row[c]; });
  return text;
}

}  // namespace

std::string as_text(const Table& table) {
  if (table_width() == 0) return lines_of(table);
  std::string text;
  for (const Table& part : fitted(table, table_width())) text += (text.empty() ? "" : "\n") + lines_of(part);
  return text;
}

std::string as_csv(const Table& table) {
  std::string text;
  const auto cell = [&](const std::string& word, bool first) {
    if (!first) text += ',';
    if (word.find_first_of(",\"\n\r") == std::string::npos) {
      text += word;
      return;
    }
    text += '"';
    for (const char c : word) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    text += '"';
  };
  for (std::size_t c = 0; c < table.columns.size(); ++c) cell(table.columns[c].name, c == 0);
  text += '\n';
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) cell(row[c], c == 0);
    text += '\n';
  }
  return text;
}

Json provenance(const Session& session) {
  return {{"program", "roundoff"},          {"version", ROUNDOFF_VERSION},     {"git", ROUNDOFF_GIT},
          {"semantics", semantics_version}, {"command", session.command_line}, {"seed", session.seed}};
}

std::string schema(std::string_view name) { return fmt::format("roundoff/{}/1", name); }

namespace {

Json labelled(const Session& session, const Json& document, std::string_view name) {
  Json labelled;
  if (!document.contains("schema"))
    labelled["schema"] = schema(name.empty() ? session.command : name);
  for (const auto& [key, value] : document.items()) labelled[key] = value;
  if (!document.contains("provenance")) labelled["provenance"] = provenance(session);
  return labelled;
}

/// A document, or each of a list.
Json all_labelled(const Session& session, Json document, std::string_view name) {
  if (!document.is_array()) return labelled(session, document, name);
  for (Json& element : document) element = labelled(session, element, name);
  return document;
}

}  // namespace

void print_json(const Session& session, Json document, std::string_view name) {
  document = all_labelled(session, std::move(document), name);
  if (session.listener != nullptr) return session.listener->answer("", {}, document);
  std::cout << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void print(const Session& session, const std::string& text, const Table& table, const Json& document,
           std::string_view name) {
  if (session.listener != nullptr)
    session.listener->answer(text, table, all_labelled(session, document, name));
  else if (session.json)
    print_json(session, document, name);
  else if (!session.csv)
    std::cout << printable(text);
  else if (table.columns.empty())
    throw UsageError("this answer is no table; leave --csv out, or take --json");
  else
    std::cout << as_csv(table);
}

std::string count_text(double count) {
  if (std::isinf(count)) return "more than 1e308";
  char text[64];
  if (count < 1e15 && count == std::floor(count))
    std::snprintf(text, sizeof text, "%.0f", count);
  else
    std::snprintf(text, sizeof text, "%.4g", count);
  return text;
}

Json count_json(double count) {
  if (count <= 9007199254740992.0 && count == std::floor(count)) return static_cast<std::int64_t>(count);
  return count;
}

}  // namespace roundoff::cli
