// The bytes of a file, mapped into memory where the system can: a checkpoint of many gigabytes is read where it is
// used, and shared with whoever else reads it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sim/names.hpp"

namespace roundoff::sim {

class Bytes {
 public:
  explicit Bytes(std::string text) : text_(std::move(text)), view_(text_) {}
  ~Bytes();
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  std::string_view view() const { return view_; }
  /// A regular file, for reading. FileError that names the path.
  static std::shared_ptr<const Bytes> map(const std::string& path);

 private:
  Bytes() = default;
  std::string text_;
  std::string_view view_;
  bool mapped_ = false;
};

}  // namespace roundoff::sim
