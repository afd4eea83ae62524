// A worked example: the 8-bit float e3m4, as one file. In the house it would stand in formats/layouts/, with
// its declaration in layouts.hpp and the line of catalogue_line.txt in formats/notation/catalogue.cpp; nothing else
// changes. Parsing, printing, rounding, codes, help and the catalogue's tests follow from the record.
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {

Format make_e3m4(Parameters) {
  const std::int64_t e_p[] = {3, 5};  // exponent bits, significand bits with the hidden one
  Format format = make_float(e_p);    // IEEE fields, bias 3, subnormals; what differs follows
  format.name = "e3m4";
  format.encoding = Encoding::all_ones;  // no inf; only the all-ones pattern is NaN ...
  format.has_infinity = false;
  format.highest = Value::scaled(false, 15, 1);  // ... so that the highest value is 1.875 * 2^4 = 30
  format.lowest = negated(format.highest);
  format.overflow = Overflow::sat;
  return format;
}

}  // namespace roundoff::formats
