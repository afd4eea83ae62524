// The host's rounding direction for the time of a kernel. Kernels of directed modes let the hardware round in
// that direction; the others need to nearest, whatever their caller's mode is.
#pragma once

#include <cfenv>

namespace roundoff::formats::lanes {

class HostRounding {
 public:
  explicit HostRounding(int direction) : before_(std::fegetround()), changed_(before_ != direction) {
    if (changed_) std::fesetround(direction);
  }
  ~HostRounding() {
    if (changed_) std::fesetround(before_);
  }
  HostRounding(const HostRounding&) = delete;
  HostRounding& operator=(const HostRounding&) = delete;

 private:
  int before_;
  bool changed_;
};

}  // namespace roundoff::formats::lanes
