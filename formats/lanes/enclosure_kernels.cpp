#include "formats/lanes/enclosure_kernels.hpp"

// The order of these matters.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "formats/lanes/enclosure_kernels.cpp"
#include "formats/lanes/targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <cstdint>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace roundoff::formats::lanes::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Doubles = hn::ScalableTag<double>;
using DoubleVector = hn::Vec<Doubles>;

HWY_INLINE DoubleVector constant(double number) { return hn::Set(Doubles(), number); }

/// e^x for |x| <= 700; exactly 1 for 0.
HWY_INLINE DoubleVector exponential(DoubleVector x) {
  // 1/i!, rounded
  constexpr double terms[14] = {1.0,
                                1.0,
                                1.0 / 2,
                                1.0 / 6,
                                1.0 / 24,
                                1.0 / 120,
                                1.0 / 720,
                                1.0 / 5040,
                                1.0 / 40320,
                                1.0 / 362880,
                                1.0 / 3628800,
                                1.0 / 39916800,
                                1.0 / 479001600,
                                1.0 / 6227020800};
  // Added to a number below 2^51, it leaves the integer next to it in the last bits.
  const DoubleVector shifter = constant(0x1.8p52);
  const DoubleVector shifted = hn::Add(hn::Mul(x, constant(0x1.71547652b82fep0)), shifter);
  const DoubleVector k = hn::Sub(shifted, shifter);
  DoubleVector r = hn::Sub(x, hn::Mul(k, constant(0x1.62e42feep-1)));
  r = hn::Sub(r, hn::Mul(k, constant(0x1.a39ef35793c76p-33)));
  DoubleVector y = constant(terms[13]);
  for (int i = 12; i >= 0; --i) y = hn::MulAdd(y, r, constant(terms[i]));
  const hn::RebindToUnsigned<Doubles> bits;
  const auto exponent = hn::Add(hn::BitCast(bits, shifted), hn::Set(bits, std::uint64_t{1023}));
  return hn::Mul(y, hn::BitCast(Doubles(), hn::ShiftLeft<52>(exponent)));
}

void enclose(Function function, bool clamps, const double* x, double* low, double* high, std::size_t count) {
  const Doubles d;
  const DoubleVector limit = constant(690), one = constant(1);
  const bool gelu = function == Function::gelu_tanh;
  const bool exponentials =
      gelu || function == Function::exp || function == Function::sigmoid || function == Function::silu;
  const DoubleVector infinity = constant(std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < count; i += hn::MaxLanes(d)) {
    const DoubleVector v = hn::LoadU(d, x + i);
    DoubleVector argument = v;
    if (gelu) {  // 2 sqrt(2/pi) x (1 + 0.044715 x^2)
      const DoubleVector cubic = hn::Mul(constant(0x1.2444f2a4d8b4bp-4), hn::Mul(v, v));
      argument = hn::Mul(v, hn::Add(constant(0x1.9884533d43651p0), cubic));
    }
    const DoubleVector inside = hn::Min(hn::Max(argument, hn::Neg(limit)), limit);
    const auto is_zero = hn::Eq(v, hn::Zero(d));
    auto known = hn::And(hn::Lt(hn::Abs(v), infinity),
                         hn::Lt(hn::Abs(argument), exponentials && !clamps ? limit : infinity));
    DoubleVector y;
    if (function == Function::exp) {
      y = exponential(inside);
    } else if (exponentials) {
      y = hn::Div(one, hn::Add(one, exponential(hn::Neg(inside))));
      if (gelu || function == Function::silu) y = hn::Mul(v, y);
    } else if (function == Function::sqrt) {
      y = hn::Sqrt(v);
    } else {
      y = hn::Div(one, function == Function::rsqrt ? hn::Sqrt(v) : v);
    }
    // So that y and its error are normal numbers, nearly; and no pole.
    const auto size = hn::Abs(y);
    const auto ordinary = hn::And(hn::Gt(size, constant(0x1p-1000)), hn::Lt(size, infinity));
    known = hn::And(known, hn::Or(ordinary, hn::And(is_zero, hn::Eq(y, hn::Zero(d)))));
    DoubleVector relative = constant(0x1p-45);
    if (gelu) relative = hn::MulAdd(hn::Abs(inside), constant(0x1p-50), relative);
    const DoubleVector error = hn::IfThenZeroElse(is_zero, hn::Mul(size, relative));
    hn::StoreU(hn::IfThenElse(known, hn::Sub(y, error), constant(std::numeric_limits<double>::quiet_NaN())),
               d, low + i);
    hn::StoreU(hn::IfThenElse(known, hn::Add(y, error), one), d, high + i);
  }
}

}  // namespace roundoff::formats::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace roundoff::formats::lanes {

bool has_enclosure(Function function) {
  switch (function) {
    case Function::exp:
    case Function::sigmoid:
    case Function::silu:
    case Function::gelu_tanh:
    case Function::sqrt:
    case Function::rsqrt:
    case Function::reciprocal:
      return true;
    default:
      return false;
  }
}

void enclose(Isa isa, Function function, bool clamps, const double* x, double* low, double* high,
             std::size_t count) {
  ROUNDOFF_BY_ISA(isa, enclose(function, clamps, x, low, high, count));
}

}  // namespace roundoff::formats::lanes
#endif  // HWY_ONCE
