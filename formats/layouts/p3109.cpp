// IEEE P3109 binary8pK, signed and extended: 8 bits, K significand bits with the hidden one, bias 2^(7-K), so
// that 1 is always code 0x40. One NaN, at the pattern of -0; inf at 0x7f, -inf at 0xff; no -0. Source: IEEE
// SA P3109 Working Group, Interim Report on Binary Floating-Point Formats for Machine Learning, versions 3
// and later (github.com/P3109/Public, Value Tables, Binary8pKse). Earlier value tables had binary8p1 twice as
// large.
#include <string>

#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

Format binary8(int k) {
  const int bias = 1 << (7 - k);
  const int top = 0x7e;  // the code of the highest value
  const int trailing = k - 1, field = top >> trailing;
  Format format;
  format.layout = Layout::floating;
  format.encoding = Encoding::p3109;
  format.name = "binary8p" + std::to_string(k);
  format.first = 8 - k;
  format.second = k;
  format.bits = 8;
  format.precision = k;
  format.quantum = 1 - bias - trailing;
  const auto significand = static_cast<u128>((top & ((1 << trailing) - 1)) | 1 << trailing);
  format.highest = Value::scaled(false, significand, format.quantum + field - 1);
  format.lowest = negated(format.highest);
  format.has_infinity = format.has_nan = true;
  format.overflow = Overflow::inf;
  return format;
}

}  // namespace

Format make_binary8p1(Parameters) { return binary8(1); }
Format make_binary8p2(Parameters) { return binary8(2); }
Format make_binary8p3(Parameters) { return binary8(3); }
Format make_binary8p4(Parameters) { return binary8(4); }
Format make_binary8p5(Parameters) { return binary8(5); }
Format make_binary8p6(Parameters) { return binary8(6); }
Format make_binary8p7(Parameters) { return binary8(7); }

}  // namespace roundoff::formats
