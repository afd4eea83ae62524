// docs/json.md against the program: each document has the fields that its table lists, of the types listed, and no
// others; and every command has its section.
#include <filesystem>
#include <map>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "tests/cli/binary.hpp"

namespace {

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

struct Field {
  std::string type;
  bool optional = false;
};
using Fields = std::map<std::string, Field>;

struct Page {
  std::map<std::string, Fields> shapes;                       ///< "roundoff/verify/1" and parts, by name
  std::vector<std::pair<std::string, std::string>> commands;  ///< schema, shell line
};

std::string trimmed(const std::string& text, const char* what = " `") {
  const std::size_t begin = text.find_first_not_of(what);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(what) - begin + 1);
}

/// Sections "## roundoff/NAME/1" and "### part", with rows "| field? | `type` | what |".
Page read_page() {
  Page page;
  std::string section;
  std::istringstream lines(roundoff::cli::test::read_file(ROUNDOFF_SOURCE "/docs/json.md"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) section = trimmed(line, "# ");
    if (line.starts_with("roundoff ")) page.commands.emplace_back(section, line);
    if (!line.starts_with("| ") || line.starts_with("| field |") || line.starts_with("| --- |")) continue;
    std::istringstream row(line.substr(1));
    std::string name, type;
    std::getline(row, name, '|');
    std::getline(row, type, '|');
    name = trimmed(name);
    Field field{trimmed(type), name.ends_with("?")};
    page.shapes[section][trimmed(name, "?")] = field;
  }
  return page;
}

class Checker {
 public:
  explicit Checker(const Page& page) : page_(page) {}

  void object(const json& value, const std::string& shape, const std::string& path) const {
    CAPTURE(path);
    REQUIRE_MESSAGE(page_.shapes.contains(shape), "no table: ", shape);
    REQUIRE(value.is_object());
    const Fields& fields = page_.shapes.at(shape);
    for (const auto& [key, element] : value.items()) {
      if (!fields.contains(key)) {
        FAIL_CHECK("docs/json.md lacks the field ", path, ".", key, " (", shape,
                   "): ", element.dump().substr(0, 80));
        continue;
      }
      typed(element, fields.at(key).type, path + "." + key);
    }
    for (const auto& [key, field] : fields)
      if (!field.optional && !value.contains(key)) FAIL_CHECK("the document lacks ", path, ".", key);
  }

 private:
  void typed(const json& value, const std::string& type, const std::string& path) const {
    CAPTURE(path);
    CAPTURE(value.dump().substr(0, 80));
    if (type == "any") return;
    if (type.ends_with(" or null")) {
      if (!value.is_null()) typed(value, type.substr(0, type.size() - 8), path);
    } else if (type.starts_with("[")) {
      REQUIRE(value.is_array());
      for (const json& element : value) typed(element, type.substr(1, type.size() - 2), path + "[]");
    } else if (type.starts_with("{")) {
      REQUIRE(value.is_object());
      for (const auto& [key, element] : value.items())
        typed(element, type.substr(1, type.size() - 2), path + "." + key);
    } else if (type == "text") {
      CHECK(value.is_string());
    } else if (type == "integer") {
      CHECK(value.is_number_integer());
    } else if (type == "number") {
      CHECK(value.is_number());
    } else if (type == "bool") {
      CHECK(value.is_boolean());
    } else {
      object(value, type, path);
    }
  }

  const Page& page_;
};

}  // namespace

TEST_CASE("docs/json.md describes what the commands print, field by field") {
  const Page page = read_page();
  const Checker checker(page);
  const Directory directory;
  std::filesystem::create_directory_symlink(ROUNDOFF_SOURCE "/examples", directory.file("examples"));
  for (const auto& [schema, command] : page.commands) {
    CAPTURE(command);
    const Outcome outcome =
        directory.run(command + (command.ends_with(" --json") ? " --quiet" : " --json --quiet"));
    CAPTURE(outcome.err);
    const json document = json::parse(outcome.out, nullptr, false);
    REQUIRE_FALSE(document.is_discarded());
    for (const json& each : document.is_array() ? document : json::array({document})) {
      CHECK(each.value("schema", "") == schema);
      checker.object(each, schema, schema);
    }
  }
}

TEST_CASE("docs/json.md has every command") {
  const Page page = read_page();
  for (const roundoff::cli::Command& command : roundoff::cli::commands()) {
    CAPTURE(command.name);
    bool found = false;
    for (const auto& [schema, line] : page.commands)
      found = found || (line + ' ').starts_with("roundoff " + std::string(command.name) + ' ');
    CHECK(found);
  }
}
