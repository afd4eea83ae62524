// The corner rules of semantics.md, one by one, and numbers as text.
#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"

using namespace roundoff::formats;

namespace {

Value number(std::string_view text) { return parse_exact(text); }
std::string shown(const Rounded& r) { return hex(r.value) + " " + describe(r.flags); }
std::string rounded(std::string_view x, std::string_view format) {
  return shown(parse_number(x, parse_format(format)));
}

}  // namespace

TEST_CASE("rne with one significand bit takes the larger of two odd neighbours") {
  CHECK(rounded("3", "float(4,1)") == "0x1p+2 inexact");
  CHECK(rounded("1.5", "float(4,1)") == "0x1p+1 inexact");
}

TEST_CASE("ties: to even, away, and toward zero as in the papers") {
  CHECK(rounded("2.5", "fixed(4,0)") == "0x1p+1 inexact");
  CHECK(rounded("2.5", "fixed(4,0):rna") == "0x1.8p+1 inexact");
  CHECK(rounded("3.5", "fixed(4,0):rnz") == "0x1.8p+1 inexact");
  const Value x = number("0.5"), y = number("1.5");  // ADD works in fixed(1,1), and not in F(0,1)
  CHECK(shown(mul(x, y, parse_format("fixed(1,1)"))) == "0x1p+0 inexact");
  CHECK(shown(mul(x, y, parse_format("F(0,1)"))) == "0x1p-1 inexact");
}

TEST_CASE("overflow: sat, inf, wrap, trap, and rod's largest magnitude") {
  CHECK(rounded("300", "int8") == "0x1.fcp+6 inexact,overflow,saturated");
  CHECK(rounded("-300", "int8:wrap") == "-0x1.6p+5 inexact,overflow");
  CHECK(rounded("300", "fixed(7,0):inf") == "inf inexact,overflow");
  CHECK(rounded("1e9", "e4m3:inf") == "nan inexact,overflow");
  CHECK(rounded("1e9", "binary16:rod") == "0x1.ffcp+15 inexact,overflow");
  CHECK(rounded("1e9", "binary16:rdn") == "0x1.ffcp+15 inexact,overflow");
  CHECK(rounded("-1e9", "binary16:rdn") == "-inf inexact,overflow");
  CHECK_THROWS_AS(rounded("300", "int8:trap"), Trap);
  try {
    mul(number("100"), number("100"), parse_format("int8:trap"));
    FAIL("no trap");
  } catch (const Trap& trap) {
    CHECK(std::string(trap.what()) ==
          "mul 0x1.9p+6 0x1.9p+6: overflow above the range in int8:trap: the range is -128 to 127");
  }
}

TEST_CASE("infinities are members of fixed formats under inf, and inf - inf traps") {
  const Format format = parse_format("fixed(3,0):inf");
  const Value inf = Value::infinity();
  CHECK(add(inf, number("1"), format).value == inf);
  CHECK(div(number("-1"), Value::zero(), format).value == Value::infinity(true));
  CHECK_THROWS_AS(sub(inf, inf, format), Trap);
  CHECK_THROWS_AS(mul(inf, Value::zero(), format), Trap);
}

TEST_CASE("division by zero and undefined results") {
  const Value one = number("1"), minus = number("-1"), zero = Value::zero(), minus_zero = Value::zero(true);
  const Format half = parse_format("binary16"), sat = parse_format("binary16:sat"),
               fixed = parse_format("fixed(3,0)");
  CHECK(shown(div(one, minus_zero, half)) == "-inf divzero");
  CHECK(shown(div(minus, minus_zero, sat)) == "0x1.ffcp+15 divzero,saturated");
  CHECK(shown(div(minus, zero, fixed)) == "-0x1.cp+2 divzero,saturated");
  CHECK(shown(div(zero, zero, half)) == "nan invalid");
  CHECK_THROWS_AS(div(zero, zero, fixed), Trap);
  CHECK_THROWS_AS(div(one, zero, parse_format("twos(3,0):wrap")), Trap);
}

TEST_CASE("signs of zero") {
  const Value zero = Value::zero(), minus_zero = Value::zero(true), one = number("1");
  const Format half = parse_format("binary16"), down = parse_format("binary16:rdn");
  CHECK(add(one, number("-1"), half).value == zero);
  CHECK(add(one, number("-1"), down).value == minus_zero);
  CHECK(add(minus_zero, minus_zero, half).value == minus_zero);
  CHECK(add(minus_zero, zero, half).value == zero);
  CHECK(sub(zero, zero, down).value == minus_zero);
  CHECK(apply(Function::relu, minus_zero, half).value == zero);
  CHECK(apply(Function::sqrt, minus_zero, half).value == minus_zero);
  CHECK(compare(zero, minus_zero) == 0);
  CHECK(maximum(minus_zero, zero) == minus_zero);
  CHECK_THROWS_AS(maximum(Value::nan(), one), Trap);
  CHECK(add(minus_zero, minus_zero, parse_format("fixed(3,0)")).value == zero);
}

TEST_CASE("tiny and huge arguments are decided, in every mode") {
  // GELU of the smallest bfloat16: x/2 is a tie that the x^2 term breaks
  CHECK(apply(Function::gelu, number("0x1p-133"), parse_format("bfloat16")).value == number("0x1p-133"));
  CHECK(apply(Function::gelu, number("-0x1p-133"), parse_format("bfloat16")).value == Value::zero(true));
  CHECK(apply(Function::silu, number("0x3p-133"), parse_format("bfloat16")).value == number("0x1p-132"));
  CHECK(apply(Function::exp, number("0x1p-262000"), parse_format("float(19,113):rup")).value ==
        number("0x1.0000000000000000000000000001p+0"));
  CHECK(apply(Function::exp, number("-0x1p-262000"), parse_format("float(19,113):rup")).value == number("1"));
  CHECK(apply(Function::exp, number("-0x1p+262000"), parse_format("binary64:rup")).value ==
        number("0x1p-1074"));
  CHECK(apply(Function::tanh, number("0x1p-262000"), parse_format("float(19,11):rtz")).value ==
        number("0x1.ffcp-262001"));
  CHECK(apply(Function::tanh, number("0x1p+262000"), parse_format("float(19,11):rdn")).value ==
        number("0x1.ffcp-1"));
  CHECK(apply(Function::erf, number("0x1p-262000"), parse_format("float(19,2)")).value ==
        number("0x1p-262000"));
  CHECK(apply(Function::cos, number("0x1p-262000"), parse_format("binary32:rtz")).value ==
        number("0x1.fffffep-1"));
  CHECK(apply(Function::sigmoid, number("0x1p+262000"), parse_format("binary64:rtz")).value ==
        number("0x1.fffffffffffffp-1"));
  CHECK(apply(Function::gelu, number("-0x1p+262000"), parse_format("binary64:rdn")).value ==
        number("-0x1p-1074"));
  CHECK(apply(Function::exp, number("-3"), parse_format("fixed(8,0):rup")).value == number("1"));
}

TEST_CASE("exp under wrap keeps the low bits of the integer") {
  // floor(e^50) = 5184705528587072464087
  const Rounded wrapped = apply(Function::exp, number("50"), parse_format("ufixed(64,0):rdn:wrap"));
  CHECK(wrapped.value == number("1170443874688459991"));  // modulo 2^64
  CHECK_THROWS_AS(apply(Function::exp, number("100000"), parse_format("ufixed(8,0):wrap")), Trap);
}

TEST_CASE("e8m0 refuses zero and negative numbers, and rounds small ones to its lowest member") {
  for (const char* text : {"0", "-0", "-3", "-inf"}) CHECK_THROWS_AS(rounded(text, "e8m0"), Trap);
  CHECK(rounded("inf", "e8m0") == "0x1p+127 inexact,overflow,saturated");
  CHECK(rounded("inf", "e8m0:inf") == "nan inexact,overflow");
  CHECK(rounded("0x1p-140", "e8m0:rtz") == "0x1p-127 inexact,underflow");
  CHECK(rounded("3", "e8m0") == "0x1p+2 inexact");
}

TEST_CASE("random bits are Philox4x32-10, by the published known answers") {
  // Random123's kat_vectors: counter and key all zeros, all ones, and digits of pi
  CHECK(random_bits(0, 0, 0) == 0xe169c58d6627e8d5U);
  CHECK(random_bits(~0ULL, ~0ULL, ~0ULL) == 0x41c83b0e408f276dU);
  CHECK(random_bits(0x299f31d0a4093822U, 0x85a308d3243f6a88U, 0x0370734413198a2eU) == 0x94fdcceb'd16cfe09U);
}

TEST_CASE("stochastic rounding is unbiased, and a function of seed, place and index") {
  const Format format = parse_format("fixed(4,0):sr(3)");
  const Value x = number("0x1.4p+0");  // 1.25
  int ups = 0;
  constexpr int draws = 40000;
  for (int i = 0; i < draws; ++i)
    ups += round(x, format, {9, static_cast<std::uint64_t>(i)}).value == number("2") ? 1 : 0;
  CHECK(ups > draws / 4 - 500);  // about 5.8 standard deviations
  CHECK(ups < draws / 4 + 500);
  CHECK(round(x, format, {1, 2}).value == round(x, format, {1, 2}).value);
}

TEST_CASE("numbers are read exactly and rounded once") {
  CHECK(rounded("1/3", "binary16") == "0x1.554p-2 inexact");
  CHECK(rounded("1e-3", "binary64") == "0x1.0624dd2f1a9fcp-10 inexact");
  CHECK(rounded("0.1", "binary64") == hex(Value::of(0.1)) + " inexact");
  CHECK(rounded("123456789012345678901234567890e-40", "binary64") ==
        hex(Value::of(123456789012345678901234567890e-40)) + " inexact");
  CHECK(rounded("65519.999999999999999999999", "binary16") == "0x1.ffcp+15 inexact");
  CHECK(rounded("65520", "binary16") == "inf inexact,overflow");
  CHECK(rounded("-0", "binary16") == "-0x0p+0 -");
  CHECK(rounded("0x.8p1", "binary16") == "0x1p+0 -");
  CHECK(rounded("#x3c01", "binary16") == "0x1.004p+0 -");
  CHECK(rounded("1e999999999999", "binary16") == "inf inexact,overflow");
  CHECK(rounded("-1e-999999999999", "binary16") == "-0x0p+0 inexact,underflow");
  CHECK(rounded("0e999999999", "binary16") == "0x0p+0 -");
  for (const char* bad : {"", "-", "1e", "0x", "1/0", "1//2", "abc", "1.2.3", "0x1p", "#x", "#xg", "#x12345",
                          " 1", "1e5/3", "--1"}) {
    CHECK_THROWS_AS_MESSAGE(rounded(bad, "binary16"), UsageError, bad);
  }
  CHECK_THROWS_AS(rounded("#x80", "fixed(7,0)"), UsageError);
  CHECK(number("3/8") == number("0.375"));
  CHECK_THROWS_AS(number("1/3"), UsageError);
  CHECK_THROWS_AS(number("0.1"), UsageError);
}

TEST_CASE("decimal is short, and exact where it fits") {
  CHECK(decimal(number("0.375")) == "0.375");
  CHECK(decimal(number("-448")) == "-448");
  CHECK(decimal(Value::of(0.1)) == "0.1");
  CHECK(decimal(Value::of(1e300)) == "1e300");
  CHECK(decimal(Value::of(2.0 / 3)) == "0.666667");
  CHECK(decimal(Value::of(999999.9)) == "1000000");
  CHECK(decimal(number("0x1p-1074")) == "4.94066e-324");
  CHECK(decimal(Value::zero(true)) == "-0");
  for (double x : {1.0, 3.5e-310, 1.7e308, 0.1, 6.02e23}) CHECK(to_double(Value::of(x)) == x);
}
