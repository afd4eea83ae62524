// The 8-bit formats of the Open Compute Project. e5m2 is IEEE-like; e4m3 gives up inf and all NaNs but one
// for range: its highest value is 1.75 * 2^8 = 448 (the all-ones pattern of either sign is NaN). Source: OCP
// 8-bit Floating Point Specification (OFP8), revision 1.0, 2023.
#include "formats/layouts/layouts.hpp"

namespace roundoff {

Format make_e5m2(Parameters) {
  const std::int64_t e_p[] = {5, 3};
  Format format = make_float(e_p);
  format.name = "e5m2";
  format.overflow = Overflow::sat;
  return format;
}

Format make_e4m3(Parameters) {
  const std::int64_t e_p[] = {4, 4};
  Format format = make_float(e_p);
  format.name = "e4m3";
  format.encoding = Encoding::all_ones;
  format.highest = Value::scaled(false, 7, 6);
  format.lowest = negated(format.highest);
  format.has_infinity = false;
  format.overflow = Overflow::sat;
  return format;
}

}  // namespace roundoff
