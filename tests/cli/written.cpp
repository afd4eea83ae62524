// Every command that is written down runs as it stands: in the README, the notes, the documentation, the examples'
// own pages and at the end of every --help. What takes long is interrupted, and must say that it can be resumed.
#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include <doctest/doctest.h>

#include "cli/shell/command.hpp"
#include "tests/cli/binary.hpp"

using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

namespace fs = std::filesystem;

/// A clone's page of commands: `examples/` stands where a reader has it.
struct Clone : Directory {
  /// `home` is the folder of the source in which a page says that it runs, or "".
  explicit Clone(const std::string& home = "") {
    if (!home.empty())
      fs::copy(fs::path(ROUNDOFF_SOURCE) / home, file("."), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    for (const char* name : {"examples", "theory-notes", "docs"})
      fs::create_directory_symlink(fs::path(ROUNDOFF_SOURCE) / name, file(name));
  }
};

/// Of a page that says "commands below run in `FOLDER/`": the folder.
std::string home_of(const std::string& page) {
  const std::string words = "commands below run in `";
  std::string flat = page;
  std::replace(flat.begin(), flat.end(), '\n', ' ');
  const std::size_t at = flat.find(words);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + words.size();
  return flat.substr(begin, flat.find('`', begin) - begin);
}

/// Lines that start with "roundoff ", in fences or indented, with the scripts that fences run before them, and the
/// commands behind the notes' tables.
std::vector<std::string> commands_in(const std::string& text) {
  std::vector<std::string> commands;
  std::istringstream lines(text);
  bool fenced = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) fenced = !fenced;
    const std::size_t start = line.find_first_not_of(' ');
    const std::string command = start == std::string::npos ? "" : line.substr(start);
    const bool script = fenced && (command.starts_with("python3 ") || command.starts_with("for n in "));
    if (script || ((fenced || start >= 2) && command.starts_with("roundoff "))) {
      commands.push_back(command);
    } else if (line.starts_with("<!-- table ")) {
      const std::size_t begin = line.find("roundoff "), end = line.rfind(" -->");
      if (begin != std::string::npos && end != std::string::npos)
        commands.push_back(line.substr(begin, end - begin));
    }
  }
  return commands;
}

void all_run(const Clone& clone, const std::vector<std::string>& commands) {
  for (const std::string& command : commands) {
    CAPTURE(command);
    const Outcome outcome = clone.run("roundoff() { timeout --preserve-status -s INT -k 600 2 \"$binary\" \"$@\"; }\n" +
                                      command + " < /dev/null");
    CAPTURE(outcome.err);
    CAPTURE(outcome.code);
    // Done, refuted, unknown; or interrupted, which can be resumed. The page in the browser is built apart from the program.
    const bool no_page = outcome.code == 3 && outcome.err.find("scripts/lab builds it") != std::string::npos;
    CHECK((outcome.code == 0 || outcome.code == 1 || outcome.code == 4 || outcome.code == 5 || no_page));
    if (outcome.code == 1) CHECK(!outcome.out.empty());
  }
}

}  // namespace

TEST_CASE("every command of the README and the examples' pages runs as written") {
  std::vector<fs::path> pages = {fs::path(ROUNDOFF_SOURCE) / "README.md"};
  for (const char* folder : {"examples", "docs"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(ROUNDOFF_SOURCE) / folder))
      if (entry.path().extension() == ".md") pages.push_back(entry.path());
  std::size_t count = 0;
  for (const fs::path& page : pages) {
    const std::string text = roundoff::cli::test::read_file(page);
    if (text.find("\n$ ") != std::string::npos) continue;  // transcripts.cpp runs them, and compares
    const auto commands = commands_in(text);
    count += commands.size();
    if (!commands.empty()) all_run(Clone(home_of(text)), commands);
  }
  CHECK(count >= 20);
}

TEST_CASE("every command of the notes runs as written") {
  const Clone clone;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(ROUNDOFF_SOURCE) / "theory-notes")) {
    if (entry.path().extension() != ".md") continue;
    const auto commands = commands_in(roundoff::cli::test::read_file(entry.path()));
    count += commands.size();
    all_run(clone, commands);
  }
  CHECK(count >= 10);
}

TEST_CASE("every example of every --help runs as written") {
  const Clone clone;
  std::set<std::string> seen;
  const auto run_examples = [&](const std::string& help) {
    for (const std::string& command : commands_in(clone.run(help).out))
      if (seen.insert(command).second) all_run(clone, {command});
  };
  run_examples("roundoff --help");
  for (const roundoff::cli::Command& command : roundoff::cli::commands())
    run_examples("roundoff " + std::string(command.name) + " --help");
  CHECK(seen.size() >= 40);
}
