// IEEE 754 style binary floating point: e exponent bits, p significand bits with the hidden one, bias
// 2^(e-1)-1 or a chosen one. Source: IEEE Std 754-2019, section 3.4; bfloat16: Google; tf32: NVIDIA A100
// whitepaper.
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

constexpr std::string_view ieee = "IEEE Std 754-2019, 3.4";

constexpr CatalogueEntry ieee_list[] = {
    {.name = "float(e,p[,b])",
     .example = "float(4,4)",
     .summary = "IEEE style float, e exponent bits, p significand bits with the hidden one, bias b",
     .source = ieee,
     .make_from = make_float},
    {.name = "binary16",
     .example = "binary16",
     .summary = "half precision, float(5,11)",
     .source = ieee,
     .definition = "float(5,11)",
     .aliases = "fp16 half float16 f16"},
    {.name = "binary32",
     .example = "binary32",
     .summary = "single precision, float(8,24)",
     .source = ieee,
     .definition = "float(8,24)",
     .aliases = "fp32 float32 single float f32"},
    {.name = "binary64",
     .example = "binary64",
     .summary = "double precision, float(11,53)",
     .source = ieee,
     .definition = "float(11,53)",
     .aliases = "fp64 float64 double f64"},
    {.name = "binary128",
     .example = "binary128",
     .summary = "quadruple precision, float(15,113)",
     .source = ieee,
     .definition = "float(15,113)",
     .aliases = "fp128 float128 quad quadruple"},
    {.name = "bfloat16",
     .example = "bfloat16",
     .summary = "brain float, float(8,8)",
     .source = "Google, bfloat16 (Cloud TPU documentation), 2018",
     .definition = "float(8,8)",
     .aliases = "bf16 bfloat"},
    {.name = "tf32",
     .example = "tf32",
     .summary = "TensorFloat-32, float(8,11)",
     .source = "NVIDIA A100 Tensor Core GPU Architecture, 2020",
     .definition = "float(8,11)",
     .aliases = "tensorfloat32"},
};

}  // namespace

std::span<const CatalogueEntry> ieee_entries() { return ieee_list; }

Format make_float(Parameters e_p_b) {
  Format format;
  format.layout = Layout::floating;
  format.encoding = Encoding::ieee;
  format.first = in_range("e", e_p_b[0], 2, 19);
  format.second = in_range("p", e_p_b[1], 1, 113);
  const int standard = (1 << (format.first - 1)) - 1;
  const int bias = e_p_b.size() > 2 ? in_range("b", e_p_b[2], -most_bias, most_bias) : standard;
  format.chosen_bias = bias != standard;
  format.bits = format.first + format.second;
  format.precision = format.second;
  format.quantum = 1 - bias - (format.precision - 1);
  format.highest = all_ones(false, format.precision, (1 << format.first) - 2 - bias - (format.precision - 1));
  format.lowest = negated(format.highest);
  format.has_negative_zero = format.has_infinity = format.has_nan = true;
  format.overflow = Overflow::inf;
  return format;
}

}  // namespace roundoff::formats
