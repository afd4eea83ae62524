// What the kernels of one format share: the format, and what is derived from it once. Kernels take it by
// reference, so that one compiled kernel serves every format of its kind.
#pragma once

#include <cstdint>

#include "formats/lanes.hpp"

namespace roundoff {

struct LaneKernels::Context {
  Format format;
  Container container = Container::f64;
  Isa isa = Isa::scalar;

  /// One member from and to the container, by definition.
  Value load(const void* element) const;
  void store(const Value& value, void* element) const;
};

}  // namespace roundoff
