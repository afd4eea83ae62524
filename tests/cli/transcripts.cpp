// Runs that documentation shows are what the program prints: in fences of docs/, a line "$ COMMAND" and below it the
// output. ROUNDOFF_UPDATE_GOLDEN=1 rewrites the pages, for a reviewer to read.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include <doctest/doctest.h>

#include "tests/cli/binary.hpp"

namespace {

namespace fs = std::filesystem;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

/// The page with every transcript's output replaced by what its command prints now; `runs` counts commands.
std::string retold(const std::string& page, int& runs) {
  const Directory directory;
  for (const char* name : {"examples", "docs"})
    fs::create_directory_symlink(fs::path(ROUNDOFF_SOURCE) / name, directory.file(name));
  fs::create_directory(directory.file("bin"));
  fs::create_symlink(roundoff::cli::test::binary(), directory.file("bin/roundoff"));
  std::string made;
  std::istringstream lines(page);
  bool fenced = false, told = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) fenced = !fenced, told = false;
    if (fenced && line.starts_with("$ ")) {
      made += line + '\n';
      std::string command = line.substr(2);
      while (command.ends_with('\\') && std::getline(lines, line)) {
        made += line + '\n';
        command.pop_back();
        command += line;
      }
      CAPTURE(command);
      const Outcome outcome = directory.run("PATH=$PWD/bin:$PATH\n" + command);
      CAPTURE(outcome.err);
      CHECK(outcome.code == 0);
      made += outcome.out;
      told = true, ++runs;
    } else if (!told) {
      made += line + '\n';
    }
  }
  return made;
}

}  // namespace

TEST_CASE("runs that the documentation shows are what the program prints") {
  if (std::system("python3 -c pass 2> /dev/null") != 0) {
    MESSAGE("skipped: some of the commands are Python, which is not installed");
    return;
  }
  int runs = 0;
  for (const auto& entry : fs::directory_iterator(ROUNDOFF_SOURCE "/docs")) {
    if (entry.path().extension() != ".md") continue;
    CAPTURE(entry.path().filename().string());
    const std::string page = roundoff::cli::test::read_file(entry.path());
    if (page.find("\n$ ") == std::string::npos) continue;
    const std::string now = retold(page, runs);
    if (std::getenv("ROUNDOFF_UPDATE_GOLDEN") != nullptr)
      std::ofstream(entry.path(), std::ios::binary) << now;
    else
      CHECK(now == page);
  }
  CHECK(runs >= 10);
}
