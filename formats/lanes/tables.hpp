// A function on a format of at most 16 bits, remembered: the definition is asked once for every member that
// turns up, whatever the container, and never again in this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "formats/lanes/lanes.hpp"

namespace roundoff::formats::lanes {

class Table {
 public:
  virtual ~Table() = default;
  /// As LaneKernels::apply. Threads may share a table: an entry is written whole, and always the same.
  virtual void apply(const void* a, void* out, std::size_t count, std::uint8_t* trapped) = 0;

  /// The table of a function in a format and container, shared by all kernels that ask for it; null for
  /// formats of more than 16 bits.
  static std::shared_ptr<Table> of(const Format& format, Container container, Function function);
};

}  // namespace roundoff::formats::lanes
