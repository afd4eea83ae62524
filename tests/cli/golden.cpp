// Golden files: each holds a shell line after "$ " and, below it, what the line must print on standard
// output. A new file in tests/cli/golden is a new test; ROUNDOFF_UPDATE_GOLDEN=1 rewrites the files, for a
// reviewer to read.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/cli/binary.hpp"

namespace {

/// What differs from build to build and from run to run is blanked.
std::string normalised(std::string text) {
  text = std::regex_replace(text, std::regex("\"(git|version)\": \"[^\"]*\""), "\"$1\": \"...\"");
  return std::regex_replace(text, std::regex("\"seconds\": [-+.0-9e]+"), "\"seconds\": 0");
}

}  // namespace

TEST_CASE("every golden file is what its command prints") {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(ROUNDOFF_SOURCE "/tests/cli/golden"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  REQUIRE(files.size() >= 10);
  const bool update = std::getenv("ROUNDOFF_UPDATE_GOLDEN") != nullptr;
  for (const auto& path : files) {
    CAPTURE(path.filename().string());
    const std::string text = roundoff::cli::test::read_file(path);
    REQUIRE(text.starts_with("$ "));
    const std::size_t end = text.find('\n');
    const std::string line = text.substr(2, end - 2);
    const auto outcome = roundoff::cli::test::run(line);
    CAPTURE(outcome.err);
    const std::string printed = normalised(outcome.out);
    if (update)
      std::ofstream(path, std::ios::binary) << text.substr(0, end + 1) << printed;
    else
      CHECK(text.substr(end + 1) == printed);
  }
}
