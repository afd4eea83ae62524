#include "sim/files/bytes.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/error.hpp"

namespace roundoff::sim {

namespace {

struct OpenFile {
  int number;
  ~OpenFile() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

Bytes::~Bytes() {
  if (mapped_) ::munmap(const_cast<char*>(view_.data()), view_.size());
}

std::shared_ptr<const Bytes> Bytes::map(const std::string& path) {
  const OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct ::stat facts {};
  if (file.number < 0 || ::fstat(file.number, &facts) != 0)
    throw FileError(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  if (!S_ISREG(facts.st_mode)) throw FileError(fmt::format("{} is no regular file", path));
  std::shared_ptr<Bytes> bytes(new Bytes);
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return bytes;
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (data == MAP_FAILED) throw FileError(fmt::format("cannot map {}: {}", path, std::strerror(errno)));
  bytes->view_ = {static_cast<const char*>(data), size};
  bytes->mapped_ = true;
  return bytes;
}

}  // namespace roundoff::sim
