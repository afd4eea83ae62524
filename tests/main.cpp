// Runs the test cases of a floor with a temporary folder of the program's own, which they, and the programs that they
// start, are to leave empty.
#include <cstdlib>
#include <filesystem>
#include <iostream>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "tests/scratch.hpp"

int main(int count, char** words) {
  const roundoff::test::Scratch scratch;
  setenv("TMPDIR", scratch.folder().c_str(), 1);
  const int code = doctest::Context(count, words).run();
  int left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.folder())) {
    std::cerr << "left behind: " << entry.path().filename().string() << '\n';
    ++left;
  }
  return code == 0 && left > 0 ? 1 : code;
}
