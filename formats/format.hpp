// A number format: a finite set of reals, a rounding rule and an overflow rule (semantics.md, section 1).
//
// A format is a small record of facts, and everything else is derived from it. All formats but posits and lists
// are grids: the values are the multiples S * 2^q with |S| < 2^precision, q >= quantum, between `lowest` and
// `highest`. Fixed point is the grid with the single q = quantum (all its values are "subnormal"); floating
// point lets q grow. Posits taper, and a list has the values that it names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/value.hpp"

namespace roundoff::formats {

enum class Layout : std::uint8_t { fixed, twos, ufixed, floating, papers, posit, list };

enum class Rounding : std::uint8_t {
  rne,  ///< nearest, ties to even
  rna,  ///< nearest, ties away from zero
  rnz,  ///< nearest, ties toward zero
  rtz,  ///< toward zero
  rup,  ///< toward +inf
  rdn,  ///< toward -inf
  rod,  ///< to odd
  sr,   ///< stochastic, by 64 random bits
  sra,  ///< stochastic by N random bits, P3109's variant A
  srb,  ///< variant B
  src,  ///< variant C
};

enum class Overflow : std::uint8_t {
  sat,        ///< a finite result beyond the range becomes the largest magnitude
  satfinite,  ///< an infinite one, too
  inf,
  wrap,
  trap,
};

/// How bit patterns are assigned to the values of a floating-point layout.
enum class Encoding : std::uint8_t {
  none,      ///< no codes: F(e,s), printed by value only
  integer,   ///< the integer S in two's complement (fixed, twos, ufixed)
  ieee,      ///< all-ones exponent: inf and NaN
  all_ones,  ///< OCP e4m3: only the all-ones pattern (either sign) is NaN, no inf
  fnuz,      ///< the pattern of -0 is NaN, no inf, no -0
  finite,    ///< every pattern is a number (e3m2, e2m3, e2m1)
  scale,     ///< e8m0: powers of two, no sign, no zero, 0xff is NaN
  p3109,     ///< IEEE P3109: one zero, one NaN (signed: at the pattern of -0), inf at the ends
  posit,     ///< Posit Standard 2022: two's complement order, NaR
  place,     ///< of a list: the place in it
};

/// The members of Layout::list in the order of their codes, which is that of their values.
struct ValueList {
  std::span<const Value> members;
};

/// Which number of a notation: of `float(e,p)` e is the first and p the second.
enum class Parameter : std::uint8_t { first, second };

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
  bool chosen_bias = false;  ///< the notation says a bias of the exponent that is not its default
  Rounding rounding = Rounding::rne;
  Overflow overflow = Overflow::sat;
  std::uint64_t seed = 0;   ///< of stochastic rounding
  int random_bits = 0;      ///< N of sra, srb, src
  bool flushes = false;     ///< `ftz`: what would be subnormal becomes a zero
  bool takes_zero = false;  ///< `daz`: a subnormal operand counts as a zero
  bool tiny_after = false;  ///< `tininess_after`: underflow asks the rounded result whether it is tiny
  const ValueList* list = nullptr;  ///< of Layout::list, one object a list

  friend bool operator==(const Format&, const Format&) = default;

  bool is_fixed() const {
    return layout == Layout::fixed || layout == Layout::twos || layout == Layout::ufixed;
  }
  bool is_grid() const { return layout != Layout::posit && layout != Layout::list; }
  bool is_stochastic() const { return rounding >= Rounding::sr; }
  /// Finite results beyond the range become the largest magnitude.
  bool saturates() const { return overflow == Overflow::sat || overflow == Overflow::satfinite; }
  /// x/0, rsqrt 0 and their like are NaN, whatever the overflow rule: posits and P3109.
  bool poles_are_nan() const { return layout == Layout::posit || encoding == Encoding::p3109; }
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

  /// What the exponent field of a floating-point layout has more than the exponent.
  int bias() const { return (has_zero ? 2 : 1) - quantum - precision; }

  /// Another point of the same notation, rounding and overflow kept: fixed(8,0):rnz with (9,1) is fixed(9,1):rnz.
  /// UsageError where the format goes by a name without numbers, or these make none.
  Format with(int first_number, int second_number) const;
  Format with(Parameter parameter, int number) const {
    return parameter == Parameter::first ? with(number, second) : with(first, number);
  }
};

std::string_view name(Rounding rounding);
std::string_view name(Overflow overflow);

/// The canonical notation, which `parse_format` reads back to an equal Format: `fixed(8,0)`, `F(0,2):rne`,
/// `binary16:rtz:sat`. Modifiers are printed only where they differ from the layout's defaults.
std::string notation(const Format& format);
/// With a letter in place of one number, for people: `fixed(*,0):rnz`.
std::string notation(const Format& format, Parameter parameter, std::string_view letter);

/// Reads a notation without variables. Throws UsageError that points at the character and says the remedy.
Format parse_format(std::string_view text);

/// fixed(i,f) with its defaults.
Format fixed_point(int i, int f);
/// A named format as the notation that it stands for, whose numbers can be moved: binary32 as float(8,24). What
/// stands for none stays as it is.
Format unnamed(const Format& format);
/// One bit more: of the range in fixed point, of the significand elsewhere. Nothing for formats by name.
std::optional<Format> one_bit_wider(const Format& format);

std::size_t hash_value(const Format& format);

}  // namespace roundoff::formats
