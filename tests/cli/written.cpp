// Every command that is written down runs as it stands: in the README, the notes, the documentation, the examples'
// own pages and at the end of every --help. What takes long is interrupted, and must say that it can be resumed.
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
  Clone() {
    for (const char* name : {"examples", "theory-notes", "docs"})
      fs::create_directory_symlink(fs::path(ROUNDOFF_SOURCE) / name, file(name));
  }
};

/// Lines that start with "roundoff ", in fences or indented, and the commands behind the notes' tables.
std::vector<std::string> commands_in(const std::string& text) {
  std::vector<std::string> commands;
  std::istringstream lines(text);
  bool fenced = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) fenced = !fenced;
    const std::size_t start = line.find_first_not_of(' ');
    if (start != std::string::npos && (fenced || start >= 2) && line.substr(start).starts_with("roundoff ")) {
      commands.push_back(line.substr(start));
    } else if (line.starts_with("<!-- table ")) {
      const std::size_t command = line.find("roundoff "), end = line.rfind(" -->");
      if (command != std::string::npos && end != std::string::npos)
        commands.push_back(line.substr(command, end - command));
    }
  }
  return commands;
}

void all_run(const Clone& clone, const std::vector<std::string>& commands) {
  for (const std::string& command : commands) {
    CAPTURE(command);
    const Outcome outcome = clone.run("roundoff() { timeout --preserve-status -s INT -k 120 2 \"$binary\" \"$@\"; }\n" +
                                      command + " < /dev/null");
    CAPTURE(outcome.err);
    // Done, refuted, unknown; or interrupted, which can be resumed.
    CHECK((outcome.code == 0 || outcome.code == 1 || outcome.code == 4 || outcome.code == 5));
    if (outcome.code == 1) CHECK(!outcome.out.empty());
  }
}

}  // namespace

TEST_CASE("every command of the README and the examples' pages runs as written") {
  const Clone clone;
  std::vector<fs::path> pages = {fs::path(ROUNDOFF_SOURCE) / "README.md"};
  for (const char* folder : {"examples", "docs"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(ROUNDOFF_SOURCE) / folder))
      if (entry.path().extension() == ".md") pages.push_back(entry.path());
  std::size_t count = 0;
  for (const fs::path& page : pages) {
    const auto commands = commands_in(roundoff::cli::test::read_file(page));
    count += commands.size();
    all_run(clone, commands);
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
