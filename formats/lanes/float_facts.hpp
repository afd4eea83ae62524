// When arithmetic in float or double gives the bits of a format: the inequalities, in one place, and the
// constants that the kernels take from them.
//
// T has q significand bits (24, 53), normal numbers from 2^m up (m = -126, -1022), all numbers multiples of
// 2^t (t = m-q+1); the format has p bits, quantum 2^k, highest below 2^(E+1), and normal numbers from
// 2^(k+p-1) up. An operation delivers y in T, from the exact result x; then y is rounded to the format. What
// makes that one rounding:
//
// Directed modes (rtz, rup, rdn). The host rounds y in the same direction. floor onto a grid after floor onto
//   a finer grid is floor: exact for every p < q. Underflow and overflow of T are monotone likewise.
// Nearest modes, direct: y is x rounded by the host, to nearest or (float_rounding-inl.hpp says for which
//   rules) towards zero. Wrong only if x is not a tie of the format, but y is. Products: 2p <= q makes y = x.
//   Quotients: a quotient within 2^-(2p+1) of a tie (relatively) is one, as ties have p+1 bits; to nearest
//   2p <= q suffices, towards zero 2p+2 <= q. Sums: let x = a + b be inexact in T, |a| > |b|: then b lies
//   below a's last place by so much that x keeps at least 2^(q-2p) units of T away from a tie: 2p+1 <= q
//   suffices. rna needs none of this: x >= a tie exactly where x towards zero is.
// Nearest modes, to odd: y is x rounded to odd in T: towards zero, and the last bit set where that lost
//   anything. Rounding to odd at q >= p+2 bits followed by any rounding to p bits is that rounding of x
//   (Boldo, Melquiond 2008). Fused a*b + c: the product is exact, the sum is taken to odd.
// rod: likewise to odd. Products are exact for 2p <= q.
// Errors of products and remainders of quotients are exact in T where they are multiples of 2^t: magic asks k
//   - p >= m, aligned works out tiny products on a larger scale, tiny quotients and dividends in double or by
//   definition.
//
// Two ways to round y to the format:
// magic: c = 2^(q-p) times the power of two of |y| (or of the smallest normal number, if that is larger) has
//   the format's quantum around y as its unit in T, so that (|y| + c) - c is |y| on the format's grid, by the
//   host's rounding. Needs E + q - p + 1 below T's top and k - 2 >= m: then subnormal numbers of the format
//   are normal in T, products are multiples of 2^(2k) >= 2^t, and quotients below T's normal numbers round as
//   0 or the quantum by their sign and direction alone. Beyond the range: the smallest number of T that
//   overflows is found by asking the definition, and compared.
// aligned: the format has T's exponent range (e = 8 or 11, IEEE): k = t + q - p. Then one grid spans normal
//   and subnormal numbers: q - p bits of the pattern of |y| are dropped by integer arithmetic, a carry moves
//   into the exponent, and beyond the range into infinity. Here T underflows together with the format: y is
//   inexact below 2^(t+2p), and without its error rounding twice would go wrong there (in nearest modes, and
//   rod). rne with 3p <= q needs no second look: there the result of such a product is 0 in any case.
// native: p = q and T's range: the host's arithmetic itself.
// Both hold for T's exponent range with saturation, too: that differs from the format that overflows to
// infinity in one thing, an infinite result of finite operands is the largest magnitude with its sign. An
// infinite sum so far stays infinite, or becomes NaN: a reduction that ends in a number met no such result.
#pragma once

#include <cstdint>
#include <type_traits>

#include "formats/format.hpp"

namespace roundoff::formats::lanes {

enum class FloatStyle : std::uint8_t { none, magic, aligned, native };

/// Constants of the kernels in T for one format.
template <class T>
struct FloatFacts {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

  FloatStyle style = FloatStyle::none;
  bool even = false;  ///< rne, and nothing special in signs, range and traps: the shortest kernels hold
  bool lean = false;  ///< the loops of float_reductions-inl.hpp hold
  int host = 0;       ///< the host's direction, of <cfenv>
  bool sums_to_odd = false, products_to_odd = false, quotients_to_odd = false;  ///< y is taken to odd
  Rounding rounding = Rounding::rne;
  int precision = 0;

  // magic
  T least = 0;                ///< the smallest normal number of the format
  Bits up = 0;                ///< from the exponent of |y| to c
  Bits up_signed = 0;         ///< to 3/2 c, for y with its sign
  Bits half_down = 0;         ///< to half the quantum around y
  T above = 0, below = 0;     ///< y >= above or y <= below leaves the range,
  T highest = 0, lowest = 0;  ///< for this

  // aligned
  int dropped = 0;                         ///< q - p
  T tiny_product = 0;                      ///< non-zero products below: their error may be none of T
  T tiny_quotient = 0, tiny_dividend = 0;  ///< non-zero magnitudes below: again by definition
  T tiny_fused = 0;                        ///< non-zero products below, before a sum: likewise
  T huge = 0;                              ///< fused products from here on: again by definition

  bool negative_zero = true;    ///< else -0 is +0
  bool keeps_infinity = false;  ///< an infinite y is an infinite operand, not an overflow
  bool saturates = false;       ///< an infinite result of finite operands becomes `highest` with its sign
  bool traps_overflow = false, traps_nan = false;
  bool plain = false;     ///< s + 0*x = s on bits
  bool symmetric = true;  ///< -x is a member for every member x
  T one = 0;              ///< 1, or 0 where that is no member
  T nothing = 0;          ///< nothing + x = x on bits
  T pole = 0;             ///< x/0 for positive x (sign by the rule for quotients)
};

/// Derives the constants; style none where no inequality holds.
FloatFacts<float> float_facts_f32(const Format& format);
FloatFacts<double> float_facts_f64(const Format& format);

}  // namespace roundoff::formats::lanes
