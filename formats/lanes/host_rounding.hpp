// The host's rounding direction for the time of a kernel. Kernels of directed modes let the hardware round in
// that direction; the others need to nearest, whatever their caller's mode is.
#pragma once

#include <cfenv>

// WebAssembly rounds to nearest alone, and has no flags: there are no kernels of floats there (float_facts.cpp), and
// these names stand for nothing.
#if defined(FE_UPWARD) && defined(FE_DOWNWARD) && defined(FE_TOWARDZERO) && defined(FE_UNDERFLOW)
#define ROUNDOFF_HOST_DIRECTIONS 1
#else
#define ROUNDOFF_HOST_DIRECTIONS 0
#define FE_UPWARD -1
#define FE_DOWNWARD -2
#define FE_TOWARDZERO -3
#define FE_UNDERFLOW 0
#endif

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
