// Runs the built binary as a user does: through a shell, in a directory of its own that is removed
// afterwards. The environment variable ROUNDOFF names another binary to be run in its place.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/wait.h>

#include "tests/scratch.hpp"

namespace roundoff::cli::test {

/// The program that was built with these tests, or any other that the environment names: ROUNDOFF=path.
inline std::string binary() {
  const char* other = std::getenv("ROUNDOFF");
  return other != nullptr && *other != '\0' ? std::filesystem::absolute(other).string() : ROUNDOFF_BINARY;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Outcome {
  int code = -1;  ///< 128 + signal where it was killed
  std::string out, err;
};

class Directory {
 public:
  Directory() { std::filesystem::copy(ROUNDOFF_SOURCE "/tests/cli/data", path_); }

  /// A shell line in which `roundoff` is the binary under test, and "$binary" its path (for processes that
  /// are sent signals).
  Outcome run(const std::string& line) const {
    const std::string script = "cd '" + path_.string() + "' && binary='" + binary() +
                               "' && roundoff() { \"$binary\" \"$@\"; } && { " + line + "\n} > .out 2> .err";
    std::ofstream(path_ / ".script") << script;
    const int status = std::system(("/bin/sh '" + (path_ / ".script").string() + "'").c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, read_file(path_ / ".out"), read_file(path_ / ".err")};
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string read(const std::string& name) const { return read_file(path_ / name); }

 private:
  roundoff::test::Scratch scratch_;
  const std::filesystem::path& path_ = scratch_.folder();
};

inline Outcome run(const std::string& line) { return Directory().run(line); }

}  // namespace roundoff::cli::test
