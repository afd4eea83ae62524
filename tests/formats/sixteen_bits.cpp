// All 2^16 operands of every function in binary16 and bfloat16, every rounding, against the oracle: with
// ROUNDOFF_LONG=1. Otherwise the special patterns, every binade's ends, and a seeded draw of the rest.
#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "tests/formats/oracle.hpp"
#include "tests/formats/small_formats.hpp"

using namespace roundoff::formats;

namespace {

void check(const std::string& text, const std::string& parameters, Function first, Function last) {
  const oracle::Values values(parameters);
  const Format base = parse_format(text);
  std::vector<Format> formats;
  for (const Format& format : small_formats::variants(text)) {
    if (format.overflow == base.overflow) formats.push_back(format);
  }
  int reported = 0;
  for (std::uint64_t code = 0; code < 1 << 16; ++code) {
    const std::uint64_t trailing = code & ((1U << (base.precision - 1)) - 1);
    const bool edge = trailing <= 1 || trailing == (1U << (base.precision - 1)) - 1;
    const std::uint64_t rarity = edge ? 1 : 16;
    if (!small_formats::long_run() && code % 32768 > 3 && random_bits(3, code, 0) % rarity != 0) continue;
    const Value x = decode(code, base);
    for (int f = static_cast<int>(first); f <= static_cast<int>(last); ++f) {
      const auto function = static_cast<Function>(f);
      const oracle::Question question = ask(values, function, x);
      for (const Format& format : formats) {
        const oracle::Answer want = answer(question, values, format);
        const Rounded got = apply(function, x, format);
        if (got.value == *want.value && got.flags == want.flags) continue;
        if (++reported > 20) FAIL("too many differences");
        FAIL_CHECK(name(function) << " " << hex(x) << " in " << notation(format) << ": " << hex(got.value)
                                  << " " << describe(got.flags) << ", want " << hex(*want.value) << " "
                                  << describe(want.flags));
      }
    }
  }
}

}  // namespace

TEST_CASE("algebraic functions, exp, log, erf and tanh of binary16 agree with the oracle") {
  check("binary16", "float(5,11)", Function::sqrt, Function::tanh);
}
TEST_CASE("activations, sin and cos of binary16 agree with the oracle") {
  check("binary16", "float(5,11)", Function::gelu, Function::cos);
}
TEST_CASE("algebraic functions, exp, log, erf and tanh of bfloat16 agree with the oracle") {
  check("bfloat16", "float(8,8)", Function::sqrt, Function::tanh);
}
TEST_CASE("activations, sin and cos of bfloat16 agree with the oracle") {
  check("bfloat16", "float(8,8)", Function::gelu, Function::cos);
}
