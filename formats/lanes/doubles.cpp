#include "formats/lanes/doubles.hpp"

#include <algorithm>
#include <cmath>

#include "formats/lanes/places.hpp"

namespace roundoff::formats::lanes {
namespace {

template <class T>
void widened(const void* elements, double scale, double* numbers, std::size_t count) {
  const T* from = static_cast<const T*>(elements);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<double>(from[i]) * scale;
}

template <class T>
void narrowed(const double* numbers, double scale, void* elements, std::size_t count) {
  T* to = static_cast<T*>(elements);
  // By way of 32 bits, for which processors have an instruction. What trapped may be anything, NaN too, and
  // then stays out of the way.
  for (std::size_t i = 0; i < count; ++i) {
    const double scaled = numbers[i] * scale;
    const bool inside = scaled >= -0x1p31 && scaled < 0x1p31;
    to[i] = static_cast<T>(static_cast<std::int32_t>(inside ? scaled : 0.0));
  }
}

}  // namespace

bool has_doubles(const LaneKernels::Context& context) { return context.container != Container::i64; }

void to_doubles(const LaneKernels::Context& context, const void* elements, double* numbers,
                std::size_t count) {
  const double unit = std::ldexp(1.0, context.format.quantum);
  switch (context.container) {
    case Container::i16:
      return widened<std::int16_t>(elements, unit, numbers, count);
    case Container::i32:
      return widened<std::int32_t>(elements, unit, numbers, count);
    case Container::f32:
      return widened<float>(elements, 1, numbers, count);
    default:
      std::copy_n(static_cast<const double*>(elements), count, numbers);
  }
}

void from_doubles(const LaneKernels::Context& context, const double* numbers, void* elements,
                  std::size_t count) {
  const double units = std::ldexp(1.0, -context.format.quantum);
  switch (context.container) {
    case Container::i16:
      return narrowed<std::int16_t>(numbers, units, elements, count);
    case Container::i32:
      return narrowed<std::int32_t>(numbers, units, elements, count);
    case Container::f32:
      for (std::size_t i = 0; i < count; ++i)
        static_cast<float*>(elements)[i] = static_cast<float>(numbers[i]);
      return;
    default:
      std::copy_n(numbers, count, static_cast<double*>(elements));
  }
}

void round_in_doubles(const LaneKernels::Context& context, const void* a, void* out, std::size_t count,
                      std::uint8_t* trapped) {
  alignas(64) double rounded[chunk];
  const std::size_t size = size_of(context.container);
  for (std::size_t i = 0; i < count; i += chunk) {
    const std::size_t n = std::min(chunk, count - i);
    context.doubles->round_f64(context.doubles->context(), static_cast<const double*>(a) + i, rounded, n,
                               trapped == nullptr ? nullptr : trapped + i);
    from_doubles(context, rounded, static_cast<std::byte*>(out) + i * size, n);
  }
}

void divide_in_doubles(const LaneKernels::Context& context, const void* a, const void* b, void* out,
                       std::size_t count, std::uint8_t* trapped) {
  alignas(64) double x[chunk], y[chunk];
  const std::size_t size = size_of(context.container);
  for (std::size_t i = 0; i < count; i += chunk) {
    const std::size_t n = std::min(chunk, count - i);
    to_doubles(context, static_cast<const std::byte*>(a) + i * size, x, n);
    to_doubles(context, static_cast<const std::byte*>(b) + i * size, y, n);
    context.doubles->div(context.doubles->context(), x, y, x, n, trapped == nullptr ? nullptr : trapped + i);
    from_doubles(context, x, static_cast<std::byte*>(out) + i * size, n);
  }
}

}  // namespace roundoff::formats::lanes
