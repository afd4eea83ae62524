// The rules of the standards, by their own words: tables of codes by a second path, saturation modes, stochastic
// rounding by N bits, names and modifiers.
#include <cmath>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "formats/rounding/exact.hpp"
#include "tests/formats/oracle.hpp"

using namespace roundoff::formats;

namespace {

std::string rounded(std::string_view x, std::string_view format) {
  const Rounded r = parse_number(x, parse_format(format));
  return hex(r.value) + " " + describe(r.flags);
}

double decoded(unsigned code, std::string_view format) { return to_double(decode(code, parse_format(format))); }

std::string refusal(std::string_view text) {
  try {
    parse_format(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every code of every P3109 format of at most 10 bits is what the report's decoding gives") {
  int formats = 0;
  for (int k = 3; k <= 10; ++k) {
    for (const bool is_signed : {true, false}) {
      for (int p = 1; p < k + (is_signed ? 0 : 1); ++p) {
        for (const bool extended : {true, false}) {
          const std::string name = "binary" + std::to_string(k) + "p" + std::to_string(p) + (is_signed ? "s" : "u") +
                                   (extended ? "e" : "f");
          const Format format = parse_format(name);
          ++formats;
          const int bias = 1 << (is_signed ? k - p - 1 : k - p);
          const int half = 1 << (k - 1), all = 1 << k;
          for (int code = 0; code < all; ++code) {
            double want = 0;
            const int x = is_signed && code > half ? code - half : code;
            const int t = x % (1 << (p - 1)), e = x / (1 << (p - 1));
            if (code == (is_signed ? half : all - 1))
              want = std::nan("");
            else if (extended && x == (is_signed ? half - 1 : all - 2))
              want = HUGE_VAL;
            else if (e == 0)
              want = std::ldexp(t, 1 - p + 1 - bias);
            else
              want = std::ldexp(1 + std::ldexp(t, 1 - p), e - bias);
            if (is_signed && code > half) want = -want;
            const Value value = decode(static_cast<u128>(code), format);
            if (std::isnan(want)) {
              REQUIRE(value.is_nan());
            } else {
              REQUIRE_MESSAGE(value == Value::of(want), name << " " << code);
            }
            REQUIRE(encode(value, format) == static_cast<u128>(code));
          }
        }
      }
    }
  }
  CHECK(formats == 2 * (2 + 3 + 4 + 5 + 6 + 7 + 8 + 9) + 2 * (3 + 4 + 5 + 6 + 7 + 8 + 9 + 10));
}

TEST_CASE("P3109: ties with one bit, poles, to odd, saturation") {
  CHECK(rounded("6", "binary8p1") == "0x1p+2 inexact");    // codes 0x42 (4) and 0x43 (8)
  CHECK(rounded("3", "binary8p1") == "0x1p+2 inexact");    // codes 0x41 (2) and 0x42 (4)
  CHECK(rounded("-1.5", "binary8p1") == "-0x1p+0 inexact");
  CHECK(rounded("1e30", "binary8p3:rod") == "inf inexact,overflow");
  CHECK(code_text(*encode(parse_number("1e30", parse_format("binary8p3:rod")).value, parse_format("binary8p3")),
                  parse_format("binary8p3")) == "#x7f");
  const Format half = parse_format("binary8p3");
  const Value one = Value::integer(1), zero = Value::zero();
  CHECK(div(one, zero, half).value.is_nan());
  CHECK(div(Value::infinity(), zero, half).value.is_nan());
  CHECK(apply(Function::reciprocal, zero, half).value.is_nan());
  CHECK(apply(Function::rsqrt, zero, half).value.is_nan());
  CHECK(apply(Function::log, zero, half).value == Value::infinity(true));
  CHECK(apply(Function::log, zero, parse_format("binary8p3:sat")).value == Value::infinity(true));
  CHECK(apply(Function::log, zero, parse_format("binary8p3:satfinite")).value == half.lowest);
  CHECK(apply(Function::log, zero, parse_format("binary8p3sf")).value == parse_format("binary8p3sf").lowest);
  CHECK(rounded("inf", "binary8p3:sat") == "inf -");
  CHECK(rounded("inf", "binary8p3:satfinite") == hex(half.highest) + " inexact,overflow,saturated");
  CHECK(rounded("-1", "binary8p3ue") == "nan inexact,overflow");
  CHECK(rounded("-1", "binary8p3ue:rtz") == "0x0p+0 inexact,overflow,saturated");
  CHECK(rounded("-1", "binary8p3ue:sat") == "0x0p+0 inexact,overflow,saturated");
  CHECK(rounded("1e30", "binary8p3uf") == hex(parse_format("binary8p3uf").highest) + " inexact,overflow,saturated");
  CHECK(notation(parse_format("binary8p3se")) == "binary8p3");
  CHECK(refusal("binary2p1").find("K is 2") != std::string::npos);
  CHECK(refusal("binary8p8").find("P is 8") != std::string::npos);
  CHECK(parse_format("binary8p8ue").precision == 8);
  CHECK(parse_format("binary16p11").highest == Value::scaled(false, 2046, 5));  // code 0x7ffe; IEEE's binary16 ends at 65504
}

TEST_CASE("stochastic rounding by N bits: P3109's variants A, B, C") {
  using Rational = boost::multiprecision::number<boost::multiprecision::cpp_rational_backend,
                                                 boost::multiprecision::et_off>;
  for (const int bits : {1, 3, 8, 62}) {
    for (const char variant : {'a', 'b', 'c'}) {
      const Format format =
          parse_format(std::string("fixed(4,0):sr") + variant + "(9," + std::to_string(bits) + ")");
      CHECK(notation(format) == std::string("fixed(4,0):sr") + variant + "(9," + std::to_string(bits) + ")");
      for (int sixteenths = 1; sixteenths < 64; ++sixteenths) {
        for (std::uint64_t index = 0; index < 40; ++index) {
          const Rational nu(sixteenths, 64);
          const Integer r = random_bits(9, 5, index) >> (64 - bits), full = Integer(1) << static_cast<unsigned>(bits);
          const auto whole = [](const Rational& x) { return Integer(numerator(x) / denominator(x)); };
          bool away = false;
          if (variant == 'a') {
            away = whole(nu * full) + r >= full;
          } else if (variant == 'b') {
            away = whole(nu * full * 2) + 2 * r + 1 >= 2 * full;
          } else {
            Integer nearest = whole(nu * full);
            const Rational rest = nu * full - nearest;
            if (rest > Rational(1, 2) || (rest == Rational(1, 2) && nearest % 2 != 0)) nearest += 1;
            away = nearest + r >= full;
          }
          const Value x = Value::scaled(false, static_cast<unsigned>(2 * 64 + sixteenths), -6);
          REQUIRE(round(x, format, {5, index}).value == Value::integer(away ? 3 : 2));
          REQUIRE(round(negated(x), format, {5, index}).value == Value::integer(away ? -3 : -2));
        }
      }
    }
  }
  CHECK_FALSE(refusal("binary8p3:sra(1)").empty());
  CHECK_FALSE(refusal("binary8p3:srb(1,0)").empty());
  CHECK_FALSE(refusal("binary8p3:src(1,63)").empty());
}

TEST_CASE("OCP: an infinity saturates, and zero and negative numbers are no scales") {
  CHECK(rounded("inf", "e5m2") == "0x1.cp+15 inexact,overflow,saturated");  // 57344
  CHECK(rounded("-inf", "e5m2") == "-0x1.cp+15 inexact,overflow,saturated");
  CHECK(rounded("inf", "e5m2:sat") == "inf -");
  CHECK(rounded("inf", "e5m2:inf") == "inf -");
  CHECK(rounded("1e9", "e5m2:sat") == "0x1.cp+15 inexact,overflow,saturated");
  CHECK(rounded("inf", "e4m3") == "0x1.cp+8 inexact,overflow,saturated");
  CHECK(rounded("inf", "binary32:satfinite") == "0x1.fffffep+127 inexact,overflow,saturated");
}

TEST_CASE("posits: NaR where the standard says so, and no underflow") {
  const Format posit = parse_format("posit16");
  CHECK(notation(posit) == "posit(16,2)");
  const Value zero = Value::zero();
  CHECK(div(Value::integer(1), zero, posit).value.is_nan());
  CHECK(div(Value::integer(-1), zero, posit).value.is_nan());
  for (const Function f : {Function::reciprocal, Function::rsqrt, Function::log})
    CHECK(apply(f, zero, posit).value.is_nan());
  CHECK(parse_number("inf", posit).value.is_nan());
  CHECK(parse_number("1e-300", posit).value == Value::scaled(false, 1, -56));
  CHECK(parse_number("-1e300", posit).value == posit.lowest);
  CHECK_FALSE(refusal("posit8:inf").empty());
  CHECK_FALSE(refusal("posit8:satfinite").empty());
}

TEST_CASE("small floats of any bias: values of ml_dtypes' formats") {
  CHECK(decoded(0x7f, "e4m3b11fnuz") == 30);
  CHECK(decoded(0x01, "e4m3b11fnuz") == std::ldexp(1, -13));
  CHECK(std::isnan(decoded(0x80, "e4m3b11fnuz")));
  CHECK(decoded(0x58, "e4m3b11fnuz") == 1);
  CHECK(decoded(7, "e3m0") == 16);
  CHECK(decoded(1, "e3m0") == 0.25);
  CHECK(decoded(15, "e3m0") == -16);
  CHECK(decoded(0x7e, "float_fn(4,4)") == 448);
  CHECK(decoded(0x7f, "float_fnuz(4,4)") == 240);
  CHECK(decoded(0x38, "float(4,4,7)") == 1);
  CHECK(decoded(0x38, "float(4,4,8)") == 0.5);
  CHECK(notation(parse_format("float(4,4,7)")) == "float(4,4)");
  CHECK(notation(parse_format("float(4,4,-3):rtz")) == "float(4,4,-3):rtz");
  CHECK(notation(parse_format("float_fnuz(4,4,8)")) == "float_fnuz(4,4)");
  for (const char* text : {"float(3,4,0)", "float_fn(3,4,9)", "float_fnuz(2,3,-2)", "float_finite(3,2,40)"}) {
    const Format format = parse_format(text);
    CHECK(parse_format(notation(format)) == format);
    for (u128 code = 0; code < u128{1} << format.bits; ++code) {
      const Value value = decode(code, format);
      if (!value.is_nan()) REQUIRE(*encode(value, format) == code);
      REQUIRE(round(value, format).value == value);
    }
  }
}

TEST_CASE("flush to zero, denormals are zero, and tininess after rounding") {
  CHECK(rounded("0x1p-126", "binary32:ftz") == "0x1p-126 -");
  CHECK(rounded("0x1p-127", "binary32:ftz") == "0x0p+0 inexact,underflow");
  CHECK(rounded("-0x1p-149", "binary32:ftz") == "-0x0p+0 inexact,underflow");
  const Value small = Value::scaled(false, 1, -130), one = Value::integer(1);
  CHECK(mul(small, Value::scaled(false, 1, 30), parse_format("binary32")).value == Value::scaled(false, 1, -100));
  CHECK(mul(small, Value::scaled(false, 1, 30), parse_format("binary32:daz")).value == Value::zero());
  CHECK(mul(small, one, parse_format("binary32:ftz")).value == Value::zero());
  CHECK(mul(Value::scaled(false, 1, -126), Value::scaled(false, 1, -1), parse_format("binary32:daz")).value ==
        Value::scaled(false, 1, -127));
  CHECK(div(one, small, parse_format("binary32:daz")).value == Value::infinity());
  CHECK(apply(Function::sqrt, small, parse_format("binary32:daz:ftz")).value == Value::zero());
  CHECK(notation(parse_format("binary32:daz:ftz:rtz")) == "binary32:rtz:ftz:daz");
  // just below the smallest normal number, and rounded to it
  CHECK(rounded("0x1.ffffffp-127", "binary32") == "0x1p-126 inexact,underflow");
  CHECK(rounded("0x1.ffffffp-127", "binary32:tininess_after") == "0x1p-126 inexact");
  CHECK(rounded("0x1.fffffep-127", "binary32:tininess_after") == "0x1p-126 inexact,underflow");
  CHECK(rounded("0x1.ffffffp-127", "binary32:tininess_after:ftz") == "0x1p-126 inexact");
  CHECK(rounded("0x1.ffffffp-127", "binary32:ftz") == "0x0p+0 inexact,underflow");
  for (const char* text : {"fixed(3,3):ftz", "posit8:daz", "e8m0:ftz", "F(2,2):tininess_after", "binary32:ftz:ftz"})
    CHECK_MESSAGE(!refusal(text).empty(), text);
}

TEST_CASE("tininess after rounding, on every pair of a small format, is that of one more exponent bit") {
  const Format format = parse_format("float(3,3):tininess_after"), before = parse_format("float(3,3)"),
               flushed = parse_format("float(3,3):ftz"), after = parse_format("float(3,3):ftz:tininess_after"),
               wide = parse_format("float(6,3)");
  const Value normal = Value::scaled(false, 1, before.quantum + before.precision - 1);
  const auto is_small = [&](Value v) {
    v.negative = false;
    return v.is_finite() && !v.is_zero() && compare(v, normal) < 0;
  };
  int both = 0;
  for (u128 a = 0; a < 64; ++a) {
    for (u128 b = 0; b < 64; ++b) {
      const Value x = decode(a, before), y = decode(b, before);
      for (const auto operation : {add, mul, div}) {
        const Rounded exact = operation(x, y, before, {}), r = operation(x, y, format, {}),
                      w = operation(x, y, wide, {}), f = operation(x, y, flushed, {}), g = operation(x, y, after, {});
        REQUIRE(r.value == exact.value);
        const bool inexact = (exact.flags & flag_inexact) != 0;
        REQUIRE(((r.flags & flag_underflow) != 0) == (inexact && is_small(w.value)));
        if ((r.flags ^ exact.flags) != 0) ++both;
        // toward zero in the wide format the exact result does not cross the border: tiny before rounding
        Format down = wide;
        down.rounding = Rounding::rtz;
        const bool tiny = is_small(operation(x, y, down, {}).value);
        REQUIRE(f.value == (tiny ? Value::zero(exact.value.negative) : exact.value));
        REQUIRE(g.value == (is_small(w.value) ? Value::zero(exact.value.negative) : exact.value));
      }
    }
  }
  CHECK(both > 0);
}

TEST_CASE("names that people use stand for formats of the same values") {
  const std::pair<const char*, const char*> names[] = {{"fp16", "binary16"},
                                                       {"half", "binary16"},
                                                       {"Float16", "binary16"},
                                                       {"bf16", "bfloat16"},
                                                       {"BF16", "bfloat16"},
                                                       {"fp32", "binary32"},
                                                       {"float32", "binary32"},
                                                       {"single", "binary32"},
                                                       {"float", "binary32"},
                                                       {"FP64", "binary64"},
                                                       {"float64", "binary64"},
                                                       {"double", "binary64"},
                                                       {"fp128", "binary128"},
                                                       {"fp8_e4m3", "e4m3"},
                                                       {"float8_e4m3fn", "e4m3"},
                                                       {"float8_e4m3", "e4m3"},
                                                       {"fp8_e5m2", "e5m2"},
                                                       {"float8_e5m2", "e5m2"},
                                                       {"float8_e4m3fnuz", "e4m3fnuz"},
                                                       {"float8_e5m2fnuz", "e5m2fnuz"},
                                                       {"float8_e4m3b11fnuz", "e4m3b11fnuz"},
                                                       {"float4_e2m1fn", "e2m1"},
                                                       {"fp4", "e2m1"},
                                                       {"float8_e8m0fnu", "e8m0"},
                                                       {"uint8", "ufixed(8,0)"},
                                                       {"uint1", "ufixed(1,0)"},
                                                       {"int8", "int8"},
                                                       {"int5", "twos(4,0)"},
                                                       {"int32", "twos(31,0)"},
                                                       {"Q8.8", "twos(7,8)"},
                                                       {"q1.15", "twos(0,15)"},
                                                       {"posit8", "posit(8,2)"},
                                                       {"posit32", "posit(32,2)"},
                                                       {"E4M3", "e4m3"},
                                                       {"NF4", "nf4"}};
  for (const auto& [name, canonical] : names) CHECK_MESSAGE(notation(parse_format(name)) == canonical, name);
  CHECK(notation(parse_format("fp16:rtz")) == "binary16:rtz");
  CHECK(notation(parse_format("Q8.8:wrap")) == "twos(7,8):wrap");
  CHECK(refusal("int999").find("int999") != std::string::npos);
}

TEST_CASE("a suggestion keeps the digits of what was written") {
  for (const char* text : {"float17", "bfloat17", "int8_t", "uint", "binary15", "e9m9", "float8"}) {
    const std::string said = refusal(text);
    const std::size_t at = said.find("did you mean '");
    CHECK_FALSE(said.empty());
    if (at == std::string::npos) continue;
    std::string digits, meant;
    for (const char c : std::string(text))
      if (c >= '0' && c <= '9') digits += c;
    for (const char c : said.substr(at + 14, said.find('\'', at + 14) - at - 14))
      if (c >= '0' && c <= '9') meant += c;
    CHECK_MESSAGE(digits == meant, said);
  }
  CHECK(refusal("flaot16").find("did you mean 'float16'") != std::string::npos);
  CHECK(refusal("fixd(8,0)").find("did you mean 'fixed'") != std::string::npos);
}

TEST_CASE("nf4 is the table of bitsandbytes, coded in the order of its values") {
  const Format format = parse_format("nf4");
  CHECK(decode(0, format) == Value::integer(-1));
  CHECK(decode(7, format) == Value::zero());
  CHECK(decode(15, format) == Value::integer(1));
  CHECK(decode(8, format) == Value::of(static_cast<double>(0.07958029955625534F)));
  CHECK(rounded("0.04", "nf4") == hex(decode(8, format)) + " inexact");
  CHECK(rounded("0.039", "nf4") == "0x0p+0 inexact,underflow");
  CHECK(rounded("-7", "nf4") == "-0x1p+0 inexact,overflow,saturated");
}
