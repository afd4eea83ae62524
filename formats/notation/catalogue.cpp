// The registry of formats.
#include "formats/notation/catalogue.hpp"

#include <algorithm>
#include <array>

#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

constexpr std::string_view ieee = "IEEE Std 754-2019, 3.4";
constexpr std::string_view ofp8 = "OCP 8-bit Floating Point Specification (OFP8) 1.0, 2023";
constexpr std::string_view noune = "Noune et al. 2022 (arXiv:2206.02915)";
constexpr std::string_view mx_formats = "OCP Microscaling Formats (MX) Specification 1.0, 2023";
constexpr std::string_view p3109 = "IEEE P3109 Interim Report 3, signed extended";

constexpr CatalogueEntry entries[] = {
    {"fixed(i,f)", "fixed(8,8)", "S * 2^-f, |S| <= 2^(i+f)-1: symmetric fixed point",
     "two's complement without its lowest value", make_fixed},
    {"twos(i,f)", "twos(3,4)", "S * 2^-f, -2^(i+f) <= S <= 2^(i+f)-1: two's complement", "two's complement",
     make_twos},
    {"ufixed(i,f)", "ufixed(4,4)", "S * 2^-f, 0 <= S <= 2^(i+f)-1: unsigned fixed point", "binary numbers",
     make_ufixed},
    {"float(e,p)", "float(4,4)", "IEEE style float, e exponent bits, p significand bits with the hidden one",
     ieee, make_float},
    {"F(e,s)", "F(0,2)", "S * 2^(E-s), |S| <= 2^(2s)-1, E of e bits: the papers' float",
     "Li, Liu, Zhou, Ma 2024 (arXiv:2402.12875), definition 3.2", make_papers},
    {"binary16", "binary16", "half precision, float(5,11)", ieee, make_binary16},
    {"binary32", "binary32", "single precision, float(8,24)", ieee, make_binary32},
    {"binary64", "binary64", "double precision, float(11,53)", ieee, make_binary64},
    {"binary128", "binary128", "quadruple precision, float(15,113)", ieee, make_binary128},
    {"bfloat16", "bfloat16", "brain float, float(8,8)", "Google, bfloat16 (Cloud TPU documentation), 2018",
     make_bfloat16},
    {"tf32", "tf32", "TensorFloat-32, float(8,11)", "NVIDIA A100 Tensor Core GPU Architecture, 2020",
     make_tf32},
    {"e4m3", "e4m3", "8-bit float, 4 exponent bits, no inf, highest 448", ofp8, make_e4m3},
    {"e5m2", "e5m2", "8-bit float, 5 exponent bits, IEEE-like, highest 57344", ofp8, make_e5m2},
    {"e4m3fnuz", "e4m3fnuz", "8-bit float, 4 exponent bits, no inf, no -0, highest 240", noune,
     make_e4m3fnuz},
    {"e5m2fnuz", "e5m2fnuz", "8-bit float, 5 exponent bits, no inf, no -0, highest 57344", noune,
     make_e5m2fnuz},
    {"e3m2", "e3m2", "6-bit float, 3 exponent bits, numbers only, highest 28", mx_formats, make_e3m2},
    {"e2m3", "e2m3", "6-bit float, 2 exponent bits, numbers only, highest 7.5", mx_formats, make_e2m3},
    {"e2m1", "e2m1", "4-bit float, 2 exponent bits, numbers only, highest 6", mx_formats, make_e2m1},
    {"e8m0", "e8m0", "8-bit power of two, 2^-127 to 2^127, the scale of MX blocks", mx_formats, make_e8m0},
    {"binary8p1", "binary8p1", "8-bit float, 1 significand bit, one NaN, inf, no -0", p3109, make_binary8p1},
    {"binary8p2", "binary8p2", "8-bit float, 2 significand bits, one NaN, inf, no -0", p3109, make_binary8p2},
    {"binary8p3", "binary8p3", "8-bit float, 3 significand bits, one NaN, inf, no -0", p3109, make_binary8p3},
    {"binary8p4", "binary8p4", "8-bit float, 4 significand bits, one NaN, inf, no -0", p3109, make_binary8p4},
    {"binary8p5", "binary8p5", "8-bit float, 5 significand bits, one NaN, inf, no -0", p3109, make_binary8p5},
    {"binary8p6", "binary8p6", "8-bit float, 6 significand bits, one NaN, inf, no -0", p3109, make_binary8p6},
    {"binary8p7", "binary8p7", "8-bit float, 7 significand bits, one NaN, inf, no -0", p3109, make_binary8p7},
    {"posit(n,es)", "posit(8,2)", "tapered float of n bits, es exponent bits, NaR",
     "Standard for Posit Arithmetic, 2022", make_posit},
    {"int8", "int8", "8-bit integer, twos(7,0)", "two's complement", make_int8},
    {"int4", "int4", "4-bit integer, twos(3,0)", "two's complement", make_int4},
};

}  // namespace

int CatalogueEntry::parameter_count() const {
  if (name.find('(') == std::string_view::npos) return 0;
  return 1 + static_cast<int>(std::count(name.begin(), name.end(), ','));
}

std::span<const CatalogueEntry> catalogue() { return entries; }

const CatalogueEntry* find_entry(std::string_view word) {
  for (const CatalogueEntry& entry : entries) {
    if (entry.word() == word) return &entry;
  }
  return nullptr;
}

}  // namespace roundoff::formats
