// The interpreter's own loops: tables, arg max, and sums that are exact in double.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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
        using Unsigned = std::make_unsigned_t<T>;
        const auto place = static_cast<std::uint32_t>(static_cast<Unsigned>(in(from)[i] - first) >> shift);
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

#if defined(__x86_64__)
// Tables of up to 256 int16 by permutation of registers: two registers hold 64 entries. The same entries as
// the plain loop, which takes wider tables and the lanes that fill no register.
__attribute__((target("avx512f,avx512bw"))) void permute_i16(const std::int16_t* from, std::int16_t first,
                                                             int shift, const std::int16_t* table,
                                                             std::size_t size, std::int16_t* to,
                                                             std::size_t lanes) {
  alignas(64) std::int16_t padded[256] = {};
  std::copy_n(table, size, padded);
  __m512i part[8];
  for (int k = 0; k < 8; ++k) part[k] = _mm512_load_si512(padded + 32 * k);
  const __m512i base = _mm512_set1_epi16(first),
                last = _mm512_set1_epi16(static_cast<std::int16_t>(size - 1));
  const __m128i count = _mm_cvtsi32_si128(shift);
  const int blocks = static_cast<int>((size + 63) / 64);
  for (std::size_t i = 0; i < lanes; i += 32) {
    const __m512i steps = _mm512_srl_epi16(_mm512_sub_epi16(_mm512_loadu_si512(from + i), base), count);
    const __m512i place = _mm512_min_epu16(steps, last);
    __m512i result = _mm512_permutex2var_epi16(part[0], place, part[1]);
    for (int b = 1; b < blocks; ++b) {
      const __mmask32 here =
          _mm512_cmpge_epu16_mask(place, _mm512_set1_epi16(static_cast<std::int16_t>(64 * b)));
      result =
          _mm512_mask_mov_epi16(result, here, _mm512_permutex2var_epi16(part[2 * b], place, part[2 * b + 1]));
    }
    _mm512_storeu_si512(to + i, result);
  }
}

struct Permuted {
  using Plain = Moves<std::int16_t>;

  static void lookup(const void* from, double base, int shift, const void* table, std::size_t size, void* out,
                     std::size_t lanes) {
    const std::size_t whole = size <= 256 ? lanes / 32 * 32 : 0;
    const auto* in = static_cast<const std::int16_t*>(from);
    auto* to = static_cast<std::int16_t*>(out);
    if (whole != 0)
      permute_i16(in, static_cast<std::int16_t>(base), shift, static_cast<const std::int16_t*>(table), size,
                  to, whole);
    if (whole != lanes) Plain::lookup(in + whole, base, shift, table, size, to + whole, lanes - whole);
  }
  static void choose(const void* from, double base, int shift, const Token* table, std::size_t size,
                     Token* out, std::size_t lanes) {
    lookup(from, base, shift, table, size, out, lanes);
  }
  static void embed(const Token* tokens, const void* table, std::size_t size, void* out, std::size_t lanes) {
    lookup(tokens, 0, 0, table, size, out, lanes);
  }

  static constexpr MoveKernels kernels = {embed,        lookup,           choose,          Plain::arg_max,
                                          Plain::widen, Plain::exact_sum, Plain::exact_dot};
};
#endif

}  // namespace

const MoveKernels& move_kernels(Container container, Isa isa) {
#if defined(__x86_64__)
  if (container == Container::i16 && isa == Isa::avx512) return Permuted::kernels;
#else
  (void)isa;
#endif
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
