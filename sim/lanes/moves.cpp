// The interpreter's own loops: tables, arg max, and sums that are exact in double.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "sim/lanes/step.hpp"

namespace roundoff {

namespace {

template <class T>
struct Moves {
  static const T* in(const void* array) { return static_cast<const T*>(array); }

  // Places beyond the table can come from lanes that have trapped: any entry will do.
  static void embed(const Token* tokens, const void* table, std::size_t size, void* out, std::size_t lanes) {
    T* to = static_cast<T*>(out);
    const auto last = static_cast<std::uint32_t>(size - 1);
    for (std::size_t i = 0; i < lanes; ++i) to[i] = in(table)[std::min<std::uint32_t>(tokens[i], last)];
  }

  template <class Result>
  static void at(const void* from, double base, int shift, const Result* table, std::size_t size, Result* out,
                 std::size_t lanes) {
    const auto last = static_cast<std::uint32_t>(size - 1);
    const auto first = static_cast<T>(base);
    if constexpr (std::is_integral_v<T>) {
      for (std::size_t i = 0; i < lanes; ++i) {
        const auto place = static_cast<std::uint32_t>(static_cast<T>(in(from)[i] - first) >> shift);
        out[i] = table[std::min(place, last)];
      }
    } else {
      // base and the argument are multiples of 2^shift, a few apart: difference and quotient are exact
      const auto unit = static_cast<T>(std::ldexp(1.0, -shift));
      for (std::size_t i = 0; i < lanes; ++i) {
        const T steps = (in(from)[i] - first) * unit;
        const bool inside = steps >= 0 && steps <= static_cast<T>(last);
        out[i] = table[inside ? static_cast<std::uint32_t>(steps) : 0];
      }
    }
  }
  static void lookup(const void* from, double base, int shift, const void* table, std::size_t size, void* out,
                     std::size_t lanes) {
    at(from, base, shift, in(table), size, static_cast<T*>(out), lanes);
  }
  static void choose(const void* from, double base, int shift, const Token* table, std::size_t size,
                     Token* out, std::size_t lanes) {
    at(from, base, shift, table, size, out, lanes);
  }

  static void arg_max(const void* const* terms, std::size_t count, Token* out, std::size_t lanes,
                      std::uint8_t* trapped) {
    constexpr std::size_t block = 64;
    for (std::size_t start = 0; start < lanes; start += block) {
      const std::size_t width = lanes - start < block ? lanes - start : block;
      T best[block];
      Token index[block];
      std::uint8_t nan[block];
      for (std::size_t i = 0; i < width; ++i) {
        best[i] = in(terms[0])[start + i];
        index[i] = 0;
        nan[i] = best[i] != best[i];
      }
      for (std::size_t j = 1; j < count; ++j) {
        const T* term = in(terms[j]) + start;
        for (std::size_t i = 0; i < width; ++i) {
          const bool larger = term[i] > best[i];
          best[i] = larger ? term[i] : best[i];
          index[i] = larger ? static_cast<Token>(j) : index[i];
          nan[i] = static_cast<std::uint8_t>(nan[i] | (term[i] != term[i]));
        }
      }
      for (std::size_t i = 0; i < width; ++i) out[start + i] = index[i];
      if (trapped)
        for (std::size_t i = 0; i < width; ++i)
          trapped[start + i] = static_cast<std::uint8_t>(trapped[start + i] | nan[i]);
    }
  }

  static void widen(const void* from, double unit, double* out, std::size_t lanes) {
    for (std::size_t i = 0; i < lanes; ++i) out[i] = static_cast<double>(in(from)[i]) * unit;
  }

  static void exact_sum(const void* const* terms, std::size_t count, double unit, double* out,
                        std::size_t lanes) {
    for (std::size_t i = 0; i < lanes; ++i) out[i] = static_cast<double>(in(terms[0])[i]) * unit;
    for (std::size_t j = 1; j < count; ++j)
      for (std::size_t i = 0; i < lanes; ++i) out[i] += static_cast<double>(in(terms[j])[i]) * unit;
  }

  static void exact_dot(const void* const* x, const void* const* y, std::size_t count, double unit,
                        double* out, std::size_t lanes) {
    for (std::size_t i = 0; i < lanes; ++i)
      out[i] = static_cast<double>(in(x[0])[i]) * static_cast<double>(in(y[0])[i]) * unit;
    for (std::size_t j = 1; j < count; ++j)
      for (std::size_t i = 0; i < lanes; ++i)
        out[i] += static_cast<double>(in(x[j])[i]) * static_cast<double>(in(y[j])[i]) * unit;
  }

  static constexpr MoveKernels kernels = {embed, lookup, choose, arg_max, widen, exact_sum, exact_dot};
};

}  // namespace

const MoveKernels& move_kernels(Container container, Isa) {
  switch (container) {
    case Container::i16:
      return Moves<std::int16_t>::kernels;
    case Container::i32:
      return Moves<std::int32_t>::kernels;
    case Container::i64:
      return Moves<std::int64_t>::kernels;
    case Container::f32:
      return Moves<float>::kernels;
    case Container::f64:
      break;
  }
  return Moves<double>::kernels;
}

}  // namespace roundoff
