// The interpreter's own loops in plain C++, one lane after the other: tables, arg max, sums that are exact in
// double, and operations that round nothing.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "sim/lanes/step.hpp"

namespace roundoff::sim {

namespace {

template <class T>
struct Moves {
  using Table = MoveKernels::Table;
  static const T* in(const void* array) { return static_cast<const T*>(array); }

  // Integers in the next larger type: a sum or product of two fits before it is cut to T.
  using Wide =
      std::conditional_t<std::is_integral_v<T>, std::conditional_t<sizeof(T) == 8, i128, std::int64_t>, T>;

  // Places beyond the table can come from lanes that have trapped: any entry will do.
  static void embed(const LaneToken* tokens, const Table& table, void* out, std::size_t lanes) {
    T* to = static_cast<T*>(out);
    const auto last = static_cast<std::uint32_t>(table.size - 1);
    for (std::size_t i = 0; i < lanes; ++i)
      to[i] = in(table.entries)[std::min<std::uint32_t>(tokens[i], last)];
  }

  template <class Result>
  static void at(const void* from, const Table& table, Result* out, std::size_t lanes) {
    const auto* entries = static_cast<const Result*>(table.entries);
    const auto last = static_cast<std::uint32_t>(table.size - 1);
    const auto first = static_cast<T>(table.base);
    if constexpr (std::is_integral_v<T>) {
      for (std::size_t i = 0; i < lanes; ++i) {
        using Unsigned = std::make_unsigned_t<T>;
        const auto steps =
            static_cast<Unsigned>(static_cast<Unsigned>(in(from)[i]) - static_cast<Unsigned>(first));
        out[i] = entries[std::min<std::uint64_t>(steps >> table.shift, last)];
      }
    } else {
      // base and the argument are multiples of 2^shift, a few apart: difference and quotient are exact
      const auto unit = static_cast<T>(std::ldexp(1.0, -table.shift));
      for (std::size_t i = 0; i < lanes; ++i) {
        const T steps = (in(from)[i] - first) * unit;
        const bool inside = steps >= 0 && steps <= static_cast<T>(last);
        out[i] = entries[inside ? static_cast<std::uint32_t>(steps) : 0];
      }
    }
  }
  static void lookup(const void* from, const Table& table, void* out, std::size_t lanes) {
    at(from, table, static_cast<T*>(out), lanes);
  }
  static void choose(const void* from, const Table& table, LaneToken* out, std::size_t lanes) {
    at(from, table, out, lanes);
  }
  static void indicate(const void* from, const void* point, const void* yes, const void* no, void* out,
                       std::size_t lanes) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) to[i] = in(from)[i] == *in(point) ? *in(yes) : *in(no);
  }

  static void compare(const void* a, const void* b, const void* yes, const void* no, void* out,
                      std::size_t lanes) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) to[i] = in(a)[i] == in(b)[i] ? *in(yes) : *in(no);
  }

  static void tally(const MoveKernels::Tally& tally, void* out, std::size_t lanes) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) {
      const T common = in(tally.common)[i];
      T sum = 0;
      for (std::size_t j = 0; j < tally.rest_count; ++j)
        sum = static_cast<T>(static_cast<Wide>(sum) + in(tally.rest[j])[i]);
      for (std::size_t j = 0; j < tally.count; ++j) {
        if (in(tally.others[j])[i] != common) continue;
        sum = static_cast<T>(static_cast<Wide>(sum) +
                             (tally.values ? in(tally.values[j])[i] : *in(tally.unit)));
      }
      to[i] = sum;
    }
  }
  static void largest(const void* const* terms, std::size_t count, void* out, std::size_t lanes) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) {
      T most = in(terms[0])[i];
      for (std::size_t j = 1; j < count; ++j) most = std::max(most, in(terms[j])[i]);
      to[i] = most;
    }
  }

  static void arg_max(const void* const* terms, std::size_t count, LaneToken* out, std::size_t lanes,
                      std::uint8_t* trapped) {
    constexpr std::size_t block = 64;
    for (std::size_t start = 0; start < lanes; start += block) {
      const std::size_t width = lanes - start < block ? lanes - start : block;
      T best[block];
      LaneToken index[block];
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
          index[i] = larger ? static_cast<LaneToken>(j) : index[i];
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

  static T product(T a, T b, int fraction) {
    const Wide exact = static_cast<Wide>(a) * static_cast<Wide>(b);
    if constexpr (std::is_integral_v<T>) return static_cast<T>(exact >> fraction);
    return static_cast<T>(exact);
  }
  template <class Term>
  static void total(std::size_t count, void* out, std::size_t lanes, const Term& term) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) {
      T sum = term(0, i);
      for (std::size_t j = 1; j < count; ++j) sum = static_cast<T>(static_cast<Wide>(sum) + term(j, i));
      to[i] = sum;
    }
  }
  // NaN stays NaN; -0 becomes +0.
  static void relu(const void* from, void* out, std::size_t lanes) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) to[i] = in(from)[i] <= 0 ? T{0} : in(from)[i];
  }
  static void add(const void* a, const void* b, void* out, std::size_t lanes) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) to[i] = static_cast<T>(static_cast<Wide>(in(a)[i]) + in(b)[i]);
  }
  static void sub(const void* a, const void* b, void* out, std::size_t lanes) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) to[i] = static_cast<T>(static_cast<Wide>(in(a)[i]) - in(b)[i]);
  }
  static void mul(const void* a, const void* b, int fraction, void* out, std::size_t lanes) {
    T* to = static_cast<T*>(out);
    for (std::size_t i = 0; i < lanes; ++i) to[i] = product(in(a)[i], in(b)[i], fraction);
  }
  static void sum(const void* const* terms, std::size_t count, void* out, std::size_t lanes) {
    total(count, out, lanes, [&](std::size_t j, std::size_t i) { return in(terms[j])[i]; });
  }
  static void dot(const void* const* x, const void* const* y, std::size_t count, int fraction, void* out,
                  std::size_t lanes) {
    total(count, out, lanes,
          [&](std::size_t j, std::size_t i) { return product(in(x[j])[i], in(y[j])[i], fraction); });
  }
  static void weighted(const void* weights, const void* const* x, std::size_t count, int fraction, void* out,
                       std::size_t lanes) {
    total(count, out, lanes,
          [&](std::size_t j, std::size_t i) { return product(in(weights)[j], in(x[j])[i], fraction); });
  }

  static constexpr MoveKernels kernels = {embed,   lookup,  choose, indicate,  compare,   tally,
                                          largest, arg_max, widen,  exact_sum, exact_dot, relu,
                                          add,     sub,     mul,    sum,       dot,       weighted};
};

}  // namespace

const MoveKernels& plain_moves(Container container) {
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

const MoveKernels& move_kernels(Container container, Isa isa) {
  const MoveKernels* vectors = vector_moves(container, isa);
  return vectors ? *vectors : plain_moves(container);
}

}  // namespace roundoff::sim
