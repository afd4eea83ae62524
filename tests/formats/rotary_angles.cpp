// Cosines and sines of rotary angles: exact cases, symmetries, and the functions of radians and of the host.
#include "formats/functions/rotary_angles.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/format.hpp"

using namespace roundoff::formats;

TEST_CASE("a turn's quarters, thirds and sixths are exact, and positions a period apart have the same bits") {
  const Format binary32 = parse_format("binary32"), binary64 = parse_format("binary64");
  const auto whole = [](int n) { return Value::integer(n); };
  const Value half = Value::scaled(false, 1, -1);
  for (int turns = -2; turns <= 2; ++turns) {
    CHECK(cosine({whole(12 * turns), whole(12)}, binary32).value == whole(1));
    CHECK(cosine({whole(12 * turns + 2), whole(12)}, binary32).value == half);
    CHECK(cosine({whole(12 * turns + 4), whole(12)}, binary32).value == negated(half));
    CHECK(cosine({whole(12 * turns + 3), whole(12)}, binary32).value == Value::zero());
    CHECK(sine({whole(12 * turns + 1), whole(12)}, binary32).value == half);
    CHECK(sine({whole(12 * turns + 9), whole(12)}, binary32).value == whole(-1));
  }
  for (int p = 0; p < 40; ++p) {
    CHECK(cosine({whole(p), whole(19)}, binary64).value ==
          cosine({whole(p + 19), whole(19)}, binary64).value);
    const double angle = 2 * 3.14159265358979323846 * p / 19;
    CHECK(to_double(cosine({whole(p), whole(19)}, binary64).value) ==
          doctest::Approx(std::cos(angle)).epsilon(1e-12));
    CHECK(to_double(sine({whole(p), whole(19)}, binary64).value) ==
          doctest::Approx(std::sin(angle)).epsilon(1e-12));
  }
}

TEST_CASE("radians give what the correctly rounded functions give") {
  for (const char* text : {"e4m3", "binary16", "float(8,24):rup", "fixed(2,9)"}) {
    const Format format = parse_format(text);
    for (int p = 0; p < 30; ++p) {
      const Value radians = scaled_sum(p, Value::scaled(false, 13, -5), Value::scaled(true, 3, -2));
      CHECK(to_double(radians) == p * 13.0 / 32 - 0.75);
      CHECK(cosine({radians, Value::zero()}, format).value == apply(Function::cos, radians, format).value);
      CHECK(sine({radians, Value::zero()}, format).value == apply(Function::sin, radians, format).value);
    }
  }
}

TEST_CASE("an angle that is no angle is refused") {
  const Format format = parse_format("binary32");
  CHECK_THROWS_AS(cosine({Value::scaled(false, 1, 100), Value::integer(3)}, format), UsageError);
  CHECK_THROWS_AS(cosine({Value::integer(1), Value::integer(-3)}, format), UsageError);
  CHECK_THROWS_AS(scaled_sum(1, Value::scaled(false, 1, -200), Value::integer(1)), UsageError);
}
