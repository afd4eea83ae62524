// Transcendental functions to any number of bits, with a sticky one: what `apply` rounds.
#pragma once

#include "formats/rounding/exact.hpp"

namespace roundoff::formats {

/// f(x) for finite non-zero x (positive for log) and f one of exp log erf tanh gelu gelu_tanh silu sigmoid
/// sin cos: an Exact of at least `bits` bits below which only the sticky bit stands. Results beyond 2^(2^20)
/// or below its inverse, in magnitude, are stood in for by such a power: no format tells them apart.
Exact transcendental(Function function, const Value& x, int bits);

}  // namespace roundoff::formats
