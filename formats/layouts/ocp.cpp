// The formats of the Open Compute Project, 8 bits and fewer. e5m2 is IEEE-like; e4m3 gives up inf and all
// NaNs but one for range: its highest value is 1.75 * 2^8 = 448 (the all-ones pattern of either sign is NaN).
// e3m2, e2m3 and e2m1 have numbers only; e8m0, the scale of MX blocks, has positive powers of two and NaN:
// zero and negative numbers are refused (a trap), and a positive number rounds to no less than 2^-127. A saturating
// conversion makes the largest magnitude of an infinity, too, which is the default (`satfinite`). Source: OCP 8-bit Floating Point Specification (OFP8) 1.0, 2023; OCP
// Microscaling Formats (MX) Specification 1.0, 2023.
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

Format make_e8m0(Parameters) {
  Format format;
  format.layout = Layout::floating;
  format.encoding = Encoding::scale;
  format.name = "e8m0";
  format.first = 8;
  format.second = 1;
  format.bits = 8;
  format.precision = 1;
  format.quantum = -127;
  format.highest = Value::scaled(false, 1, 127);
  format.lowest = Value::scaled(false, 1, -127);
  format.has_nan = true;
  format.has_zero = false;
  format.overflow = Overflow::satfinite;
  return format;
}

constexpr CatalogueEntry ocp_list[] = {
    {.name = "e4m3",
     .example = "e4m3",
     .summary = "8-bit float, 4 exponent bits, no inf, highest 448",
     .source = ofp8,
     .definition = "float_fn(4,4):satfinite",
     .aliases = "fp8_e4m3 float8_e4m3fn float8_e4m3 e4m3fn fp8_e4m3fn",
     .rules = "OFP8: a saturating conversion makes the largest magnitude of an infinity, too (:satfinite); "
              ":inf gives NaN"},
    {.name = "e5m2",
     .example = "e5m2",
     .summary = "8-bit float, 5 exponent bits, IEEE-like, highest 57344",
     .source = ofp8,
     .definition = "float(5,3):satfinite",
     .aliases = "fp8_e5m2 float8_e5m2",
     .rules = "OFP8: a saturating conversion makes the largest magnitude of an infinity, too (:satfinite); "
              ":inf gives inf"},
    {.name = "e3m2",
     .example = "e3m2",
     .summary = "6-bit float, 3 exponent bits, numbers only, highest 28",
     .source = mx,
     .definition = "float_finite(3,3):satfinite",
     .aliases = "fp6_e3m2 float6_e3m2fn float6_e3m2"},
    {.name = "e2m3",
     .example = "e2m3",
     .summary = "6-bit float, 2 exponent bits, numbers only, highest 7.5",
     .source = mx,
     .definition = "float_finite(2,4):satfinite",
     .aliases = "fp6_e2m3 float6_e2m3fn float6_e2m3"},
    {.name = "e2m1",
     .example = "e2m1",
     .summary = "4-bit float, 2 exponent bits, numbers only, highest 6",
     .source = mx,
     .definition = "float_finite(2,2):satfinite",
     .aliases = "fp4 fp4_e2m1 float4_e2m1fn float4_e2m1"},
    {.name = "e8m0",
     .example = "e8m0",
     .summary = "8-bit power of two, 2^-127 to 2^127, the scale of MX blocks",
     .source = mx,
     .make_from = make_e8m0,
     .aliases = "float8_e8m0fnu e8m0fnu ue8m0",
     .rules = "MX: there is no zero and no sign, so that zero and negative numbers are refused; what is "
              "positive rounds "
              "to no less than 2^-127"},
};

}  // namespace

std::span<const CatalogueEntry> ocp_entries() { return ocp_list; }

}  // namespace roundoff::formats
