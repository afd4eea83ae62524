#include "formats/notation/modifiers.hpp"

#include <array>

namespace roundoff::formats {

std::string_view name(Rounding rounding) {
  constexpr std::array<std::string_view, 11> names = {"rne", "rna", "rnz", "rtz", "rup", "rdn",
                                                      "rod", "sr",  "sra", "srb", "src"};
  return names[static_cast<std::size_t>(rounding)];
}

std::string_view name(Overflow overflow) {
  constexpr std::array<std::string_view, 5> names = {"sat", "satfinite", "inf", "wrap", "trap"};
  return names[static_cast<std::size_t>(overflow)];
}

std::optional<RefusedModifier> refused_modifier(const Format& format) {
  const bool posit = format.layout == Layout::posit;
  // P3109 calls a code of one bit even by its exponent, so that rod is defined there
  if (format.rounding == Rounding::rod && format.precision == 1 && !format.is_uniform() && format.is_grid() &&
      format.encoding != Encoding::p3109) {
    return RefusedModifier{
        RefusedModifier::rounding,
        "rod needs two significand bits, since of one bit all are odd; take rtz or rup, or one bit more"};
  }
  if (format.overflow == Overflow::wrap && format.layout != Layout::twos && format.layout != Layout::ufixed) {
    return RefusedModifier{RefusedModifier::overflow, "wrap goes with twos and ufixed only; take sat, inf or trap"};
  }
  if (format.overflow == Overflow::inf && !format.holds_infinity() && !format.has_nan) {
    return RefusedModifier{RefusedModifier::overflow, "the format has neither inf nor NaN; take sat or trap"};
  }
  if (posit && (format.overflow == Overflow::inf || format.overflow == Overflow::satfinite)) {
    return RefusedModifier{RefusedModifier::overflow,
                           "a posit neither overflows to NaR nor makes a number of inf; take sat or trap"};
  }
  const bool subnormals = format.layout == Layout::floating && format.has_zero;
  if ((format.flushes || format.takes_zero || format.tiny_after) && !subnormals) {
    return RefusedModifier{RefusedModifier::subnormals,
                           "ftz, daz and tininess_after are about the subnormal numbers of floats, and this "
                           "format has none; leave it out"};
  }
  return std::nullopt;
}

std::string modifiers(const Format& format, const Format& base) {
  std::string text;
  const auto add = [&](std::string_view modifier) { (text += ':') += modifier; };
  if (format.rounding != base.rounding || format.is_stochastic()) {
    add(name(format.rounding));
    if (format.is_stochastic()) {
      text += "(" + std::to_string(format.seed);
      if (format.rounding != Rounding::sr) text += "," + std::to_string(format.random_bits);
      text += ")";
    }
  }
  if (format.overflow != base.overflow) add(name(format.overflow));
  if (format.flushes != base.flushes) add("ftz");
  if (format.takes_zero != base.takes_zero) add("daz");
  if (format.tiny_after != base.tiny_after) add("tininess_after");
  return text;
}

}  // namespace roundoff::formats
