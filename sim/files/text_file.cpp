#include "sim/files/text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "formats/error.hpp"

namespace roundoff::sim {
namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

void refuse(const std::string& path, mode_t mode) {
  if (S_ISREG(mode)) return;
  throw FileError(fmt::format("{} is {}, not a file", path,
                              S_ISDIR(mode)    ? "a folder"
                              : S_ISFIFO(mode) ? "a pipe"
                              : S_ISSOCK(mode) ? "a socket"
                                               : "a device"));
}

}  // namespace

void refuse_no_file(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) == 0) refuse(path, facts.st_mode);
}

std::string read_text_file(const std::string& path) {
  // O_NONBLOCK: a fifo without a writer is opened at once, and refused below.
  const Descriptor file{open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  if (file.number < 0)
    throw FileError(fmt::format("cannot open {}: {}; check the path", path, std::strerror(errno)));
  struct stat facts {};
  if (fstat(file.number, &facts) != 0)
    throw FileError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  refuse(path, facts.st_mode);
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t at = 0;
  for (;;) {
    if (at == text.size()) text.resize(text.size() + 4096);  // files of /proc have no size
    const ssize_t count = read(file.number, text.data() + at, text.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw FileError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    if (count == 0) break;
    at += static_cast<std::size_t>(count);
  }
  text.resize(at);
  return text;
}

}  // namespace roundoff::sim
