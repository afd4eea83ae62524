// A copy of the last few lanes of several arrays, padded with zeros to a whole block.
#pragma once

#include <cstddef>
#include <vector>

namespace roundoff::formats::lanes {

class Padded {
 public:
  /// Lanes [first, first + count) of each array, `size` bytes a lane, followed by zeros up to `padded` lanes.
  /// `arrays` may be null: then so is the result.
  Padded(const void* const* arrays, std::size_t arrays_count, std::size_t first, std::size_t count,
         std::size_t padded, std::size_t size);
  const void* const* arrays() const { return pointers_.empty() ? nullptr : pointers_.data(); }

 private:
  std::vector<std::byte> bytes_;
  std::vector<const void*> pointers_;
};

}  // namespace roundoff::formats::lanes
