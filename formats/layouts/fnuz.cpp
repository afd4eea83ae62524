// The fnuz forms ("finite, NaN, unsigned zero"): the pattern of -0 is the only NaN, there is no inf and no
// -0, and the bias is one more than IEEE's, so that the all-ones exponent is an ordinary binade. Source:
// Noune, Jones, Justus, Masters, Luschi, "8-bit Numerical Formats for Deep Neural Networks" (2022,
// arXiv:2206.02915), as in LLVM's Float8E4M3FNUZ and Float8E5M2FNUZ.
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

Format fnuz(const char* name, int e, int p) {
  const int bias = 1 << (e - 1);
  Format format;
  format.layout = Layout::floating;
  format.encoding = Encoding::fnuz;
  format.name = name;
  format.first = e;
  format.second = p;
  format.bits = e + p;
  format.precision = p;
  format.quantum = 1 - bias - (p - 1);
  format.highest = all_ones(false, p, (1 << e) - 1 - bias - (p - 1));
  format.lowest = negated(format.highest);
  format.has_nan = true;
  return format;
}

}  // namespace

Format make_e4m3fnuz(Parameters) { return fnuz("e4m3fnuz", 4, 4); }
Format make_e5m2fnuz(Parameters) { return fnuz("e5m2fnuz", 5, 3); }

}  // namespace roundoff::formats
