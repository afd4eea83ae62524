// Notation, families and their growth: what is read, what is printed, and what is refused with which words.
#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/catalogue.hpp"
#include "formats/notation/family.hpp"
#include "formats/notation/text.hpp"
#include "tests/formats/small_formats.hpp"

using namespace roundoff::formats;

namespace {

std::string refusal(std::string_view text) {
  try {
    parse_format(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string at(std::string_view family, const Bindings& bindings) {
  return notation(FormatFamily(family).at(bindings));
}

}  // namespace

TEST_CASE("the notation of every catalogue format and variant reads back to an equal format") {
  for (const CatalogueEntry& entry : catalogue()) {
    CHECK_FALSE(entry.source.empty());
    CHECK_FALSE(entry.summary.empty());
    const Format base = parse_format(entry.example);
    CHECK(notation(base) == entry.example);
    for (const Format& format : small_formats::variants(std::string(entry.example))) {
      CHECK(parse_format(notation(format)) == format);
      CHECK(hash_value(parse_format(notation(format))) == hash_value(format));
    }
    const Format stochastic = parse_format(std::string(entry.example) + ":sr(18446744073709551615)");
    CHECK(parse_format(notation(stochastic)) == stochastic);
  }
}

TEST_CASE("every code of every format up to 16 bits decodes to a member that encodes to it") {
  for (const CatalogueEntry& entry : catalogue()) {
    const Format format = parse_format(entry.example);
    if (format.bits > 16 || format.encoding == Encoding::none) continue;
    for (u128 code = 0; code < u128{1} << format.bits; ++code) {
      Value value;
      try {
        value = decode(code, format);
      } catch (const UsageError&) {
        CHECK(format.layout == Layout::fixed);  // the lowest pattern of the symmetric range
        CHECK(code == u128{1} << (format.bits - 1));
        continue;
      }
      if (!value.is_infinite()) {  // which satfinite rounds to a number, though a code may say it
        const Rounded rounded = round(value, format);
        REQUIRE(rounded.value == value);
        REQUIRE(rounded.flags == 0);
      }
      const std::optional<u128> back = encode(value, format);
      REQUIRE(back);
      if (!value.is_nan()) REQUIRE(*back == code);
      REQUIRE(parse_number(code_text(code, format), format).value == value);
      if (value.is_finite()) REQUIRE(parse_number(hex(value), format).value == value);
    }
  }
}

TEST_CASE("defaults are those of semantics.md") {
  CHECK(parse_format("F(3,2)").rounding == Rounding::rnz);
  CHECK(parse_format("F(3,2)").overflow == Overflow::sat);
  CHECK(parse_format("fixed(3,2)").rounding == Rounding::rne);
  CHECK(parse_format("twos(3,2)").overflow == Overflow::sat);
  CHECK(parse_format("float(5,11)").overflow == Overflow::inf);
  CHECK(parse_format("e4m3").overflow == Overflow::satfinite);
  CHECK(parse_format("e5m2").overflow == Overflow::satfinite);
  CHECK(notation(parse_format(" fixed( 2*4 , 3-3 ) : sat : rne ")) == "fixed(8,0)");
  CHECK(notation(parse_format("F(0,2):rnz")) == "F(0,2)");
  CHECK(notation(parse_format("F(0,2):sat:rne")) == "F(0,2):rne");
  CHECK(parse_format("F(0,2)").bits == 5);
  CHECK(parse_format("float(19,113)").bits == 132);
}

TEST_CASE("a wrong notation points at the character and says the remedy") {
  CHECK(contains(refusal("fixd(8,0)"), "character 1: unknown format 'fixd'; did you mean 'fixed'?"));
  CHECK(contains(refusal("fixed(8)"), "character 8: expected ',' and another parameter: fixed(i,f)"));
  CHECK(contains(refusal("fixed(8,0"), "character 10: ')' is missing at the end"));
  CHECK(contains(refusal("fixed(8,0):rnn"), "character 12: unknown modifier 'rnn'; did you mean"));
  CHECK(contains(refusal("fixed(n,0)"), "character 7: the variable n has no value"));
  CHECK(contains(refusal("fixed(2n,0)"), "character 8: write a product with '*'"));
  CHECK(contains(refusal("fixed(m,0)"), "character 7: unknown name 'm'"));
  CHECK(contains(refusal("fixed(lg 8,0)"), "lg(n)"));
  CHECK(contains(refusal("fixed(1/0,0)"), "division by zero"));
  CHECK(contains(refusal("fixed(lg(0),0)"), "not positive"));
  CHECK(contains(refusal("fixed(120,1)"), "i+f is 121"));
  CHECK(contains(refusal("fixed(0,0)"), "i+f is 0"));
  CHECK(contains(refusal("float(1,5)"), "e is 1"));
  CHECK(contains(refusal("binary16:wrap"), "character 10: wrap goes with twos and ufixed only"));
  CHECK(contains(refusal("float(5,1):rod"), "character 12: rod needs two significand bits"));
  CHECK(contains(refusal("e2m1:inf"), "neither inf nor NaN"));
  CHECK(contains(refusal("fixed(8,0):sr"), "seed"));
  CHECK(contains(refusal("fixed(8,0):rne:rtz"), "a second rounding"));
  CHECK(contains(refusal("binary16(3)"), "takes no parameters"));
  CHECK(contains(refusal(std::string(200, '(')), "a format starts with a name"));
  CHECK(contains(refusal("fixed(" + std::string(200, '(')), "nested too deeply"));
  CHECK(contains(refusal(""), "a format starts with a name"));
}

TEST_CASE("families are evaluated exactly and rounded up") {
  Bindings b;
  b.n = 32, b.k = 10, b.p = 10, b.l = 7, b.N = 98;
  CHECK(at("fixed(2*lg(n)+2,0)", b) == "fixed(12,0)");
  CHECK(at("fixed(lg(n+1),0)", b) == "fixed(6,0)");
  CHECK(at("fixed(ceil(logp(k)),0)", b) == "fixed(1,0)");  // log_10 10
  CHECK(at("fixed(floor(lg(N)),max(l,3)-min(k,l))", b) == "fixed(6,0)");
  CHECK(at("fixed(lg(3)+lg(n)-lg(3),0)", b) == "fixed(5,0)");  // irrational parts cancel exactly
  CHECK(at("fixed(lg(27)/lg(9)*2,0)", b) == "fixed(3,0)");     // a rational ratio of logarithms
  CHECK(at("fixed(3*lg(k)/2,0)", b) == "fixed(5,0)");          // 4.98
  CHECK(at("fixed(1/3+1/3+1/3,0)", b) == "fixed(1,0)");
  CHECK(at("fixed(0.1*10,0)", b) == "fixed(1,0)");
  CHECK(at("fixed(lg(lg(65536)),0)", b) == "fixed(4,0)");
  for (std::int64_t p : {2, 3, 7, 10}) {  // ceil(logp(k)) at and beside every power: where doubles go wrong
    std::int64_t power = 1;
    for (int e = 0; e <= 18 && power < (std::int64_t{1} << 59) / p; ++e, power *= p) {
      Bindings x;
      x.p = p;
      x.k = power;
      CHECK(FormatFamily("fixed(1+ceil(logp(k)),0)").at(x).first == e + 1);
      x.k = power + 1;
      CHECK(FormatFamily("fixed(1+ceil(logp(k)),0)").at(x).first == e + 2);
      if (power > p) {
        x.k = power - 1;
        CHECK(FormatFamily("fixed(1+ceil(logp(k)),0)").at(x).first == e + 1);
      }
    }
  }
}

TEST_CASE("the growth of a family is decided") {
  auto growth = [](std::string_view text) { return FormatFamily(text).growth(); };
  for (const char* text :
       {"fixed(8,8)", "F(0,3)", "fixed(n-n+3,0)", "fixed(n/n,2)", "fixed((n+1)-n,2)", "fixed(min(n,8),0)",
        "binary16", "fixed(p+3,0)", "fixed(4+lg(n)/n,0)", "fixed(n,8-n)", "posit(8,2)"}) {
    CHECK_MESSAGE(growth(text) == Growth::constant, text);
  }
  for (const char* text : {"fixed(2*lg(n)+2,0)", "F(0,lg(N)+2)", "float(5,lg(n))", "fixed(logp(k),3)",
                           "fixed(lg(n*k),0)", "fixed(lg(n*n+k),0)", "fixed(lg(lg(n)),0)",
                           "fixed(ceil(3*lg(n)),0)", "fixed(max(3,lg(n)),2)", "fixed(lg(n)*n/n,2)"}) {
    CHECK_MESSAGE(growth(text) == Growth::logarithmic, text);
  }
  for (const char* text :
       {"fixed(n,0)", "fixed(lg(n)*lg(n),0)", "fixed(lg(n)*lg(k),0)", "fixed(l/4,0)", "float(5,max(n,3))"}) {
    CHECK_MESSAGE(growth(text) == Growth::beyond, text);
  }
  CHECK(FormatFamily("fixed(min(n,8),0)").uses_variables());
  CHECK_FALSE(FormatFamily("fixed(8,0)").uses_variables());
}

TEST_CASE("bit patterns are the published ones") {
  auto code = [](std::string_view value, std::string_view format) {
    const Format f = parse_format(format);
    return code_text(*encode(parse_exact(value), f), f);
  };
  CHECK(code("65504", "binary16") == "#x7bff");
  CHECK(code("-2", "binary32") == "#xc0000000");
  CHECK(code("0x1p-1074", "binary64") == "#x0000000000000001");
  CHECK(code("1", "binary128") == "#x3fff0000000000000000000000000000");
  CHECK(code("1", "bfloat16") == "#x3f80");
  CHECK(code("448", "e4m3") == "#x7e");
  CHECK(code("57344", "e5m2") == "#x7b");
  CHECK(code("240", "e4m3fnuz") == "#x7f");
  CHECK(code("1", "e5m2fnuz") == "#x40");
  CHECK(code("28", "e3m2") == "#x1f");
  CHECK(code("-6", "e2m1") == "#xf");
  CHECK(code("1", "e8m0") == "#x7f");
  for (char k = '1'; k <= '7'; ++k) CHECK(code("1", std::string("binary8p") + k) == "#x40");
  CHECK(code("1", "posit(16,2)") == "#x4000");
  CHECK(code("2", "posit(16,2)") == "#x4800");
  CHECK(code("-16", "posit(16,2)") == "#xa000");  // 16 is 0 110 00...
  CHECK(code("0x1p+24", "posit(8,2)") == "#x7f");
  CHECK(code("-1", "twos(3,4)") == "#xf0");
  CHECK(code("-1", "fixed(3,0)") == "#xf");
  CHECK(decode(0x80, parse_format("binary8p3")).is_nan());
  CHECK(decode(0xff, parse_format("binary8p3")) == Value::infinity(true));
  CHECK(decode(0x8000, parse_format("posit(16,2)")).is_nan());
  CHECK_FALSE(encode(Value::integer(1), parse_format("F(0,2)")));
}
