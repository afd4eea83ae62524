// The formats of the Open Compute Project, 8 bits and fewer. e5m2 is IEEE-like; e4m3 gives up inf and all
// NaNs but one for range: its highest value is 1.75 * 2^8 = 448 (the all-ones pattern of either sign is NaN).
// e3m2, e2m3 and e2m1 have numbers only; e8m0, the scale of MX blocks, has positive powers of two and NaN:
// what is below its range (0 and negative numbers too) is overflow at the low end, and a positive number
// rounds to no less than 2^-127. Source: OCP 8-bit Floating Point Specification (OFP8) 1.0, 2023; OCP
// Microscaling Formats (MX) Specification 1.0, 2023.
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

/// IEEE-like fields, where the all-ones exponent holds numbers, up to `highest`.
Format dense(const char* name, std::int64_t e, std::int64_t p, Encoding encoding, const Value& highest) {
  const std::int64_t e_p[] = {e, p};
  Format format = make_float(e_p);
  format.name = name;
  format.encoding = encoding;
  format.highest = highest;
  format.lowest = negated(highest);
  format.has_infinity = false;
  format.has_nan = encoding != Encoding::finite;
  format.overflow = Overflow::sat;
  return format;
}

}  // namespace

Format make_e5m2(Parameters) {
  const std::int64_t e_p[] = {5, 3};
  Format format = make_float(e_p);
  format.name = "e5m2";
  format.overflow = Overflow::sat;
  return format;
}

Format make_e4m3(Parameters) { return dense("e4m3", 4, 4, Encoding::all_ones, Value::integer(448)); }
Format make_e3m2(Parameters) { return dense("e3m2", 3, 3, Encoding::finite, Value::integer(28)); }
Format make_e2m3(Parameters) { return dense("e2m3", 2, 4, Encoding::finite, Value::scaled(false, 15, -1)); }
Format make_e2m1(Parameters) { return dense("e2m1", 2, 2, Encoding::finite, Value::integer(6)); }

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
  return format;
}

}  // namespace roundoff::formats
