// What the kernels of one format share: the format, and what is derived from it once. Kernels take it by
// reference, so that one compiled kernel serves every format of its kind.
#pragma once

#include <cstdint>
#include <memory>

#include "formats/lanes/float_facts.hpp"
#include "formats/lanes/lanes.hpp"

namespace roundoff::formats {

namespace lanes {
class Functions;
}

/// Constants of integer kernels: a member is the integer S, the number S * 2^-fraction.
struct IntegerFacts {
  int fraction = 0;  ///< 0 <= fraction < bits of the container
  std::int64_t highest = 0, lowest = 0;
  std::int64_t one = 0;  ///< 2^fraction, or 0 where 1 is not a member
  int wrap_shift = 0;    ///< container bits minus format bits (two's complement)
  bool is_signed = true;
  bool narrow = false;  ///< no bits behind the point, and every product of members fits the container
  /// Rounding goes up where the dropped bits, at the top of a word, are above `limit`; to them come, in the
  /// last bit, `negative` or `positive` by the sign of the product.
  std::uint64_t limit = 0;
  std::int64_t negative = 0, positive = 0;
  bool positive_rounds = true;  ///< false: positive products keep their floor (rtz)
  bool to_odd = false;          ///< the last bit is set where anything was dropped
  Overflow overflow = Overflow::sat;
};

struct LaneKernels::Context {
  Format format;
  Container container = Container::f64;
  Isa isa = Isa::scalar;
  IntegerFacts integers;
  lanes::FloatFacts<float> f32;
  lanes::FloatFacts<double> f64;

  /// Kernels of the same format in f64, for what is worked out there; null where there are none.
  std::shared_ptr<const LaneKernels> doubles;
  std::shared_ptr<lanes::Functions> functions;  ///< of one argument
  /// Kernels in f64 of the same format times 2^room, where its subnormal numbers are ordinary ones
  /// (fallback_reductions.hpp); null where there are none.
  std::shared_ptr<const LaneKernels> roomier;
  int room = 0;

  /// What reductions are composed of.
  using Ternary = void (*)(const Context&, const void* a, const void* b, const void* c, void* out,
                           std::size_t count, std::uint8_t* trapped);
  Binary add = nullptr, mul = nullptr, max = nullptr;
  Ternary fma = nullptr;  ///< a*b + c, rounded once

  /// value / 2^quantum of a finite member of a uniform format.
  std::int64_t integer_of(const Value& value) const;
  /// One member from and to the container, by definition.
  Value load(const void* element) const;
  void store(const Value& value, void* element) const;
};

}  // namespace roundoff::formats
