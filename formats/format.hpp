// A number format: a finite set of reals, a rounding rule and an overflow rule (semantics.md, section 1).
//
// A format is a small record of facts, and everything else is derived from it. All formats but posits are
// grids: the values are the multiples S * 2^q with |S| < 2^precision, q >= quantum, between `lowest` and
// `highest`. Fixed point is the grid with the single q = quantum (all its values are "subnormal"); floating
// point lets q grow. Posits taper.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/value.hpp"

namespace roundoff::formats {

enum class Layout : std::uint8_t { fixed, twos, ufixed, floating, papers, posit };
enum class Rounding : std::uint8_t { rne, rna, rnz, rtz, rup, rdn, rod, sr };
enum class Overflow : std::uint8_t { sat, inf, wrap, trap };

/// How bit patterns are assigned to the values of a floating-point layout.
enum class Encoding : std::uint8_t {
  none,      ///< no codes: F(e,s), printed by value only
  integer,   ///< the integer S in two's complement (fixed, twos, ufixed)
  ieee,      ///< all-ones exponent: inf and NaN
  all_ones,  ///< OCP e4m3: only the all-ones pattern (either sign) is NaN, no inf
  fnuz,      ///< the pattern of -0 is NaN, no inf, no -0
  finite,    ///< every pattern is a number (e3m2, e2m3, e2m1)
  scale,     ///< e8m0: powers of two, no sign, no zero, 0xff is NaN
  p3109,     ///< IEEE P3109 binary8pK: NaN at the pattern of -0, inf at the ends
  posit,     ///< Posit Standard 2022: two's complement order, NaR
};

struct Format {
  Layout layout = Layout::fixed;
  Encoding encoding = Encoding::integer;
  std::string name;   ///< the catalogue name it was asked for by, "" if none
  int first = 0;      ///< first parameter of the notation: i, e, n
  int second = 0;     ///< second parameter of the notation: f, p, s, es
  int bits = 0;       ///< width of a number in bits, as in the table of semantics.md
  int precision = 0;  ///< significand bits of the widest significand (for fixed point i+f)
  int quantum = 0;    ///< the smallest positive step is 2^quantum
  Value highest;      ///< largest finite value
  Value lowest;       ///< most negative finite value (zero when unsigned)
  bool has_negative_zero = false;
  bool has_infinity = false;  ///< as encoded; `:inf` makes +-inf members of fixed formats too
  bool has_nan = false;
  bool has_zero = true;
  Rounding rounding = Rounding::rne;
  Overflow overflow = Overflow::sat;
  std::uint64_t seed = 0;  ///< of stochastic rounding

  friend bool operator==(const Format&, const Format&) = default;

  bool is_fixed() const {
    return layout == Layout::fixed || layout == Layout::twos || layout == Layout::ufixed;
  }
  /// Every value is a multiple of 2^quantum with a bounded integer: fixed point, and F(0,s).
  bool is_uniform() const { return is_fixed() || (layout == Layout::papers && first == 0); }
  /// +-inf are members: as encoded, or under `:inf` in the formats that are sets of numbers only (fixed
  /// point, F).
  bool holds_infinity() const {
    return has_infinity || (overflow == Overflow::inf && (is_fixed() || layout == Layout::papers));
  }
  /// -0, inf and NaN are all absent, so that x + 0 = x and 0 * x = 0 on bits for every x of the format.
  bool is_plain() const {
    return !has_negative_zero && !has_infinity && !has_nan && overflow != Overflow::inf;
  }
};

std::string_view name(Rounding rounding);
std::string_view name(Overflow overflow);

/// The canonical notation, which `parse_format` reads back to an equal Format: `fixed(8,0)`, `F(0,2):rne`,
/// `binary16:rtz:sat`. Modifiers are printed only where they differ from the layout's defaults.
std::string notation(const Format& format);

/// Reads a notation without variables. Throws UsageError that points at the character and says the remedy.
Format parse_format(std::string_view text);

std::size_t hash_value(const Format& format);

}  // namespace roundoff::formats
