#include "sim/files/write_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/error.hpp"

namespace roundoff::sim {
namespace {

[[noreturn]] void fail(const std::string& path, int reason) {
  const char* remedy = reason == ENOENT                        ? "; does its folder exist?"
                       : reason == ENOSPC || reason == EDQUOT  ? "; the disk is full"
                       : reason == EACCES || reason == EROFS   ? "; choose a folder that may be written to"
                                                               : "";
  throw FileError(fmt::format("{} cannot be written: {}{}", path, std::strerror(reason), remedy));
}

/// 0, or errno.
int write_to(const std::string& path, int flags, std::string_view bytes) {
  const int file = open(path.c_str(), flags, 0666);
  if (file < 0) return errno;
  while (!bytes.empty()) {
    const ssize_t count = write(file, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int reason = errno;
      close(file);
      return reason;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return close(file) == 0 ? 0 : errno;
}

}  // namespace

void write_file(const std::string& path, std::string_view bytes) {
  struct stat there {};
  if (stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    if (S_ISDIR(there.st_mode)) fail(path, EISDIR);
    if (const int reason = write_to(path, O_WRONLY | O_CLOEXEC, bytes); reason != 0) fail(path, reason);
    return;
  }
  // Through links, so that they stay.
  std::string target = path;
  if (char* real = realpath(path.c_str(), nullptr); real != nullptr) {
    target = real;
    std::free(real);
  }
  const std::string beside = fmt::format("{}.{}.part", target, getpid());
  int reason = write_to(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, bytes);
  if (reason == 0 && std::rename(beside.c_str(), target.c_str()) != 0) reason = errno;
  if (reason == 0) return;
  unlink(beside.c_str());
  fail(path, reason);
}

}  // namespace roundoff::sim
