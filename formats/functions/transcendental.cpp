// Correct rounding of functions whose values are irrational. `bits` + sticky decides any rounding, so each
// function has to deliver its value truncated to `bits` bits. Three ways, tried in this order:
//
// 1. By argument. Where f(x) = D + a deviation of known sign and less than 2^-(K+1) |D|, with D dyadic of at
//    most K bits, f(x) lies strictly between D and its neighbour on the grid of K+1 bits; no boundary of a rounding to
//    `bits` <= K bits is in between. Ziv's loop would need about log2(1/deviation) bits here, and would not
//    end where exp(x) = 1 + x with x = 2^-262000 is rounded upwards. The inequalities stand at each line
//    below; L is the leading exponent of x, so that 2^L <= |x| < 2^(L+1).
// 2. MPFR's own functions, truncating: correctly rounded by MPFR, and its ternary value is the sticky bit.
// 3. Compositions (sigmoid and its kin): enclosures with directed rounding, refined until both ends truncate
//    alike (Ziv 1991). It ends because none of these values is dyadic for x != 0: exp, erf and tanh of non-zero
//    algebraic numbers are transcendental (Lindemann-Weierstrass; for erf, Siegel-Shidlovskii); only for
//    gelu_tanh is this not known.
#include "formats/functions/transcendental.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "formats/functions/mpfr.hpp"

namespace roundoff::formats {
namespace {

constexpr std::int64_t beyond_all = std::int64_t{1} << 20;  // every format's exponents are within +-2^19+400

/// Strictly between D and the next number of K+1 bits above or below it in magnitude.
Exact beside(const Value& d, bool away, int k) {
  Exact exact;
  const int shift = k + 1 - bit_width(d.significand);
  exact.negative = d.negative;
  exact.significand = to_integer(d.significand) << static_cast<unsigned>(shift);
  if (!away) exact.significand -= 1;
  exact.exponent = d.exponent - shift;
  exact.sticky = true;
  return exact;
}

Exact power(bool negative, std::int64_t exponent, int bits) {
  Exact exact;
  exact.negative = negative;
  exact.significand = Integer(1) << static_cast<unsigned>(bits);
  exact.exponent = exponent - bits;
  exact.sticky = true;
  return exact;
}

Value halved(Value x) {
  --x.exponent;
  return x;
}

/// Way 1, or nothing.
std::optional<Exact> by_argument(Function function, const Value& x, int bits) {
  const int leading = leading_exponent(x);
  const int k = std::max(bits, bit_width(x.significand)) + 2;
  const Value one = Value::integer(1), signed_one = Value::integer(x.negative ? -1 : 1);
  // |x|^n >= 2^(n L) against a bound; e^-y < 2^-(K+1) when y >= 0.7 (K+2)
  auto at_least = [&](double bound, int degree = 1) {
    return leading >= 0 && std::ldexp(1.0, degree * std::min(leading, 300)) >= bound;
  };
  const double vanishing = 0.7 * (k + 2);
  const bool huge = leading >= 20;  // e^|x| > 2^(2^20)
  switch (function) {
    case Function::exp:  // |e^x - 1| < 2 |x| < 2^(L+2)
      if (leading + 2 <= -(k + 1)) return beside(one, !x.negative, k);
      if (huge) return power(false, x.negative ? -beyond_all : beyond_all, bits);
      break;
    case Function::tanh:  // x - tanh x < x^3/3, relative to x below 2^(2L+1); 1 - tanh x < 2 e^(-2x)
      if (2 * leading + 1 <= -(k + 1)) return beside(x, false, k);
      if (at_least(vanishing)) return beside(signed_one, false, k);
      break;
    case Function::erf:  // 1 - erf x <= e^(-x^2)
      if (at_least(vanishing, 2)) return beside(signed_one, false, k);
      break;
    case Function::sin:  // x - sin x < x^3/6
      if (2 * leading + 1 <= -(k + 1)) return beside(x, false, k);
      break;
    case Function::cos:  // 1 - cos x < x^2/2 < 2^(2L+1)
      if (2 * leading + 1 <= -(k + 1)) return beside(one, false, k);
      break;
    case Function::sigmoid:  // 1/2 + x/4 - ..., relative to 1/2 below |x|/2 < 2^L; 1 - s(x) < e^-x; s(x) <
                             // e^x
      if (leading <= -(k + 1)) return beside(halved(one), !x.negative, k);
      if (!x.negative && at_least(vanishing)) return beside(one, false, k);
      if (x.negative && huge) return power(false, -beyond_all, bits);
      break;
    case Function::silu:  // x s(x): relative to x/2, above it by |x|/2 < 2^L for x > 0, below it for x < 0
      if (leading <= -(k + 1)) return beside(halved(x), !x.negative, k);
      if (!x.negative && at_least(vanishing)) return beside(x, false, k);
      if (x.negative && leading >= 21) return power(true, -beyond_all, bits);  // |x| e^x < 2^(-2^20)
      break;
    case Function::gelu:  // x Phi(x), Phi = 1/2 + x phi(0) - ...: relative to x/2 off by |x| 2 phi(0) < 2^L
                          // * 1.6
      if (leading + 1 <= -(k + 1)) return beside(halved(x), !x.negative, k);
      if (!x.negative && at_least(2 * vanishing, 2)) return beside(x, false, k);  // 1 - Phi(x) < e^(-x^2/2)
      if (x.negative && leading >= 11)
        return power(true, -beyond_all, bits);  // |x| e^(-x^2/2) with x^2/2 >= 2^21
      break;
    case Function::gelu_tanh:  // x s(2u), u = sqrt(2/pi) (x + 0.044715 x^3): relative to x/2 off by |u| <
                               // 2^(L+1) at most
      if (leading + 1 <= -(k + 1)) return beside(halved(x), !x.negative, k);
      if (!x.negative && at_least(15 * vanishing, 3)) {
        return beside(x, false, k);  // 1 - s(2u) < e^-2u, and 2u > 0.07 x^3
      }
      if (x.negative && leading >= 9) return power(true, -beyond_all, bits);  // |2u| >= 0.07 * 2^27 > 2^23
      break;
    default:
      break;
  }
  return std::nullopt;
}

/// Way 2: `call(result, x, rounding)` of MPFR, truncated.
template <typename Call>
Exact truncated(const Value& x, int bits, Call call) {
  Big result(bits);
  const int ternary = call(static_cast<mpfr_ptr>(result), static_cast<mpfr_srcptr>(Big::of(x)), MPFR_RNDZ);
  if (mpfr_zero_p(static_cast<mpfr_srcptr>(result)) != 0) return Exact{};
  Exact exact = to_exact(result);
  exact.sticky = ternary != 0;
  return exact;
}

/// An enclosure of s(y) = 1 / (1 + e^-y) for y in [low, high].
Interval sigmoid(const Interval& y, mpfr_prec_t w) {
  Interval s(w);
  auto end = [&](mpfr_srcptr from, mpfr_ptr to, mpfr_rnd_t towards, mpfr_rnd_t against) {
    mpfr_neg(to, from, MPFR_RNDN);  // exact: same precision
    mpfr_exp(to, to, against);
    mpfr_add_ui(to, to, 1, against);
    mpfr_ui_div(to, 1, to, towards);
  };
  end(y.low, s.low, MPFR_RNDD, MPFR_RNDU);
  end(y.high, s.high, MPFR_RNDU, MPFR_RNDD);
  return s;
}

/// An enclosure of f(x) / |x|, or of the sigmoid itself.
Interval factor(Function function, mpfr_srcptr x, mpfr_prec_t w) {
  Interval y(w);
  if (function == Function::sigmoid || function == Function::silu) {
    mpfr_set(y.low, x, MPFR_RNDD);
    mpfr_set(y.high, x, MPFR_RNDU);
    return sigmoid(y, w);
  }
  if (function == Function::gelu) {  // Phi(x) = erfc(-x / sqrt 2) / 2, with decreasing erfc
    Big exact(mpfr_get_prec(x));
    mpfr_neg(exact, x, MPFR_RNDN);
    const bool positive = mpfr_sgn(static_cast<mpfr_srcptr>(exact)) > 0;
    auto end = [&](mpfr_ptr to, bool larger) {  // of the argument, then of Phi the other way round
      mpfr_sqrt_ui(to, 2, larger == positive ? MPFR_RNDD : MPFR_RNDU);
      mpfr_div(to, exact, to, larger ? MPFR_RNDU : MPFR_RNDD);
      mpfr_erfc(to, to, larger ? MPFR_RNDD : MPFR_RNDU);
      mpfr_div_2ui(to, to, 1, MPFR_RNDN);
    };
    end(y.low, true);
    end(y.high, false);
    return y;
  }
  // gelu_tanh: s(2u), 2u = 2 sqrt(2/pi) x (1 + 8943/200000 x^2): magnitudes, rounded outwards, then the sign
  auto end = [&](mpfr_ptr to, mpfr_rnd_t r, mpfr_rnd_t against) {
    Big u(w), c(w);
    mpfr_sqr(u, x, r);
    mpfr_mul_ui(u, u, 8943, r);
    mpfr_div_ui(u, u, 200000, r);
    mpfr_add_ui(u, u, 1, r);
    mpfr_const_pi(c, against);
    mpfr_ui_div(c, 8, c, r);  // 2 sqrt(2/pi) = sqrt(8/pi)
    mpfr_sqrt(c, c, r);
    mpfr_mul(u, u, c, r);
    mpfr_abs(c, x, r);
    mpfr_mul(to, u, c, r);
  };
  end(y.low, MPFR_RNDD, MPFR_RNDU);
  end(y.high, MPFR_RNDU, MPFR_RNDD);
  if (mpfr_sgn(x) < 0) {
    mpfr_swap(y.low, y.high);
    mpfr_neg(y.low, y.low, MPFR_RNDN);
    mpfr_neg(y.high, y.high, MPFR_RNDN);
  }
  return sigmoid(y, w);
}

/// Way 3.
Exact refined(Function function, const Value& x, int bits) {
  const Big argument = Big::of(x);
  for (mpfr_prec_t w = bits + 32; w < 1 << 20; w *= 2) {
    Interval f = factor(function, argument, w);
    if (function != Function::sigmoid) {  // times |x|
      Big magnitude(128);
      mpfr_abs(magnitude, argument, MPFR_RNDN);
      mpfr_mul(f.low, f.low, magnitude, MPFR_RNDD);
      mpfr_mul(f.high, f.high, magnitude, MPFR_RNDU);
    }
    Big low(bits), high(bits);
    mpfr_set(low, f.low, MPFR_RNDZ);
    mpfr_set(high, f.high, MPFR_RNDZ);
    // Truncated alike, and neither end on the truncation itself, so that the sticky bit is certain.
    const bool inside = mpfr_cmp(static_cast<mpfr_srcptr>(f.low), static_cast<mpfr_srcptr>(low)) > 0;
    if (inside && mpfr_equal_p(static_cast<mpfr_srcptr>(low), static_cast<mpfr_srcptr>(high)) != 0) {
      Exact exact = to_exact(low);
      exact.negative = x.negative && function != Function::sigmoid;
      exact.sticky = true;
      return exact;
    }
  }
  throw std::logic_error("a function's value is too close to a dyadic number");
}

}  // namespace

Exact transcendental(Function function, const Value& x, int bits) {
  if (std::optional<Exact> decided = by_argument(function, x, bits)) return *decided;
  const MpfrRange range;
  switch (function) {
    case Function::exp:
      return truncated(x, bits, mpfr_exp);
    case Function::log:
      return truncated(x, bits, mpfr_log);
    case Function::erf:
      return truncated(x, bits, mpfr_erf);
    case Function::tanh:
      return truncated(x, bits, mpfr_tanh);
    case Function::sin:
      return truncated(x, bits, mpfr_sin);
    case Function::cos:
      return truncated(x, bits, mpfr_cos);
    case Function::gelu:
    case Function::gelu_tanh:
    case Function::silu:
    case Function::sigmoid:
      return refined(function, x, bits);
    default:
      throw std::logic_error("not a transcendental function");
  }
}

}  // namespace roundoff::formats
