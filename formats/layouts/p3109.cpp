// IEEE P3109: K bits, P significand bits with the hidden one; signed or unsigned (s, u), extended by infinities or
// finite (e, f). Bias 2^(K-P-1) signed, 2^(K-P) unsigned; codes in the order of magnitudes, one zero, one NaN: at the
// pattern of -0, or the last code where there is no sign; inf at the end of a sign's codes. With P = 1 there are no
// subnormal numbers: code 0 is zero and all others are powers of two.
//
// Own rules: zero divisors, rsqrt and reciprocal of 0 give NaN; with P = 1 a code is even or odd by its exponent;
// `inf` is the standard's OvfInf, whose finite formats clamp, and whose unsigned ones have NaN below zero; `sat` is
// SatPropagate, `satfinite` SatFinite; sra, srb, src are its stochastic roundings. Source: IEEE SA P3109 Working
// Group, Interim Report on Binary Floating-Point Formats for Machine Learning, version 4.0, 2026 (a draft).
#include <algorithm>
#include <string>

#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

Format make_p3109(Parameters k_p, bool is_signed, bool extended) {
  constexpr int most_bits = 128, most_exponent_bits = 18;
  const int k = in_range("K", k_p[0], 3, most_bits);
  const int room = k - (is_signed ? 1 : 0);
  const int p = in_range("P", k_p[1], std::max(1, room - most_exponent_bits), std::min(room, 113));
  const int trailing = p - 1;
  Format format;
  format.layout = Layout::floating;
  format.encoding = Encoding::p3109;
  format.name = "binary" + std::to_string(k) + "p" + std::to_string(p) +
                (is_signed && extended ? ""
                 : is_signed           ? "sf"
                 : extended            ? "ue"
                                       : "uf");
  format.first = k;
  format.second = p;
  format.bits = k;
  format.precision = p;
  format.quantum = 1 - (1 << (room - p)) - trailing;
  // The code of the highest value: below inf, and below NaN where that is the last code.
  const u128 top = (u128{1} << (room - 1) << 1) - 1 - (is_signed ? 0 : 1) - (extended ? 1 : 0);
  const auto field = static_cast<int>(top >> trailing);
  const u128 significand = top & ((u128{1} << trailing) - 1);
  format.highest = field == 0
                       ? Value::scaled(false, significand, format.quantum)
                       : Value::scaled(false, significand | u128{1} << trailing, format.quantum + field - 1);
  format.lowest = is_signed ? negated(format.highest) : Value::zero();
  format.has_infinity = extended;
  format.has_nan = true;
  format.overflow = Overflow::inf;
  return format;
}

Format make_se(Parameters k_p) { return make_p3109(k_p, true, true); }
Format make_sf(Parameters k_p) { return make_p3109(k_p, true, false); }
Format make_ue(Parameters k_p) { return make_p3109(k_p, false, true); }
Format make_uf(Parameters k_p) { return make_p3109(k_p, false, false); }

constexpr std::string_view p3109 = "IEEE P3109 Interim Report, version 4.0 of 26 June 2026 (a draft)";
constexpr std::string_view rules =
    "P3109: x/0, rsqrt 0 and reciprocal 0 are NaN, log 0 is -inf; with P = 1 ties go to the even code; :inf "
    "is OvfInf, "
    ":sat SatPropagate, :satfinite SatFinite; :sra(seed,N) :srb(seed,N) :src(seed,N) are its stochastic "
    "roundings";

constexpr CatalogueEntry p3109_list[] = {
    {.name = "binary{K}p{P}",
     .example = "binary8p3",
     .summary = "P3109 float of K bits, P of them significand, signed, extended: one NaN, inf, no -0",
     .source = p3109,
     .make_from = make_se,
     .aliases = "binary{K}p{P}se=binary{K}p{P}",
     .rules = rules,
     .widths = {1, 0, 0}},
    {.name = "binary{K}p{P}sf",
     .example = "binary8p4sf",
     .summary = "P3109 float of K bits, signed, finite: one NaN, no inf, no -0",
     .source = p3109,
     .make_from = make_sf,
     .rules = rules,
     .widths = {1, 0, 0}},
    {.name = "binary{K}p{P}ue",
     .example = "binary8p3ue",
     .summary = "P3109 float of K bits, unsigned, extended: one NaN, inf",
     .source = p3109,
     .make_from = make_ue,
     .rules = rules,
     .widths = {1, 0, 0}},
    {.name = "binary{K}p{P}uf",
     .example = "binary8p3uf",
     .summary = "P3109 float of K bits, unsigned, finite: one NaN, no inf",
     .source = p3109,
     .make_from = make_uf,
     .rules = rules,
     .widths = {1, 0, 0}},
};

}  // namespace

std::span<const CatalogueEntry> p3109_entries() { return p3109_list; }

}  // namespace roundoff::formats
