// Sinusoidal position tables (Vaswani et al. 2017, section 3.5), as exact numbers of binary64.
#pragma once

#include "sim/model/model.hpp"

namespace roundoff::sim {

struct Sinusoids {
  int positions = 0, width = 0;
  Value base = Value::integer(10000);
  bool interleaved = true;  ///< sin, cos, sin, cos, ...; else all sines, then all cosines
};

/// [positions x width]: entry (p, wave i) = the binary64 nearest to sin or cos of p * f_i, where f_i is
/// base^(-2i/width) in binary64. UsageError for a base that is not positive, or a table beyond 2^24 entries.
Matrix sinusoids(const Sinusoids& table);

/// base^(-numerator / denominator) in binary64, by logarithm and exponential in 113 bits.
Value geometric(const Value& base, int numerator, int denominator);

}  // namespace roundoff::sim
