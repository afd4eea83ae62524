// Small floats that give up IEEE's specials for more numbers, with any bias:
// float_fn: no inf, and only the all-ones pattern (of either sign) is NaN, as in OCP's e4m3.
// float_fnuz ("finite, NaN, unsigned zero"): the pattern of -0 is the only NaN, there is no inf and no -0, and the
//   bias is one more than IEEE's unless chosen.
// float_finite: every pattern is a number.
// Source: OCP 8-bit Floating Point Specification (OFP8) 1.0, 2023; Noune, Jones, Justus, Masters, Luschi, "8-bit
// Numerical Formats for Deep Neural Networks" (2022, arXiv:2206.02915), as in LLVM's Float8E4M3FNUZ and
// Float8E5M2FNUZ; OCP Microscaling Formats (MX) Specification 1.0, 2023.
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

/// IEEE's fields, where the all-ones exponent holds numbers, all of them or all but the last.
Format dense(Parameters e_p_b, int extra_bias, Encoding encoding) {
  Format format;
  if (extra_bias != 0 && e_p_b.size() == 2) {
    const std::int64_t more[] = {e_p_b[0], e_p_b[1],
                                 (std::int64_t{1} << (in_range("e", e_p_b[0], 2, 19) - 1)) - 1 + extra_bias};
    format = make_float(more);
    format.chosen_bias = false;
  } else {
    format = make_float(e_p_b);
    if (extra_bias != 0) format.chosen_bias = format.bias() != (1 << (format.first - 1)) - 1 + extra_bias;
  }
  format.encoding = encoding;
  ++format.highest.exponent;
  format.has_infinity = false;
  format.has_nan = encoding != Encoding::finite;
  format.has_negative_zero = encoding != Encoding::fnuz;
  if (encoding == Encoding::all_ones) {  // the pattern below all ones is the highest number
    format.highest = format.precision > 1
                         ? Value::scaled(false, (u128{1} << format.precision) - 2, format.highest.exponent)
                         : Value::scaled(false, 1, format.highest.exponent - 1);
  }
  format.lowest = negated(format.highest);
  format.overflow = Overflow::satfinite;
  return format;
}

Format make_fn(Parameters e_p_b) { return dense(e_p_b, 0, Encoding::all_ones); }
Format make_fnuz(Parameters e_p_b) { return dense(e_p_b, 1, Encoding::fnuz); }
Format make_finite(Parameters e_p_b) { return dense(e_p_b, 0, Encoding::finite); }

constexpr std::string_view noune = "Noune et al. 2022 (arXiv:2206.02915)";

constexpr CatalogueEntry small_floats_list[] = {
    {.name = "float_fn(e,p[,b])",
     .example = "float_fn(3,3)",
     .summary = "float of e and p bits, bias b, no inf; only the all-ones pattern is NaN",
     .source = ofp8,
     .make_from = make_fn},
    {.name = "float_fnuz(e,p[,b])",
     .example = "float_fnuz(3,3)",
     .summary = "float of e and p bits, bias b, no inf, no -0, whose pattern is NaN",
     .source = noune,
     .make_from = make_fnuz},
    {.name = "float_finite(e,p[,b])",
     .example = "float_finite(3,2)",
     .summary = "float of e and p bits, bias b, numbers only",
     .source = mx,
     .make_from = make_finite},
    {.name = "e4m3fnuz",
     .example = "e4m3fnuz",
     .summary = "8-bit float, 4 exponent bits, no inf, no -0, highest 240",
     .source = noune,
     .definition = "float_fnuz(4,4)",
     .aliases = "float8_e4m3fnuz fp8_e4m3fnuz"},
    {.name = "e4m3b11fnuz",
     .example = "e4m3b11fnuz",
     .summary = "8-bit float, 4 exponent bits, bias 11, no inf, no -0, highest 30",
     .source = "Google TPU; ml_dtypes float8_e4m3b11fnuz",
     .definition = "float_fnuz(4,4,11)",
     .aliases = "float8_e4m3b11fnuz float8_e4m3b11"},
    {.name = "e5m2fnuz",
     .example = "e5m2fnuz",
     .summary = "8-bit float, 5 exponent bits, no inf, no -0, highest 57344",
     .source = noune,
     .definition = "float_fnuz(5,3)",
     .aliases = "float8_e5m2fnuz fp8_e5m2fnuz"},
    {.name = "e3m0",
     .example = "e3m0",
     .summary = "4-bit float, 3 exponent bits, powers of two and zero, highest 16",
     .source = "Sun et al. 2020, Ultra-Low Precision 4-bit Training (sign and exponent only)",
     .definition = "float_finite(3,1)",
     .aliases = "fp4_e3m0 float4_e3m0"},
};

}  // namespace

std::span<const CatalogueEntry> small_floats_entries() { return small_floats_list; }

}  // namespace roundoff::formats
