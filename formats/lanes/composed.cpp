#include "formats/lanes/composed.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "formats/lanes/context.hpp"
#include "formats/lanes/doubles.hpp"

namespace roundoff::lanes {
namespace {

using Context = LaneKernels::Context;

constexpr std::size_t chunk = 256;  // lanes at a time: sums and products stay in the first-level cache
using Buffer = std::array<std::byte, chunk * sizeof(double)>;

const std::byte* lane(const Context& context, const void* array, std::size_t index) {
  return static_cast<const std::byte*>(array) + index * size_of(context.container);
}

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

/// Lanes from `first` on.
class Shifted {
 public:
  Shifted(const Context& context, const void* const* arrays, std::size_t arrays_count, std::size_t first) {
    for (std::size_t j = 0; j < arrays_count; ++j) arrays_.push_back(lane(context, arrays[j], first));
  }
  operator const void* const*() const { return arrays_.data(); }  // NOLINT

 private:
  std::vector<const void*> arrays_;
};

/// The same lanes as doubles.
class Widened {
 public:
  Widened(const Context& context, const void* const* arrays, std::size_t arrays_count, std::size_t first,
          std::size_t count)
      : numbers_(arrays_count * count) {
    for (std::size_t j = 0; j < arrays_count; ++j) {
      double* numbers = numbers_.data() + j * count;
      to_doubles(context, lane(context, arrays[j], first), numbers, count);
      arrays_.push_back(numbers);
    }
  }
  operator const void* const*() const { return arrays_.data(); }  // NOLINT

 private:
  std::vector<double> numbers_;
  std::vector<const void*> arrays_;
};

/// The processor is slow at subnormal numbers; float's are not subnormal in double.
bool goes_to_doubles(const Context& context) {
  return context.container == Container::f32 && context.doubles != nullptr;
}

void* shifted(const Context& context, void* out, std::size_t first) {
  return static_cast<std::byte*>(out) + first * size_of(context.container);
}
std::uint8_t* shifted(std::uint8_t* trapped, std::size_t first) {
  return trapped == nullptr ? nullptr : trapped + first;
}

/// reduce(kernels in double, sums, marks), and the sums to out[first...].
template <class Reduce>
void in_doubles(const Context& context, std::size_t first, std::size_t count, void* out,
                std::uint8_t* trapped, const Reduce& reduce) {
  std::vector<double> sums(count);
  reduce(*context.doubles, sums.data(), shifted(trapped, first));
  from_doubles(context, sums.data(), shifted(context, out, first), count);
}

}  // namespace

void sum_again(const Context& context, const void* const* terms, std::size_t terms_count, std::size_t first,
               std::size_t count, void* out, std::uint8_t* trapped) {
  if (goes_to_doubles(context)) {
    const Widened x(context, terms, terms_count, first, count);
    return in_doubles(context, first, count, out, trapped,
                      [&](const LaneKernels& k, double* sums, auto* marks) {
                        k.sum(k.context(), x, terms_count, sums, count, marks);
                      });
  }
  sum(context, Shifted(context, terms, terms_count, first), terms_count, shifted(context, out, first), count,
      shifted(trapped, first));
}

void dot_again(const Context& context, const void* const* x, const void* const* y, std::size_t terms_count,
               std::size_t first, std::size_t count, void* out, std::uint8_t* trapped) {
  if (goes_to_doubles(context)) {
    const Widened a(context, x, terms_count, first, count), b(context, y, terms_count, first, count);
    return in_doubles(context, first, count, out, trapped,
                      [&](const LaneKernels& k, double* sums, auto* marks) {
                        k.dot(k.context(), a, b, terms_count, sums, count, marks);
                      });
  }
  dot<false>(context, Shifted(context, x, terms_count, first), Shifted(context, y, terms_count, first),
             terms_count, shifted(context, out, first), count, shifted(trapped, first));
}

void weighted_again(const Context& context, const void* weights, const void* const* x,
                    std::size_t terms_count, std::size_t first, std::size_t count, void* out,
                    std::uint8_t* trapped) {
  if (goes_to_doubles(context)) {
    const Widened w(context, &weights, 1, 0, terms_count), a(context, x, terms_count, first, count);
    return in_doubles(context, first, count, out, trapped,
                      [&](const LaneKernels& k, double* sums, auto* marks) {
                        k.weighted(k.context(), *w, a, terms_count, sums, count, marks);
                      });
  }
  weighted<false>(context, weights, Shifted(context, x, terms_count, first), terms_count,
                  shifted(context, out, first), count, shifted(trapped, first));
}

void fill_composed(LaneKernels& kernels) {
  kernels.sum = sum;
  kernels.max_of = max_of;
  kernels.dot = dot<false>;
  kernels.fused_dot = dot<true>;
  kernels.weighted = weighted<false>;
  kernels.fused_weighted = weighted<true>;
}

}  // namespace roundoff::lanes
