// The catalogue of block formats, and the quantisers that are a rule for the scale and one division an element.
//
// MX (OCP MX 1.0, section 6.3): each element is number / scale, rounded to nearest even, saturating. The scale is
// clamped to e8m0 (2^-127 to 2^127); a block of zeros takes 2^-127. A NaN or infinity makes the scale NaN, and with it
// the whole block. Since the scale's rule `floor` ignores the significand, the largest elements may saturate (e2m1: up
// to 7.99 becomes 6): that is the specification's rule, kept as it is. ceil, even: as in torchao's scale calculation
// modes; rceil: NVIDIA's.
//
// nvfp4 (NVIDIA Blackwell): the vector's scale t = max / (448 * 6) in binary32, each block's scale (max of the block / 6)
// / t in e4m3, elements number / (t * block scale) in e2m1, each division of exact operands rounded once. A scale that
// rounds to 0 makes the block zero.
//
// intB/G, e4m3/G, e5m2/G, nf4: scale = max / largest element in the receiver's format (not intB: binary32), element = number / scale, value =
// rnd(element * scale) in the receiver's format. uintB/G: scale = (max - min) / (2^B - 1) of a range that has 0 in it, zero point = rnd(-min /
// scale), element = rnd(number / scale) + zero point cut to 0 ... 2^B - 1, value = rnd((element - zero point) * scale).
#include "formats/blocks/blocks.hpp"

#include <algorithm>
#include <charconv>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats {
namespace {

constexpr const char* mx_blocks = "OCP Microscaling Formats (MX) Specification 1.0, 2023, section 5";
constexpr const char* nvidia =
    "NVIDIA, Introducing NVFP4 for Efficient and Accurate Low-Precision Inference, 2025";
constexpr const char* llama = "llama.cpp, ggml-quants.c (the reference quantisers)";

BlockFormat microscaled(const char* name, const char* element, int shift = 0) {
  BlockFormat format;
  format.name = name;
  format.summary =
      std::string("blocks of 32 ") + element + (shift != 0 ? " / 64" : "") + " with a power-of-two scale";
  format.source = mx_blocks;
  format.rule = BlockRule::power_of_two;
  format.element_notation = element;
  format.scale_notation = "e8m0";
  format.element_shift = shift;
  format.bits = format.element().bits + 8.0 / format.block;
  return format;
}

BlockFormat of_llama(const char* name, const char* summary, const char* element, int block, int group,
                     double bits) {
  BlockFormat format;
  format.name = name;
  format.summary = summary;
  format.source = llama;
  format.rule = BlockRule::llama;
  format.element_notation = element;
  format.scale_notation = "binary16";
  format.block = block;
  format.group = group;
  format.bits = bits;
  return format;
}

std::vector<BlockFormat> make_catalogue() {
  BlockFormat nvfp4;
  nvfp4.name = "nvfp4";
  nvfp4.summary = "blocks of 16 e2m1 with an e4m3 scale, and a binary32 scale for all of them";
  nvfp4.source = nvidia;
  nvfp4.rule = BlockRule::two_levels;
  nvfp4.element_notation = "e2m1";
  nvfp4.scale_notation = "e4m3";
  nvfp4.block = 16;
  nvfp4.bits = 4.5;
  BlockFormat nf4;
  nf4.name = "nf4";
  nf4.summary = "blocks of 64 NormalFloats with the largest magnitude as scale";
  nf4.source = "Dettmers et al. 2023 (arXiv:2305.14314); bitsandbytes";
  nf4.rule = BlockRule::largest;
  nf4.element_notation = "nf4";
  nf4.scale_notation = "binary32";
  nf4.block = 64;
  nf4.bits = 4.5;
  return {
      microscaled("mxfp8_e4m3", "e4m3"),
      microscaled("mxfp8_e5m2", "e5m2"),
      microscaled("mxfp6_e3m2", "e3m2"),
      microscaled("mxfp6_e2m3", "e2m3"),
      microscaled("mxfp4", "e2m1"),
      microscaled("mxint8", "int8", -6),
      nvfp4,
      nf4,
      of_llama("q4_0", "blocks of 32 integers of 4 bits, scale of the number largest in magnitude", "int4",
               32, 0, 4.5),
      of_llama("q4_1", "blocks of 32 integers of 4 bits, scale and least number", "ufixed(4,0)", 32, 0, 5),
      of_llama("q5_0", "blocks of 32 integers of 5 bits, scale of the number largest in magnitude",
               "twos(4,0)", 32, 0, 5.5),
      of_llama("q8_0", "blocks of 32 integers of 8 bits, scale of the largest magnitude", "int8", 32, 0, 8.5),
      of_llama("q4_K", "groups of 8 blocks of 32 integers of 4 bits, 6-bit scales and offsets", "ufixed(4,0)",
               32, 256, 4.5),
      of_llama("q6_K", "groups of 16 blocks of 16 integers of 6 bits, 8-bit scales", "twos(5,0)", 16, 256,
               6.5625),
  };
}

/// "int4/32" and "uint4/32", or nothing.
std::optional<BlockFormat> integers(std::string_view name) {
  const bool zero_point = name.starts_with("uint");
  const std::size_t start = zero_point ? 4 : 3, slash = name.find('/');
  if (!(zero_point || name.starts_with("int")) || slash == std::string_view::npos) return std::nullopt;
  const auto whole = [](std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : 0;
  };
  const int bits = whole(name.substr(start, slash - start)), block = whole(name.substr(slash + 1));
  if (bits < (zero_point ? 1 : 2) || bits > 16 || block < 1 || block > 1 << 20) return std::nullopt;
  BlockFormat format;
  format.name = name;
  format.rule = zero_point ? BlockRule::zero_point : BlockRule::largest;
  format.summary = "blocks of " + std::to_string(block) + " integers of " + std::to_string(bits) +
                   (zero_point ? " bits, scale and zero point" : " bits, symmetric, one scale");
  format.source = "round to nearest, one scale a block";
  format.element_notation =
      zero_point ? "ufixed(" + std::to_string(bits) + ",0)" : "fixed(" + std::to_string(bits - 1) + ",0)";
  format.block = block;
  format.bits = bits;
  return format;
}

/// "e4m3/128" or "e5m2/128", or nothing.
std::optional<BlockFormat> small_floats(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash != 4 || (!name.starts_with("e4m3") && !name.starts_with("e5m2"))) return std::nullopt;
  int block = 0;
  const auto [end, error] = std::from_chars(name.data() + slash + 1, name.data() + name.size(), block);
  if (error != std::errc{} || end != name.data() + name.size() || block < 1 || block > 1 << 20) return std::nullopt;
  BlockFormat format;
  format.name = name;
  format.rule = BlockRule::largest;
  format.summary = "blocks of " + std::to_string(block) + " numbers of " + std::string(name.substr(0, slash)) + ", one scale";
  format.source = "round to nearest, scale = largest magnitude / largest element, as fp8 inference scales";
  format.element_notation = name.substr(0, slash);
  format.scale_notation = "binary32";
  format.block = block;
  format.bits = 8;
  return format;
}

Value shifted(Value value, int exponent) {
  if (value.kind == Kind::finite) value.exponent += exponent;
  return value;
}

Value magnitude(Value value) {
  value.negative = false;
  return value;
}

/// The largest magnitude, or NaN where there is a NaN or an infinity.
Value largest_magnitude(std::span<const Value> numbers) {
  Value largest = Value::zero();
  for (const Value& number : numbers) {
    if (!number.is_finite()) return Value::nan();
    largest = maximum(largest, magnitude(number));
  }
  return largest;
}

Value exact_product(const Value& a, const Value& b, int shift) {
  if (a.is_zero() || b.is_zero()) return Value::zero(a.negative != b.negative);
  return Value::scaled(a.negative != b.negative, a.significand * b.significand,
                       std::int64_t{a.exponent} + b.exponent + shift);
}

/// One vector on its way: the flags of its roundings, and their count.
class Quantising {
 public:
  Quantising(const BlockFormat& format, const QuantiseOptions& options)
      : format_(format), options_(options), element_(format.element()), scale_(format.scale(options.own)) {
    if (format.symmetric) element_.lowest = negated(element_.highest);
  }

  Blocks run(std::span<const Value> numbers) {
    if (format_.rule == BlockRule::two_levels) result_.tensor_scale = tensor_scale(numbers);
    const auto size = static_cast<std::size_t>(format_.block);
    for (std::size_t start = 0; start < numbers.size(); start += size) {
      const auto block = numbers.subspan(start, std::min(size, numbers.size() - start));
      const Value largest = largest_magnitude(block);
      if (largest.is_nan() && format_.rule != BlockRule::power_of_two)
        throw Trap(format_.name + ": a block holds inf or nan, and its scale cannot say so");
      result_.blocks.push_back(format_.rule == BlockRule::zero_point ? with_zero_point(block)
                                                                     : with_scale(block, largest));
    }
    return std::move(result_);
  }

 private:
  Draw next() { return {options_.place, index_++}; }
  Value take(const Rounded& rounded) {
    result_.flags |= rounded.flags;
    return rounded.value;
  }

  Value tensor_scale(std::span<const Value> numbers) {
    if (options_.tensor_scale) {
      if (!options_.tensor_scale->is_finite() || options_.tensor_scale->is_zero() ||
          options_.tensor_scale->negative)
        throw UsageError(format_.name + ": the scale of the whole vector is a positive number");
      return *options_.tensor_scale;
    }
    static const Format binary32 = parse_format("binary32");
    const Value largest = largest_magnitude(numbers);
    if (largest.is_nan())
      throw Trap(format_.name + ": the vector holds inf or nan, and its scale cannot say so");
    return take(div(largest, exact_product(scale_.highest, element_.highest, 0), binary32, next()));
  }

  Value scale_of(const Value& largest) {
    switch (format_.rule) {
      case BlockRule::power_of_two:
        if (largest.is_nan()) return largest;
        return largest.is_zero() ? scale_.lowest : power_of_two_scale(largest, format_);
      case BlockRule::two_levels:
        if (result_.tensor_scale->is_zero()) return Value::zero();
        return take(div(largest, exact_product(element_.highest, *result_.tensor_scale, 0), scale_, next()));
      default:
        return take(div(largest, element_.highest, scale_, next()));
    }
  }

  Block with_scale(std::span<const Value> numbers, const Value& largest) {
    Block block;
    block.scale = scale_of(largest);
    // What an element is divided by, and multiplied with.
    Value factor = shifted(block.scale, format_.element_shift);
    if (result_.tensor_scale && block.scale.is_finite())
      factor = exact_product(block.scale, *result_.tensor_scale, 0);
    for (const Value& number : numbers) {
      if (!factor.is_finite() || factor.is_zero()) {
        if (factor.is_zero() && !number.is_zero()) result_.flags |= flag_inexact | flag_underflow;
        block.elements.push_back(Value::zero(number.negative && element_.has_negative_zero));
        block.values.push_back(
            block.scale.is_nan() ? Value::nan() : Value::zero(number.negative && element_.has_negative_zero));
        continue;
      }
      const Value element = take(div(number, factor, element_, next()));
      block.elements.push_back(element);
      block.values.push_back(format_.rule == BlockRule::largest ? take(mul(element, factor, options_.own, next()))
                             : element.is_nan()                 ? element
                                                                : exact_product(element, factor, 0));
    }
    return block;
  }

  Block with_zero_point(std::span<const Value> numbers) {
    Value low = Value::zero(), high = Value::zero();
    for (const Value& number : numbers) {
      if (compare(number, low) < 0) low = number;
      if (compare(number, high) > 0) high = number;
    }
    Block block;
    static const Format wide = parse_format("float(19,113)"), integer = parse_format("fixed(100,0)");
    const Value span = take(sub(high, low, wide));
    block.scale = take(div(span, element_.highest, scale_, next()));
    const bool empty = block.scale.is_zero() || !block.scale.is_finite();
    const Value zero_point = empty ? Value::zero() : take(div(negated(low), block.scale, element_, next()));
    block.offset = negated(take(mul(zero_point, block.scale, wide)));
    for (const Value& number : numbers) {
      const Value steps = empty ? Value::zero() : take(div(number, block.scale, integer, next()));
      const Value element = take(add(steps, zero_point, element_, next()));
      block.elements.push_back(element);
      block.values.push_back(
          empty ? Value::zero()
                : take(mul(take(sub(element, zero_point, integer)), block.scale, scale_, next())));
    }
    return block;
  }

  const BlockFormat& format_;
  const QuantiseOptions& options_;
  Format element_, scale_;
  Blocks result_;
  std::uint64_t index_ = 0;
};

}  // namespace

Format BlockFormat::element() const { return parse_format(element_notation); }
Format BlockFormat::scale(const Format& own) const {
  return scale_notation.empty() ? own : parse_format(scale_notation);
}

QuantiseOptions::QuantiseOptions() : own(parse_format("binary32")) {}

std::vector<Value> Blocks::values() const {
  std::vector<Value> all;
  for (const Block& block : blocks) all.insert(all.end(), block.values.begin(), block.values.end());
  return all;
}

std::span<const BlockFormat> block_formats() {
  static const std::vector<BlockFormat> all = make_catalogue();
  return all;
}

BlockFormat parse_block_format(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  const std::string_view option =
      name.size() == text.size() ? std::string_view{} : text.substr(name.size() + 1);
  std::optional<BlockFormat> found = integers(name);
  if (!found) found = small_floats(name);
  std::vector<std::string_view> known = {"int4/32", "int8/32", "uint4/32"};
  for (const BlockFormat& format : block_formats()) {
    if (format.name == name) found = format;
    known.push_back(format.name);
  }
  if (!found) {
    throw UsageError("unknown quantiser '" + std::string(name) + "'" + did_you_mean(name, known) +
                     "; a block format, or intB/G: B bits, G numbers a scale (uintB/G: with zero point)");
  }
  if (name.size() == text.size()) return *found;
  constexpr std::string_view rules[] = {"floor", "ceil", "rceil", "even"};
  const auto* rule = std::find(std::begin(rules), std::end(rules), option);
  if (found->rule == BlockRule::power_of_two && rule != std::end(rules)) {
    found->scale_rule = static_cast<ScaleRule>(rule - std::begin(rules));
    if (found->scale_rule != ScaleRule::floor) found->name = text;
  } else if (found->element_notation == "int8" && found->rule == BlockRule::power_of_two &&
             option == "symmetric") {
    found->symmetric = true;
    found->name = text;
  } else {
    throw UsageError("'" + std::string(text) + "': " + std::string(name) + " has no option '" +
                     std::string(option) +
                     "'; MX formats have the scale rules floor, ceil, rceil and even, mxint8 symmetric");
  }
  return *found;
}

Value power_of_two_scale(const Value& largest, const BlockFormat& format) {
  const Format element = format.element(), scale = format.scale({});
  const Value highest = shifted(element.highest, format.element_shift);
  int exponent = leading_exponent(largest) - leading_exponent(highest);
  switch (format.scale_rule) {
    case ScaleRule::floor:
      break;
    case ScaleRule::ceil:
      if (largest.significand != 1) ++exponent;
      break;
    case ScaleRule::rceil: {
      Format up = scale;
      up.rounding = Rounding::rup;
      return div(largest, highest, up).value;
    }
    case ScaleRule::even:  // rounds up to the next power of two from 2 - half a unit on
      if (const int bits = element.precision + 1;
          bit_width(largest.significand) >= bits &&
          largest.significand >> (bit_width(largest.significand) - bits) == (u128{1} << bits) - 1)
        ++exponent;
      break;
  }
  return round(Value::scaled(false, 1, exponent), scale).value;
}

Blocks quantise(std::span<const Value> numbers, const BlockFormat& format, const QuantiseOptions& options) {
  if (format.rule == BlockRule::llama) return quantise_llama(numbers, format);
  return Quantising(format, options).run(numbers);
}

}  // namespace roundoff::formats
