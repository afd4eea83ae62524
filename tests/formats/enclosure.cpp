// Enclosures hold the exact result: compared with correct rounding, in both directions, in a wide format.
#include "formats/functions/enclosure.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "formats/notation/text.hpp"

namespace {

using namespace roundoff::formats;

const Format below = parse_format("float(15,113):rdn"), above = parse_format("float(15,113):rup");

/// The real lies in [down, up], neighbours at 113 bits, and so must the enclosure meet it and be thin.
void check(const Enclosure& enclosure, const Value& down, const Value& up) {
  CAPTURE(hex(down));
  REQUIRE_FALSE(enclosure.indefinite());
  CHECK(compare(enclosure.low(), up) <= 0);
  CHECK(compare(enclosure.high(), down) >= 0);
  // Thin: at 240 bits both ends round to the same neighbours.
  CHECK(compare(enclosure.low(), down) >= 0);
  CHECK(compare(enclosure.high(), up) <= 0);
}

}  // namespace

TEST_CASE("enclosures hold the exact result of every operation and function, and are thin") {
  const std::vector<double> numbers = {1.0,  -1.0,  0.5,  3.0,   -2.75, 1.0 / 3,
                                       1e-9, -1e-9, 20.0, 7.125, -6.5,  0.001};
  const auto of = [](double x) { return Enclosure(Value::of(x), 240); };
  for (const double a : numbers) {
    for (const double b : numbers) {
      const Value x = Value::of(a), y = Value::of(b);
      CAPTURE(a);
      CAPTURE(b);
      if (a + b != 0) check(of(a) + of(b), add(x, y, below).value, add(x, y, above).value);
      if (a != b) check(of(a) - of(b), sub(x, y, below).value, sub(x, y, above).value);
      check(of(a) * of(b), mul(x, y, below).value, mul(x, y, above).value);
      check(of(a) / of(b), div(x, y, below).value, div(x, y, above).value);
    }
    for (int f = 0; f <= static_cast<int>(Function::step); ++f) {
      const auto function = static_cast<Function>(f);
      const bool positive_only =
          function == Function::sqrt || function == Function::rsqrt || function == Function::log;
      if (positive_only && a < 0) continue;
      CAPTURE(name(function));
      CAPTURE(a);
      const Value down = apply(function, Value::of(a), below).value,
                  up = apply(function, Value::of(a), above).value;
      if (down.is_zero() && up.is_zero()) {
        CHECK(apply(function, of(a)).is_zero());
        continue;
      }
      check(apply(function, of(a)), down, up);
    }
  }
}

TEST_CASE("an enclosure of what has no value is indefinite, and spreads") {
  const auto of = [](double x) { return Enclosure(Value::of(x), 100); };
  CHECK((of(1) / of(0)).indefinite());
  CHECK(apply(Function::sqrt, of(-1)).indefinite());
  CHECK(apply(Function::log, of(-1)).indefinite());
  CHECK(apply(Function::rsqrt, of(0)).indefinite());
  CHECK(Enclosure(Value::nan(), 100).indefinite());
  const Enclosure gap = Enclosure(Value::infinity(), 100) - Enclosure(Value::infinity(), 100);
  CHECK(gap.indefinite());
  CHECK((gap * of(0)).indefinite());
  CHECK(maximum(of(3), gap).indefinite());
  CHECK_FALSE(certainly_less(gap, of(1)));
  CHECK_FALSE(certainly_at_most(of(1), gap));
}

TEST_CASE("enclosures are compared for certain only") {
  const auto of = [](double x) { return Enclosure(Value::of(x), 60); };
  const Enclosure third = of(1) / of(3);
  CHECK(certainly_less(third, of(0.5)));
  CHECK_FALSE(certainly_less(third, third));
  CHECK_FALSE(certainly_at_most(third, third));  // two reals of one interval need not be equal
  CHECK(certainly_at_most(of(2), of(2)));
  CHECK(of(0.375).decimal() == "0.375");
  CHECK(third.decimal().starts_with("0.33333333333333"));
}
