// Every member of every small format under every function, every rounding and overflow, against the oracle.
#include <doctest/doctest.h>

#include "formats/notation/text.hpp"
#include "tests/formats/oracle.hpp"
#include "tests/formats/small_formats.hpp"

using namespace roundoff::formats;
using namespace roundoff::formats::small_formats;

namespace {

void check_functions(const std::vector<std::string>& notations) {
  int reported = 0;
  for (const std::string& text : notations) {
    const oracle::Values values(text);
    const std::vector<Format> all = variants(text);
    for (int f = 0; f <= static_cast<int>(Function::step); ++f) {
      const auto function = static_cast<Function>(f);
      for (const Value& x : values.members()) {
        const oracle::Question question = ask(values, function, x);
        for (const Format& format : all) {
          const oracle::Answer want = answer(question, values, format);
          std::optional<Rounded> got;
          try {
            got = apply(function, x, format);
          } catch (const Trap&) {
          }
          if (want.value ? got && got->value == *want.value && got->flags == want.flags : !got) continue;
          if (++reported > 50) FAIL("too many differences");
          FAIL_CHECK(name(function) << " " << hex(x) << " in " << notation(format) << ": "
                                    << (got ? hex(got->value) + " " + describe(got->flags) : "trap")
                                    << ", want "
                                    << (want.value ? hex(*want.value) + " " + describe(want.flags) : "trap"));
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("functions of small fixed-point numbers agree with the oracle") { check_functions(fixed_points); }
TEST_CASE("functions of small floats agree with the oracle") { check_functions(floats); }
TEST_CASE("functions of the OCP and fnuz formats agree with the oracle") {
  check_functions(machine_learning);
}
TEST_CASE("functions of the P3109 formats agree with the oracle") { check_functions(p3109); }
TEST_CASE("functions of listed formats agree with the oracle") { check_functions(lists); }
TEST_CASE("functions of the papers' small floats agree with the oracle") { check_functions(papers); }
TEST_CASE("functions of small posits agree with the oracle") { check_functions(posits); }
