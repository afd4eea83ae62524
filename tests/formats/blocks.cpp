// Block formats: the rules of the specifications on hand-made blocks, properties over all of them, and llama.cpp's
// quantisers once more in the host's binary32.
#include "formats/blocks/blocks.hpp"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"

using namespace roundoff::formats;

namespace {

std::vector<Value> numbers(std::initializer_list<const char*> texts) {
  std::vector<Value> result;
  for (const char* text : texts) result.push_back(parse_exact(text));
  return result;
}

Blocks quantised(std::initializer_list<const char*> texts, std::string_view format) {
  return quantise(numbers(texts), parse_block_format(format));
}

Value scale_of(std::initializer_list<const char*> texts, std::string_view format) {
  return quantised(texts, format).blocks.at(0).scale;
}

std::vector<Value> random_numbers(std::size_t count, std::uint64_t seed) {
  std::vector<Value> x;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t r = random_bits(seed, i, 0);
    x.push_back(Value::scaled((r & 1) != 0, r >> 42, static_cast<int>(r >> 8 & 7) - 26));
  }
  return x;
}

}  // namespace

TEST_CASE("mxfp4: the scale is the largest power of two over the element's, and what is above the highest saturates") {
  const Blocks blocks = quantised({"7.5", "-1", "0.25", "0"}, "mxfp4");
  CHECK(blocks.blocks[0].scale == parse_exact("1"));  // 2^2 / 2^2
  CHECK(blocks.blocks[0].elements == numbers({"6", "-1", "0", "0"}));
  CHECK((blocks.flags & flag_saturated) != 0);
  CHECK(scale_of({"0x1p-200"}, "mxfp4") == parse_exact("0x1p-127"));
  CHECK(scale_of({"0", "-0"}, "mxfp4") == parse_exact("0x1p-127"));
  CHECK(quantise({}, parse_block_format("mxfp4")).blocks.empty());
  const std::vector<Value> bad = {Value::infinity(), Value::integer(1)};
  CHECK(quantise(bad, parse_block_format("mxfp4")).values()[1].is_nan());
}

TEST_CASE("the scale rules of MX: floor, ceil, rceil, even") {
  struct Row {
    const char *largest, *floor, *ceil, *rceil, *even;
  };
  // e2m1: largest 6 = 1.5 * 2^2; even goes up from 1.75 on
  for (const Row& row : {Row{"4", "1", "1", "1", "1"}, Row{"6", "1", "2", "1", "1"}, Row{"6.5", "1", "2", "2", "1"},
                         Row{"6.9999", "1", "2", "2", "1"}, Row{"7", "1", "2", "2", "2"},
                         Row{"7.99", "1", "2", "2", "2"}, Row{"8", "2", "2", "2", "2"}}) {
    const std::string x = row.largest;
    CAPTURE(x);
    const auto scale = [&](const char* name) {
      const Format exact = parse_format("binary64");
      const std::vector<Value> block = {parse_number(x, exact).value};
      return quantise(block, parse_block_format(name)).blocks[0].scale;
    };
    CHECK(scale("mxfp4") == parse_exact(row.floor));
    CHECK(scale("mxfp4:floor") == parse_exact(row.floor));
    CHECK(scale("mxfp4:ceil") == parse_exact(row.ceil));
    CHECK(scale("mxfp4:rceil") == parse_exact(row.rceil));
    CHECK(scale("mxfp4:even") == parse_exact(row.even));
  }
  CHECK_THROWS_AS(parse_block_format("mxfp4:round"), UsageError);
  CHECK_THROWS_AS(parse_block_format("nvfp4:ceil"), UsageError);
  CHECK_THROWS_AS(parse_block_format("mxfp4:symmetric"), UsageError);
}

TEST_CASE("mxint8 has elements of 1/64, and the lowest code unless it is told to be symmetric") {
  const Blocks blocks = quantised({"1.984375", "-2", "0.0078125"}, "mxint8");
  CHECK(blocks.blocks[0].scale == parse_exact("2"));
  CHECK(blocks.values() == numbers({"2", "-2", "0"}));  // 63.5 and 0.25 steps, ties to even
  CHECK(quantised({"-0x1.fffp+0"}, "mxint8").values() == numbers({"-2"}));
  CHECK(quantised({"-0x1.fffp+0"}, "mxint8:symmetric").values() == numbers({"-1.984375"}));
}

TEST_CASE("nvfp4: a scale of the vector in binary32, and of blocks in e4m3") {
  const Blocks blocks = quantised({"13", "-6.5", "1"}, "nvfp4");
  const Value tensor = parse_number("13/2688", parse_format("binary32")).value;
  CHECK(*blocks.tensor_scale == tensor);
  CHECK(blocks.blocks[0].scale == parse_exact("448"));  // 13 / 6 over the vector's scale
  CHECK(blocks.blocks[0].elements == numbers({"6", "-3", "0.5"}));
  const double unit = to_double(tensor) * 448;
  CHECK(to_double(blocks.values()[0]) == 6 * unit);
  CHECK(to_double(blocks.values()[2]) == 0.5 * unit);
  // what one level could not hold
  CHECK(std::abs(to_double(quantised({"0x1p-8"}, "nvfp4").values()[0]) - 0x1p-8) < 0x1p-30);
  CHECK(std::abs(to_double(quantised({"3000"}, "nvfp4").values()[0]) - 3000) < 0.001);
  QuantiseOptions one;
  one.tensor_scale = Value::integer(1);
  const Blocks given = quantise(numbers({"13", "-6.5", "1"}), parse_block_format("nvfp4"), one);
  CHECK(given.blocks[0].scale == parse_exact("2.25"));  // 2.1666 between 2 and 2.25
  CHECK(given.values() == numbers({"13.5", "-6.75", "1.125"}));
  CHECK(quantised({"0", "0"}, "nvfp4").values() == numbers({"0", "0"}));
  CHECK_THROWS_AS(quantise(std::vector<Value>{Value::nan()}, parse_block_format("nvfp4")), Trap);
}

TEST_CASE("integers in groups, symmetric and with zero point; nf4") {
  CHECK(quantised({"7", "-3.4375", "0.625"}, "int4/32").blocks[0].elements == numbers({"7", "-3", "1"}));
  const Blocks blocks = quantised({"-1", "0", "2", "0.3125"}, "uint2/4");  // steps of 1, zero point 1
  CHECK(blocks.blocks[0].scale == parse_exact("1"));
  CHECK(blocks.blocks[0].offset == parse_exact("-1"));
  CHECK(blocks.blocks[0].elements == numbers({"0", "1", "3", "1"}));
  CHECK(blocks.values() == numbers({"-1", "0", "2", "0"}));
  CHECK(quantised({"3", "3"}, "uint4/8").values() == numbers({"3", "3"}));  // the range always has 0 in it
  const Blocks normal = quantised({"-2", "2", "0.125"}, "nf4");
  CHECK(normal.blocks[0].scale == parse_exact("2"));
  CHECK(normal.values()[0] == parse_exact("-2"));
  CHECK(to_double(normal.values()[2]) == 2 * static_cast<double>(0.07958029955625534F));
}

TEST_CASE("quantised values quantise to themselves where the scale is found again, and keep signs and counts") {
  const std::vector<Value> x = random_numbers(512, 11);
  for (const BlockFormat& format : block_formats()) {
    CAPTURE(format.name);
    const Blocks once = quantise(x, format);
    const std::vector<Value> y = once.values();
    REQUIRE(y.size() == x.size());
    CHECK(once.blocks.size() == (x.size() + static_cast<std::size_t>(format.block) - 1) / static_cast<std::size_t>(format.block));
    // (not where an element may be -128, whose magnitude asks for the next scale)
    if (format.rule == BlockRule::power_of_two && format.element_notation != "int8")
      CHECK(quantise(y, format).values() == y);
    const bool has_offset = format.name == "q4_1" || format.name == "q4_K";
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!has_offset) REQUIRE((y[i].is_zero() || y[i].negative == x[i].negative));
      const Block& block = once.blocks[i / static_cast<std::size_t>(format.block)];
      // within a step: the elements are at most a quarter of the largest apart
      const double error = std::abs(to_double(y[i]) - to_double(x[i]));
      double largest = 0;
      for (std::size_t j = i - i % static_cast<std::size_t>(format.block); j < x.size() && j <= i + 64; ++j)
        largest = std::max(largest, std::abs(to_double(x[j])));
      REQUIRE(error <= largest / 2);
      REQUIRE(block.elements.size() == block.values.size());
    }
    CHECK(format.bits > 4);
    CHECK_FALSE(format.summary.empty());
    CHECK_FALSE(format.source.empty());
  }
}

TEST_CASE("an unknown block format is refused with a remedy") {
  CHECK_THROWS_WITH_AS(parse_block_format("mxpf4"), doctest::Contains("did you mean 'mxfp4'?"), UsageError);
  CHECK_THROWS_AS(parse_block_format("int1/32"), UsageError);
  CHECK_THROWS_AS(parse_block_format("int4"), UsageError);
  CHECK_THROWS_WITH_AS(quantise(random_numbers(100, 3), parse_block_format("q4_K")),
                       doctest::Contains("whole groups of 256"), UsageError);
}

// ---- llama.cpp's quantisers, in float ----

namespace {

float half(float x) {
  static const Format binary16 = parse_format("binary16");
  return static_cast<float>(to_double(round(Value::of(static_cast<double>(x)), binary16).value));
}
int to_nearest(float x) { return static_cast<int>(std::nearbyint(x)); }  // ties to even, the host's default

std::vector<float> simple(const std::vector<float>& x, int levels, bool offset, bool whole) {
  std::vector<float> y;
  for (std::size_t b = 0; b < x.size(); b += 32) {
    float low = x[b], high = x[b], top = 0;
    for (std::size_t i = b; i < b + 32; ++i) {
      low = std::min(low, x[i]);
      high = std::max(high, x[i]);
      if (std::fabs(top) < std::fabs(x[i])) top = x[i];
    }
    const float d = offset  ? (high - low) / static_cast<float>(levels - 1)
                    : whole ? std::fabs(top) / 127.0F
                            : top / static_cast<float>(-levels / 2);
    const float id = d != 0 ? 1.0F / d : 0.0F;
    for (std::size_t i = b; i < b + 32; ++i) {
      if (offset) {
        const int q = std::min(levels - 1, static_cast<int>((x[i] - low) * id + 0.5F));
        const float product = static_cast<float>(q) * half(d);
        y.push_back(product + half(low));
      } else if (whole) {
        y.push_back(std::round(x[i] * id) * half(d));
      } else {
        const int q = std::min(levels - 1, static_cast<int>(x[i] * id + (static_cast<float>(levels / 2) + 0.5F)));
        y.push_back(static_cast<float>(q - levels / 2) * half(d));
      }
    }
  }
  return y;
}

struct FloatFit {
  float scale = 0, low = 0;
  std::vector<int> l;
};

FloatFit searched(const float* x, int n) {  // scale and offset of 4-bit blocks
  std::vector<float> w;
  float squares = 0;
  for (int i = 0; i < n; ++i) squares += x[i] * x[i];
  const float mean = std::sqrt(squares / static_cast<float>(n));
  for (int i = 0; i < n; ++i) w.push_back(mean + std::fabs(x[i]));
  FloatFit fit;
  float high = x[0], sw = w[0], sx = w[0] * x[0];
  fit.low = x[0];
  for (int i = 1; i < n; ++i) {
    fit.low = std::min(fit.low, x[i]);
    high = std::max(high, x[i]);
    sw += w[static_cast<std::size_t>(i)];
    sx += w[static_cast<std::size_t>(i)] * x[i];
  }
  fit.low = std::min(fit.low, 0.0F);
  fit.l.assign(static_cast<std::size_t>(n), 0);
  if (high == fit.low) return fit;
  const auto levels = [&](float inverse) {
    std::vector<int> l;
    for (int i = 0; i < n; ++i) l.push_back(std::clamp(to_nearest(inverse * (x[i] - fit.low)), 0, 15));
    return l;
  };
  const auto error = [&](float scale, float low, const std::vector<int>& l) {
    float total = 0;
    for (std::size_t i = 0; i < l.size(); ++i) {
      float off = scale * static_cast<float>(l[i]);
      off = off + low;
      off = off - x[i];
      total += w[i] * (off * off);
    }
    return total;
  };
  const float inverse = 15.0F / (high - fit.low);
  fit.scale = 1.0F / inverse;
  fit.l = levels(inverse);
  float best = error(fit.scale, fit.low, fit.l);
  for (int step = 0; step <= 20; ++step) {
    float numerator = 0.1F * static_cast<float>(step);
    numerator = -1.0F + numerator;
    const std::vector<int> l = levels((numerator + 15.0F) / (high - fit.low));
    float sl = 0, sl2 = 0, sxl = 0;
    for (std::size_t i = 0; i < l.size(); ++i) {
      const float wl = w[i] * static_cast<float>(l[i]);
      sl += wl;
      sl2 += wl * static_cast<float>(l[i]);
      sxl += wl * x[i];
    }
    const float d = sw * sl2 - sl * sl;
    if (!(d > 0)) continue;
    float scale = (sw * sxl - sx * sl) / d, low = (sl2 * sx - sl * sxl) / d;
    if (low > 0) low = 0, scale = sxl / sl2;
    const float now = error(scale, low, l);
    if (now < best) best = now, fit = {scale, low, l};
  }
  return fit;
}

std::vector<float> q4_K(const std::vector<float>& x) {
  std::vector<float> y;
  for (std::size_t g = 0; g < x.size(); g += 256) {
    FloatFit fits[8];
    float scale = 0, offset = 0;
    for (int j = 0; j < 8; ++j) {
      fits[j] = searched(&x[g + static_cast<std::size_t>(32 * j)], 32);
      scale = std::max(scale, fits[j].scale);
      offset = std::max(offset, -fits[j].low);
    }
    const float is = scale > 0 ? 63.0F / scale : 0.0F, io = offset > 0 ? 63.0F / offset : 0.0F;
    const float d = half(scale / 63.0F), dmin = half(offset / 63.0F);
    for (int j = 0; j < 8; ++j) {
      const float dl = d * static_cast<float>(std::min(63, to_nearest(is * fits[j].scale)));
      const float ml = dmin * static_cast<float>(std::min(63, to_nearest(io * -fits[j].low)));
      for (int i = 0; i < 32; ++i) {
        int l = fits[j].l[static_cast<std::size_t>(i)];
        if (dl != 0) l = std::clamp(to_nearest((x[g + static_cast<std::size_t>(32 * j + i)] + ml) / dl), 0, 15);
        const float product = dl * static_cast<float>(l);
        y.push_back(product - ml);
      }
    }
  }
  return y;
}

float scale_of_16(const float* x) {
  float top = 0;
  for (int i = 0; i < 16; ++i)
    if (std::fabs(x[i]) > std::fabs(top)) top = x[i];
  if (std::fabs(top) < 1e-15F) return 0;
  float scale = 0, best = 0;
  for (int step = 0; step <= 18; ++step) {  // the plain scale first, then those beside it
    const int is = step == 0 ? 0 : step <= 9 ? step - 10 : step - 9;
    const float part = 0.1F * static_cast<float>(is);
    const float inverse = is == 0 ? -32.0F / top : -(32.0F + part) / top;
    float sx = 0, s2 = 0;
    for (int i = 0; i < 16; ++i) {
      const auto l = static_cast<float>(std::clamp(to_nearest(inverse * x[i]), -32, 31));
      const float w = x[i] * x[i];
      const float wx = w * x[i], wl = w * l;
      sx += wx * l;
      s2 += wl * l;
    }
    if (is == 0) {
      scale = s2 != 0 ? sx / s2 : 0.0F;
      best = scale * sx;
    } else if (s2 > 0 && sx * sx > best * s2) {
      scale = sx / s2;
      best = scale * sx;
    }
  }
  return scale;
}

std::vector<float> q6_K(const std::vector<float>& x) {
  std::vector<float> y;
  for (std::size_t g = 0; g < x.size(); g += 256) {
    float scales[16], top = 0;
    for (int j = 0; j < 16; ++j) {
      scales[j] = scale_of_16(&x[g + static_cast<std::size_t>(16 * j)]);
      if (std::fabs(scales[j]) > std::fabs(top)) top = scales[j];
    }
    const float inverse = std::fabs(top) < 1e-15F ? 0.0F : -128.0F / top;
    const float d = inverse == 0 ? 0.0F : half(1.0F / inverse);
    for (int j = 0; j < 16; ++j) {
      const float dl = d * static_cast<float>(std::min(127, to_nearest(inverse * scales[j])));
      for (int i = 0; i < 16; ++i) {
        const float number = x[g + static_cast<std::size_t>(16 * j + i)];
        y.push_back(dl == 0 ? 0.0F : dl * static_cast<float>(std::clamp(to_nearest(number / dl), -32, 31)));
      }
    }
  }
  return y;
}

}  // namespace

TEST_CASE("llama.cpp's block formats give the numbers of its reference code in binary32") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    std::vector<Value> x = random_numbers(512, seed);
    const Format binary32 = parse_format("binary32");
    std::vector<float> floats;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (seed == 2 && i < 300) x[i] = Value::zero();
      if (seed == 3) x[i].negative = false;
      if (seed == 4 && !x[i].is_zero()) x[i].negative = true;
      x[i] = round(x[i], binary32).value;
      floats.push_back(static_cast<float>(to_double(x[i])));
    }
    const auto compared = [&](const char* name, const std::vector<float>& want) {
      const std::vector<Value> got = quantise(x, parse_block_format(name)).values();
      REQUIRE(got.size() == want.size());
      for (std::size_t i = 0; i < want.size(); ++i)
        REQUIRE_MESSAGE(to_double(got[i]) == static_cast<double>(want[i]), name << " seed " << seed << " number " << i);
    };
    compared("q4_0", simple(floats, 16, false, false));
    compared("q5_0", simple(floats, 32, false, false));
    compared("q4_1", simple(floats, 16, true, false));
    compared("q8_0", simple(floats, 0, false, true));
    compared("q4_K", q4_K(floats));
    compared("q6_K", q6_K(floats));
  }
}
