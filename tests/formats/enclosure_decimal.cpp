// The decimal text of an enclosure against MPFR's own printf, over all magnitudes and both forms, with and without exponent.
#include <array>

#include <doctest/doctest.h>
#include <mpfr.h>

#include "formats/functions/enclosure.hpp"
#include "formats/notation/text.hpp"
#include "formats/value.hpp"

using namespace roundoff::formats;

namespace {

std::string by_mpfr(const Enclosure& enclosure) {
  mpfr_t low, high;
  mpfr_inits2(61, low, high, static_cast<mpfr_ptr>(nullptr));
  mpfr_set_str(low, hex(enclosure.low()).c_str(), 0, MPFR_RNDN);
  mpfr_set_str(high, hex(enclosure.high()).c_str(), 0, MPFR_RNDN);
  mpfr_add(low, low, high, MPFR_RNDN);
  mpfr_div_2ui(low, low, 1, MPFR_RNDN);
  std::array<char, 64> text{};
  mpfr_snprintf(text.data(), text.size(), "%.16Rg", low);
  mpfr_clears(low, high, static_cast<mpfr_ptr>(nullptr));
  return text.data();
}

}  // namespace

TEST_CASE("an enclosure's decimal is what MPFR prints of its middle") {
  const Enclosure three(Value::integer(3), 60), ten(Value::integer(10), 60), seven(Value::integer(-7), 60);
  Enclosure small = ten / three, large = ten / three, negative = seven / three;
  for (int i = 0; i < 40; ++i) {
    for (const Enclosure& each : {small, large, negative, large / negative}) {
      CAPTURE(i);
      CHECK(each.decimal() == by_mpfr(each));
    }
    small = small / ten;
    large = large * ten;
    negative = negative * seven;
  }
}
