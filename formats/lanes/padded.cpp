#include "formats/lanes/padded.hpp"

#include <cstring>
#include <vector>

#include "formats/lanes/places.hpp"

namespace roundoff::formats::lanes {
namespace {

using Context = LaneKernels::Context;

/// Lanes [first, first + count) of several arrays, followed by zeros up to `padded` lanes.
class Padded {
 public:
  Padded(const Context& context, const void* const* arrays, std::size_t arrays_count, std::size_t first,
         std::size_t count, std::size_t padded) {
    if (arrays == nullptr) return;
    const std::size_t size = size_of(context.container);
    bytes_.resize(arrays_count * padded * size);
    pointers_.resize(arrays_count);
    for (std::size_t j = 0; j < arrays_count; ++j) {
      std::byte* to = bytes_.data() + j * padded * size;
      std::memcpy(to, lane(context, arrays[j], first), count * size);
      pointers_[j] = to;
    }
  }
  /// Null where there were none.
  const void* const* arrays() const { return pointers_.empty() ? nullptr : pointers_.data(); }

 private:
  std::vector<std::byte> bytes_;
  std::vector<const void*> pointers_;
};

/// The first `count` lanes of a padded result, and its marks.
void copy_back(const Context& context, const std::byte* result, const std::uint8_t* marks, void* out,
               std::size_t first, std::size_t count, std::uint8_t* trapped) {
  std::memcpy(lane(context, out, first), result, count * size_of(context.container));
  for (std::size_t i = 0; trapped != nullptr && i < count; ++i) trapped[first + i] |= marks[i];
}

}  // namespace

void each_lane(const Context& context, Vectors function, std::size_t vector, const void* a, const void* b,
               const void* c, void* out, std::size_t count, std::uint8_t* trapped) {
  const std::size_t rest = count % vector, whole = count - rest;
  if (whole > 0) function(context, a, b, c, out, whole, trapped);
  if (rest == 0) return;
  constexpr std::size_t most_bytes = 64;
  alignas(most_bytes) std::byte x[most_bytes] = {}, y[most_bytes] = {}, z[most_bytes] = {},
                                result[most_bytes];
  std::uint8_t marks[most_bytes] = {};
  const std::size_t bytes = rest * size_of(context.container);
  std::memcpy(x, lane(context, a, whole), bytes);
  std::memcpy(y, lane(context, b, whole), bytes);
  std::memcpy(z, lane(context, c, whole), bytes);
  function(context, x, y, z, result, vector, marks);
  copy_back(context, result, marks, out, whole, rest, trapped);
}

void each_block(const Context& context, Blocks function, std::size_t block, const Terms& terms,
                std::size_t terms_count, void* out, std::size_t count, std::uint8_t* trapped) {
  const std::size_t rest = count % block, whole = count - rest;
  if (whole > 0) function(context, terms, terms_count, out, whole, trapped);
  if (rest == 0) return;
  const Padded x(context, terms.x, terms_count, whole, rest, block);
  const Padded y(context, terms.y, terms_count, whole, rest, block);
  std::vector<std::byte> result(block * size_of(context.container));
  std::vector<std::uint8_t> marks(block);
  function(context, {x.arrays(), y.arrays(), terms.weights}, terms_count, result.data(), block, marks.data());
  copy_back(context, result.data(), marks.data(), out, whole, rest, trapped);
}

}  // namespace roundoff::formats::lanes
