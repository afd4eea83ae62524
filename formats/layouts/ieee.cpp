// IEEE 754 style binary floating point: e exponent bits, p significand bits with the hidden one, bias
// 2^(e-1)-1. Source: IEEE Std 754-2019, section 3.4; bfloat16: Google; tf32: NVIDIA A100 whitepaper.
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

Format named(const char* name, std::int64_t e, std::int64_t p) {
  const std::int64_t e_p[] = {e, p};
  Format format = make_float(e_p);
  format.name = name;
  return format;
}

}  // namespace

Format make_float(Parameters e_p) {
  Format format;
  format.layout = Layout::floating;
  format.encoding = Encoding::ieee;
  format.first = in_range("e", e_p[0], 2, 19);
  format.second = in_range("p", e_p[1], 1, 113);
  const int bias = (1 << (format.first - 1)) - 1;
  format.bits = format.first + format.second;
  format.precision = format.second;
  format.quantum = 1 - bias - (format.precision - 1);
  format.highest = all_ones(false, format.precision, bias - (format.precision - 1));
  format.lowest = negated(format.highest);
  format.has_negative_zero = format.has_infinity = format.has_nan = true;
  format.overflow = Overflow::inf;
  return format;
}

Format make_binary16(Parameters) { return named("binary16", 5, 11); }
Format make_binary32(Parameters) { return named("binary32", 8, 24); }
Format make_binary64(Parameters) { return named("binary64", 11, 53); }
Format make_binary128(Parameters) { return named("binary128", 15, 113); }
Format make_bfloat16(Parameters) { return named("bfloat16", 8, 8); }
Format make_tf32(Parameters) { return named("tf32", 8, 11); }

}  // namespace roundoff::formats
