// What a command found, in every form it can be shown in, and the one writer of each form: text for people,
// JSON, CSV. Standard output carries the answer and nothing else.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/names.hpp"
#include "cli/shell/session.hpp"

namespace roundoff::cli {

using Json = nlohmann::ordered_json;

struct Column {
  std::string name;    ///< as CSV has it
  std::string title;   ///< as people read it
  bool right = false;  ///< numbers stand at the right
  bool code = false;   ///< what is typed or computed: one width of letters in a page
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Columns as wide as their widest cell; the last one is not padded.
std::string as_text(const Table& table);
/// RFC 4180: a header line, quotes where a cell needs them.
std::string as_csv(const Table& table);

/// {"program", "version", "git", "semantics", "command", "seed"}: where a result comes from.
Json provenance(const Session& session);

/// "roundoff/verify/1": what a document says of its own shape.
std::string schema(std::string_view name);

/// Adds the schema, roundoff/`name`/1 (the command's own name unless one is given; docs/json.md describes each), and
/// the provenance, where the document has none, and prints it. In a list they stand in every element.
void print_json(const Session& session, Json document, std::string_view name = "");

/// Prints whichever form was asked for. `text` is printed where neither --json nor --csv is given; `table` is
/// the CSV.
void print(const Session& session, const std::string& text, const Table& table, const Json& document,
           std::string_view name = "");

/// A count as an integer where a double holds it exactly, else as 1e+30.
std::string count_text(double count);
Json count_json(double count);

}  // namespace roundoff::cli
