// The block-scale rules.
//
// MX (OCP MX 1.0, section 6.3): the scale is the largest power of two not above the largest magnitude of the
// block, divided by the largest power of two in the element format; then each element is number / scale
// rounded to nearest even, saturating. The scale is clamped to e8m0 (2^-127 to 2^127); a block of zeros takes
// 2^-127. A NaN or infinity makes the scale NaN, and with it the whole block. Since the scale's rule ignores
// the significand, the largest elements may saturate (e2m1: up to 7.99 becomes 6): that is the
// specification's rule, kept as it is.
//
// nvfp4 (NVIDIA Blackwell; TensorRT's fake quantisation without the per-tensor scale, which is a power of two
// or a binary32 factor that the caller applies): blocks of 16, scale = rne to e4m3 of (largest magnitude /
// 6), elements number / scale in e2m1, each division rounded once. A scale that rounds to 0 makes the block
// zero.
#include "formats/blocks/blocks.hpp"

#include <algorithm>
#include <string>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats {
namespace {

constexpr std::string_view mx_blocks = "OCP Microscaling Formats (MX) Specification 1.0, 2023, section 5";
constexpr std::string_view nvidia =
    "NVIDIA, Introducing NVFP4 for Efficient and Accurate Low-Precision Inference, 2025";

constexpr BlockFormat formats[] = {
    {"mxfp8_e4m3", "blocks of 32 e4m3 with a power-of-two scale", mx_blocks, "e4m3", "e8m0", 32, 0},
    {"mxfp8_e5m2", "blocks of 32 e5m2 with a power-of-two scale", mx_blocks, "e5m2", "e8m0", 32, 0},
    {"mxfp6_e3m2", "blocks of 32 e3m2 with a power-of-two scale", mx_blocks, "e3m2", "e8m0", 32, 0},
    {"mxfp6_e2m3", "blocks of 32 e2m3 with a power-of-two scale", mx_blocks, "e2m3", "e8m0", 32, 0},
    {"mxfp4", "blocks of 32 e2m1 with a power-of-two scale", mx_blocks, "e2m1", "e8m0", 32, 0},
    {"mxint8", "blocks of 32 int8 / 64 with a power-of-two scale", mx_blocks, "int8", "e8m0", 32, -6},
    {"nvfp4", "blocks of 16 e2m1 with an e4m3 scale", nvidia, "e2m1", "e4m3", 16, 0},
};

Value shifted(Value value, int exponent) {
  if (value.kind == Kind::finite) value.exponent += exponent;
  return value;
}

/// The largest magnitude, or NaN where the block has a NaN or an infinity.
Value largest_magnitude(std::span<const Value> block) {
  Value largest = Value::zero();
  for (Value number : block) {
    if (!number.is_finite()) return Value::nan();
    number.negative = false;
    largest = maximum(largest, number);
  }
  return largest;
}

Value power_of_two_scale(const Value& largest, const BlockFormat& format, const Format& scale, Draw draw) {
  if (largest.is_nan()) return largest;
  if (largest.is_zero()) return scale.lowest;
  const int top = leading_exponent(shifted(format.element().highest, format.element_shift));
  return round(Value::scaled(false, 1, leading_exponent(largest) - top), scale, draw).value;
}

}  // namespace

Format BlockFormat::element() const { return parse_format(element_notation); }
Format BlockFormat::scale() const { return parse_format(scale_notation); }
double BlockFormat::bits_per_number() const {
  return element().bits + static_cast<double>(scale().bits) / block;
}

std::span<const BlockFormat> block_formats() { return formats; }

const BlockFormat& parse_block_format(std::string_view name) {
  std::vector<std::string_view> known;
  for (const BlockFormat& format : formats) {
    if (format.name == name) return format;
    known.push_back(format.name);
  }
  throw UsageError("unknown block format '" + std::string(name) + "'" + did_you_mean(name, known));
}

Blocks quantise(std::span<const Value> numbers, const BlockFormat& format, std::uint64_t place) {
  const Format element = format.element(), scale_format = format.scale();
  const auto size = static_cast<std::size_t>(format.block);
  Blocks result;
  std::uint64_t index = 0;
  for (std::size_t start = 0; start < numbers.size(); start += size) {
    const std::span<const Value> block = numbers.subspan(start, std::min(size, numbers.size() - start));
    const Value largest = largest_magnitude(block);
    Value scale;
    if (scale_format.has_zero) {
      if (largest.is_nan())
        throw Trap(std::string(format.name) + ": a block holds inf or nan, and its scale cannot say so");
      const Rounded rounded = div(largest, element.highest, scale_format, {place, index++});
      scale = rounded.value;
      result.flags |= rounded.flags;
    } else {
      scale = power_of_two_scale(largest, format, scale_format, {place, index++});
    }
    result.scales.push_back(scale);
    for (const Value& number : block) {
      if (scale.is_nan() || scale.is_zero()) {
        if (scale.is_zero() && !number.is_zero()) result.flags |= flag_inexact | flag_underflow;
        result.elements.push_back(Value::zero(number.negative && element.has_negative_zero));
        continue;
      }
      const Rounded rounded = div(number, shifted(scale, format.element_shift), element, {place, index++});
      result.elements.push_back(rounded.value);
      result.flags |= rounded.flags;
    }
  }
  return result;
}

std::vector<Value> values(const Blocks& blocks, const BlockFormat& format) {
  std::vector<Value> result;
  result.reserve(blocks.elements.size());
  for (std::size_t i = 0; i < blocks.elements.size(); ++i) {
    const Value& scale = blocks.scales[i / static_cast<std::size_t>(format.block)];
    const Value& element = blocks.elements[i];
    if (scale.is_nan() || element.is_nan()) {
      result.push_back(Value::nan());
    } else if (scale.is_zero() || element.is_zero()) {
      result.push_back(Value::zero(element.negative));
    } else {  // at most 4 + 8 bits
      result.push_back(Value::scaled(element.negative, scale.significand * element.significand,
                                     std::int64_t{scale.exponent} + element.exponent + format.element_shift));
    }
  }
  return result;
}

}  // namespace roundoff::formats
