// Stochastic rounding over arrays against the definition, derivatives against differences and against themselves in fewer bits.
#include <cmath>

#include "training/exact/kept.hpp"
#include "training/exact/reals.hpp"
#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "tests/sim/random_model.hpp"

namespace roundoff::training {
namespace {

TEST_CASE("stochastic rounding over arrays is that of the definition") {
  TestStream draw(5);
  for (const char* notation : {"bfloat16:sr(9)", "e4m3:sr(2)", "fixed(3,4):sr(1)", "binary32:sr(4)",
                               "binary16:sr(3):sat", "binary8p3:sr(6)"}) {
    const Format format = parse_format(notation);
    const Kept kept(format, best_isa());
    const Kept wide(parse_format("binary64"), best_isa());
    for (const Op op : {Op::add, Op::sub, Op::mul, Op::div}) {
      const std::size_t count = 400;
      std::vector<double> a(count), b(count);
      for (std::size_t i = 0; i < count; ++i) {
        a[i] = std::ldexp(draw.between(-300, 300), draw.between(-12, 4));
        b[i] = std::ldexp(draw.between(-300, 300), draw.between(-12, 4));
        if (i % 50 == 0) b[i] = -a[i];
      }
      a[1] = -0.0, b[2] = 0, a[3] = b[3] = 0x1p-700, a[4] = 1e300;
      std::vector<std::byte> out(count * kept.size());
      std::vector<std::uint8_t> trapped(count);
      binary(op, {&wide.number(), a.data()}, {&wide.number(), b.data()}, kept, out.data(), count,
             trapped.data(), [](std::size_t i) { return 77 + i; });
      for (std::size_t i = 0; i < count; ++i) {
        CAPTURE(notation);
        CAPTURE(a[i]);
        CAPTURE(b[i]);
        Value want;
        bool traps = false;
        try {
          want = by_definition(op, Value::of(a[i]), Value::of(b[i]), format, {77 + i, 0}).value;
        } catch (const Trap&) {
          traps = true;
        }
        CHECK((trapped[i] != 0) == traps);
        if (!traps) CHECK(kept.number().load(out.data() + i * kept.size()) == want);
      }
    }
  }
}

TEST_CASE("derivatives of activations are correctly rounded") {
  const Format wide = parse_format("binary128");
  for (const Activation activation : {Activation::gelu, Activation::gelu_tanh, Activation::silu}) {
    const Function function = activation == Activation::gelu   ? Function::gelu
                              : activation == Activation::silu ? Function::silu
                                                               : Function::gelu_tanh;
    for (const double x : {0x1p-130, -0x1p-60, 1e-3, 0.7, -0.75, 1.0, 3.0, -4.5, 9.0, -11.0, 60.0}) {
      CAPTURE(x);
      const Value at = Value::of(x);
      const Value exact =
          slope(activation, at, parse_format("binary128:rod"));  // rounds once more as the real does
      const double h = 0x1p-40;
      const auto f = [&](double sign) {
        return apply(function, add(at, Value::of(sign * h), wide).value, wide).value;
      };
      const double difference = to_double(sub(f(1), f(-1), wide).value) / (2 * h);
      CHECK(to_double(exact) == doctest::Approx(difference).epsilon(1e-9));
      for (const char* notation : {"bfloat16", "binary32:rup", "e4m3:rtz", "fixed(2,8)", "binary64"})
        CHECK(slope(activation, at, parse_format(notation)) == round(exact, parse_format(notation)).value);
    }
    CHECK(slope(activation, Value::zero(), wide) == Value::of(0.5));
    CHECK(slope(activation, Value::of(-0x1p-130), parse_format("bfloat16:rtz")) != Value::of(0.5));
    CHECK(compare(slope(activation, Value::integer(2000), parse_format("bfloat16:rup")), Value::integer(1)) >
          0);
  }
}

TEST_CASE("decimals are the numbers that they name") {
  const Format format = parse_format("binary64");
  for (const auto& [text, number] :
       {std::pair{"0.9", 0.9}, {"1e-8", 1e-8}, {"0.002", 0.002}, {"-2.5", -2.5}, {"3", 3.0}})
    CHECK(rounded_real(decimal_real(text), format) == Value::of(number));
  for (const char* bad : {"", "1.2.3", "x", "1e", "1e5x"}) CHECK_THROWS_AS(decimal_real(bad), UsageError);
}

}  // namespace
}  // namespace roundoff::training
