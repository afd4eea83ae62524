#include "formats/lanes/composed.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "formats/lanes/context.hpp"
#include "formats/lanes/places.hpp"

namespace roundoff::formats::lanes {
namespace {

using Context = LaneKernels::Context;

using Buffer = std::array<std::byte, chunk * sizeof(double)>;

/// The result goes to `out` only when its chunk is done, so that `out` may be one of the terms.
/// `first(into, i, n, trapped)` starts the sums of lanes [i, i+n), `next(sums, j, i, n, trapped)` adds term
/// j.
template <class First, class Next>
void chunks(const Context& context, std::size_t terms_count, void* out, std::size_t count,
            std::uint8_t* trapped, First first, Next next) {
  const std::size_t size = size_of(context.container);
  alignas(64) Buffer sums;
  for (std::size_t i = 0; i < count; i += chunk) {
    const std::size_t n = std::min(chunk, count - i);
    std::uint8_t* marks = trapped == nullptr ? nullptr : trapped + i;
    first(sums.data(), i, n, marks);
    for (std::size_t j = 1; j < terms_count; ++j) next(sums.data(), j, i, n, marks);
    std::memcpy(static_cast<std::byte*>(out) + i * size, sums.data(), n * size);
  }
}

void sum(const Context& c, const void* const* terms, std::size_t terms_count, void* out, std::size_t count,
         std::uint8_t* trapped) {
  chunks(
      c, terms_count, out, count, trapped,
      [&](std::byte* sums, std::size_t i, std::size_t n, std::uint8_t*) {
        std::memcpy(sums, lane(c, terms[0], i), n * size_of(c.container));
      },
      [&](std::byte* sums, std::size_t j, std::size_t i, std::size_t n, std::uint8_t* marks) {
        c.add(c, sums, lane(c, terms[j], i), sums, n, marks);
      });
}

/// The maximum of one term is that term, but NaN traps.
void max_of(const Context& c, const void* const* terms, std::size_t terms_count, void* out, std::size_t count,
            std::uint8_t* trapped) {
  chunks(
      c, terms_count, out, count, trapped,
      [&](std::byte* sums, std::size_t i, std::size_t n, std::uint8_t* marks) {
        c.max(c, lane(c, terms[0], i), lane(c, terms[0], i), sums, n, marks);
      },
      [&](std::byte* sums, std::size_t j, std::size_t i, std::size_t n, std::uint8_t* marks) {
        c.max(c, sums, lane(c, terms[j], i), sums, n, marks);
      });
}

/// Sums of products; `factors(j, i, n)` points at the n first factors of term j from lane i on, x at the
/// second ones.
template <bool fused, class Factors>
void products(const Context& c, Factors factors, const void* const* x, std::size_t terms_count, void* out,
              std::size_t count, std::uint8_t* trapped) {
  alignas(64) Buffer product;
  chunks(
      c, terms_count, out, count, trapped,
      [&](std::byte* sums, std::size_t i, std::size_t n, std::uint8_t* marks) {
        c.mul(c, factors(0, i, n), lane(c, x[0], i), sums, n, marks);
      },
      [&](std::byte* sums, std::size_t j, std::size_t i, std::size_t n, std::uint8_t* marks) {
        if constexpr (fused) {
          c.fma(c, factors(j, i, n), lane(c, x[j], i), sums, sums, n, marks);
        } else {
          c.mul(c, factors(j, i, n), lane(c, x[j], i), product.data(), n, marks);
          c.add(c, sums, product.data(), sums, n, marks);
        }
      });
}

template <bool fused>
void dot(const Context& c, const void* const* x, const void* const* y, std::size_t terms_count, void* out,
         std::size_t count, std::uint8_t* trapped) {
  products<fused>(
      c, [&](std::size_t j, std::size_t i, std::size_t) { return lane(c, x[j], i); }, y, terms_count, out,
      count, trapped);
}

template <bool fused>
void weighted(const Context& c, const void* weights, const void* const* x, std::size_t terms_count, void* out,
              std::size_t count, std::uint8_t* trapped) {
  alignas(64) Buffer copies;
  const std::size_t size = size_of(c.container);
  const auto spread = [&](std::size_t j, std::size_t, std::size_t n) {
    for (std::size_t k = 0; k < n; ++k) std::memcpy(copies.data() + k * size, lane(c, weights, j), size);
    return static_cast<const std::byte*>(copies.data());
  };
  products<fused>(c, spread, x, terms_count, out, count, trapped);
}

}  // namespace

void composed_sum(const Context& c, const void* const* terms, std::size_t terms_count, void* out,
                  std::size_t count, std::uint8_t* trapped) {
  sum(c, terms, terms_count, out, count, trapped);
}

void composed_dot(const Context& c, const void* const* x, const void* const* y, std::size_t terms_count,
                  void* out, std::size_t count, std::uint8_t* trapped) {
  dot<false>(c, x, y, terms_count, out, count, trapped);
}

void composed_weighted(const Context& c, const void* weights, const void* const* x, std::size_t terms_count,
                       void* out, std::size_t count, std::uint8_t* trapped) {
  weighted<false>(c, weights, x, terms_count, out, count, trapped);
}

void fill_composed(LaneKernels& kernels) {
  kernels.sum = sum;
  kernels.max_of = max_of;
  kernels.dot = dot<false>;
  kernels.fused_dot = dot<true>;
  kernels.weighted = weighted<false>;
  kernels.fused_weighted = weighted<true>;
}

}  // namespace roundoff::formats::lanes
