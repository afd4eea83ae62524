#include "formats/lanes/padded.hpp"

#include <cstring>

namespace roundoff::formats::lanes {

Padded::Padded(const void* const* arrays, std::size_t arrays_count, std::size_t first, std::size_t count,
               std::size_t padded, std::size_t size) {
  if (arrays == nullptr) return;
  bytes_.resize(arrays_count * padded * size);
  pointers_.resize(arrays_count);
  for (std::size_t j = 0; j < arrays_count; ++j) {
    std::byte* to = bytes_.data() + j * padded * size;
    std::memcpy(to, static_cast<const std::byte*>(arrays[j]) + first * size, count * size);
    pointers_[j] = to;
  }
}

}  // namespace roundoff::formats::lanes
