// Where f(x) lies among the members of a format: algebraic functions by integer comparison, the others by
// enclosures that are refined until every comparison is decided. Interval arithmetic with directed rounding,
// written for this test only.
#include <stdexcept>

#include <mpfr.h>

#include "tests/formats/oracle.hpp"

namespace roundoff::formats::oracle {
namespace {

struct Real {
  mpfr_t x;
  explicit Real(mpfr_prec_t w) { mpfr_init2(x, w); }
  Real(const Real& o) : Real(mpfr_get_prec(o.x)) { mpfr_set(x, o.x, MPFR_RNDN); }
  Real& operator=(const Real&) = delete;
  ~Real() { mpfr_clear(x); }
};

/// low < value < high, or both equal when exact.
struct Enclosure {
  Real low, high;
  explicit Enclosure(mpfr_prec_t w) : low(w), high(w) {}
};

void set_integer(mpfr_t to, const Integer& i, long shift) {
  const std::string digits = i.str(0, std::ios_base::hex);
  mpfr_set_str(to, digits.c_str(), 16, MPFR_RNDN);
  mpfr_mul_2si(to, to, shift, MPFR_RNDN);
}

Enclosure exactly(const Integer& scaled, int scale, mpfr_prec_t w) {
  Enclosure e(w);
  set_integer(e.low.x, abs(scaled), -scale);
  if (scaled < 0) mpfr_neg(e.low.x, e.low.x, MPFR_RNDN);
  mpfr_set(e.high.x, e.low.x, MPFR_RNDN);
  return e;
}

/// floor or ceil of x * 2^shift; no larger than `most` in magnitude, where that is not 0.
Integer scaled_integer(const Real& from, int shift, bool up, const Integer& most) {
  if (mpfr_zero_p(from.x) != 0) return 0;
  const bool minus = mpfr_sgn(from.x) < 0;
  if (most != 0 &&
      (mpfr_inf_p(from.x) != 0 || mpfr_get_exp(from.x) + shift > static_cast<mpfr_exp_t>(msb(most)))) {
    return minus ? Integer(-most) : most;
  }
  Real x(from);
  mpfr_mul_2si(x.x, x.x, shift, MPFR_RNDN);
  (up ? mpfr_ceil : mpfr_floor)(x.x, x.x);
  if (mpfr_zero_p(x.x) != 0) return 0;
  mpz_t z;
  mpz_init(z);
  mpfr_get_z(z, x.x, MPFR_RNDN);
  std::vector<std::uint64_t> words((mpz_sizeinbase(z, 2) + 63) / 64);
  mpz_export(words.data(), nullptr, -1, sizeof(std::uint64_t), 0, 0, z);
  mpz_clear(z);
  Integer result;
  import_bits(result, words.begin(), words.end(), 64, false);
  return minus ? Integer(-result) : result;
}

using Call = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);
Enclosure increasing(Call f, const Enclosure& a, mpfr_prec_t w) {
  Enclosure r(w);
  f(r.low.x, a.low.x, MPFR_RNDD);
  f(r.high.x, a.high.x, MPFR_RNDU);
  return r;
}
Enclosure decreasing(Call f, const Enclosure& a, mpfr_prec_t w) {
  Enclosure r(w);
  f(r.low.x, a.high.x, MPFR_RNDD);
  f(r.high.x, a.low.x, MPFR_RNDU);
  return r;
}
Enclosure negative(const Enclosure& a, mpfr_prec_t w) {
  return decreasing([](mpfr_ptr r, mpfr_srcptr x, mpfr_rnd_t d) { return mpfr_neg(r, x, d); }, a, w);
}
/// For positive b.
Enclosure times(const Enclosure& a, const Enclosure& b, mpfr_prec_t w) {
  Enclosure r(w);
  mpfr_mul(r.low.x, a.low.x, mpfr_sgn(a.low.x) < 0 ? b.high.x : b.low.x, MPFR_RNDD);
  mpfr_mul(r.high.x, a.high.x, mpfr_sgn(a.high.x) < 0 ? b.low.x : b.high.x, MPFR_RNDU);
  return r;
}
Enclosure root_of(unsigned long n, mpfr_prec_t w) {
  Enclosure r(w);
  mpfr_sqrt_ui(r.low.x, n, MPFR_RNDD);
  mpfr_sqrt_ui(r.high.x, n, MPFR_RNDU);
  return r;
}
Enclosure inverse(const Enclosure& a, mpfr_prec_t w) {  // a > 0
  return decreasing([](mpfr_ptr r, mpfr_srcptr x, mpfr_rnd_t d) { return mpfr_ui_div(r, 1, x, d); }, a, w);
}
Enclosure logistic(const Enclosure& a, mpfr_prec_t w) {
  const Enclosure e = increasing(mpfr_exp, negative(a, w), w);
  return inverse(
      increasing([](mpfr_ptr r, mpfr_srcptr x, mpfr_rnd_t d) { return mpfr_add_ui(r, x, 1, d); }, e, w), w);
}

/// x is exact, not zero.
Enclosure evaluate(Function function, const Enclosure& x, mpfr_prec_t w) {
  switch (function) {
    case Function::exp:
      return increasing(mpfr_exp, x, w);
    case Function::log:
      return increasing(mpfr_log, x, w);
    case Function::erf:
      return increasing(mpfr_erf, x, w);
    case Function::tanh:
      return increasing(mpfr_tanh, x, w);
    case Function::sin:
      return increasing(mpfr_sin, x, w);  // both ends are the same number
    case Function::cos:
      return increasing(mpfr_cos, x, w);
    case Function::sigmoid:
      return logistic(x, w);
    case Function::silu:
      return times(x, logistic(x, w), w);
    case Function::gelu: {  // x erfc(-x/sqrt 2) / 2
      const Enclosure t = times(negative(x, w), inverse(root_of(2, w), w), w);
      Enclosure g = times(x, decreasing(mpfr_erfc, t, w), w);
      mpfr_div_2ui(g.low.x, g.low.x, 1, MPFR_RNDD);
      mpfr_div_2ui(g.high.x, g.high.x, 1, MPFR_RNDU);
      return g;
    }
    case Function::gelu_tanh: {  // x logistic(2 sqrt(2/pi) (x + 0.044715 x^3))
      Enclosure cube(w), pi(w);
      auto inner = [&](mpfr_t to, mpfr_rnd_t d) {  // |x|^3 0.044715 + |x|
        mpfr_abs(to, x.low.x, d);
        mpfr_pow_ui(to, to, 3, d);
        mpfr_mul_ui(to, to, 44715, d);
        mpfr_div_ui(to, to, 1000000, d);
        Real magnitude(x.low);
        mpfr_abs(magnitude.x, x.low.x, d);
        mpfr_add(to, to, magnitude.x, d);
        mpfr_mul_2ui(to, to, 1, d);
      };
      inner(cube.low.x, MPFR_RNDD);
      inner(cube.high.x, MPFR_RNDU);
      mpfr_const_pi(pi.low.x, MPFR_RNDD);
      mpfr_const_pi(pi.high.x, MPFR_RNDU);
      const Enclosure two_over_pi =
          increasing([](mpfr_ptr r, mpfr_srcptr y, mpfr_rnd_t d) { return mpfr_mul_2ui(r, y, 1, d); },
                     inverse(pi, w), w);
      const Enclosure u =
          times(cube,
                increasing([](mpfr_ptr r, mpfr_srcptr y, mpfr_rnd_t d) { return mpfr_sqrt(r, y, d); },
                           two_over_pi, w),
                w);
      return times(x, logistic(mpfr_sgn(x.low.x) < 0 ? negative(u, w) : u, w), w);
    }
    default:
      throw std::logic_error("no oracle for this function");
  }
}

Question by_cases(std::function<Answer(const Format&)> f) {
  Question q;
  q.special = std::move(f);
  return q;
}

/// The question "round this member", through the rational road.
Question exact_member(const Values& v, const Value& x) {
  if (x.is_zero()) return by_cases([&v, x](const Format& f) { return zero(v, f, x.negative); });
  return ask(v, '+', x, Value::zero(x.negative));
}

/// A rational constant over 2^k, which may not be a member.
Question constant(const Values& v, int numerator, int k) {
  Question q;
  q.negative = numerator < 0;
  // numerator / 2^k * 2^scale
  const int shift = v.scale - k;
  const Integer n = Integer(numerator) << static_cast<unsigned>(std::max(shift, 0));
  const Integer d = Integer(1) << static_cast<unsigned>(std::max(-shift, 0));
  q.numerator = abs(n);
  q.denominator = d;
  q.whole = q.numerator / d;
  q.sticky = q.whole * d != q.numerator;
  locate(q, v, [&](const Integer& c) { return Integer(n - c * d).sign(); });
  return q;
}

Question at_special(const Values& v, Function function, const Value& x) {
  const bool n = x.negative;
  auto invalid = by_cases([&v](const Format&) { return not_a_number(v, flag_invalid); });
  auto zero_of = [&v](bool negative_) {
    return by_cases([&v, negative_](const Format& f) { return zero(v, f, negative_); });
  };
  auto infinity_of = [&v](bool negative_) {
    return by_cases([&v, negative_](const Format& f) { return infinite(v, f, negative_); });
  };
  auto pole_of = [&v](bool negative_) {
    return by_cases([&v, negative_](const Format& f) { return pole(v, f, negative_); });
  };
  if (x.is_zero()) {
    switch (function) {
      case Function::exp:
      case Function::cos:
      case Function::step:
        return constant(v, 1, 0);
      case Function::sigmoid:
        return constant(v, 1, 1);
      case Function::log:
        if (v.p3109) {
          return by_cases([&v](const Format& f) {
            Answer answer = infinite(v, f, true);
            if (answer.value) answer.flags |= flag_divzero;
            return answer;
          });
        }
        return pole_of(true);
      case Function::rsqrt:
      case Function::reciprocal:
        return pole_of(n);
      case Function::relu:
        return zero_of(false);
      default:
        return zero_of(n);
    }
  }
  switch (function) {
    case Function::exp:
      return n ? zero_of(false) : infinity_of(false);
    case Function::log:
    case Function::sqrt:
      return n ? invalid : infinity_of(false);
    case Function::rsqrt:
      return n ? invalid : zero_of(false);
    case Function::reciprocal:
      return zero_of(n);
    case Function::erf:
    case Function::tanh:
      return constant(v, n ? -1 : 1, 0);
    case Function::sigmoid:
      return n ? zero_of(false) : constant(v, 1, 0);
    case Function::relu:
      return n ? zero_of(false) : infinity_of(false);
    case Function::step:
      return n ? zero_of(false) : constant(v, 1, 0);
    case Function::sin:
    case Function::cos:
      return invalid;
    case Function::identity:
      return infinity_of(n);
    default:
      return n ? zero_of(true) : infinity_of(false);  // gelu, gelu_tanh, silu
  }
}

}  // namespace

Question ask(const Values& v, Function function, const Value& x) {
  if (x.is_nan()) return by_cases([&v](const Format&) { return not_a_number(v, 0); });
  if (!x.is_finite() || x.is_zero()) return at_special(v, function, x);
  const Integer scaled = v.scaled(x);
  const Integer one = Integer(1) << static_cast<unsigned>(v.scale);
  const bool domain = function == Function::sqrt || function == Function::rsqrt || function == Function::log;
  if (domain && x.negative) return by_cases([&v](const Format&) { return not_a_number(v, flag_invalid); });
  switch (function) {
    case Function::identity:
      return exact_member(v, x);
    case Function::relu:
      return x.negative ? by_cases([&v](const Format& f) { return zero(v, f, false); }) : exact_member(v, x);
    case Function::step:
      return x.negative ? by_cases([&v](const Format& f) { return zero(v, f, false); }) : constant(v, 1, 0);
    case Function::reciprocal: {
      Question q;
      q.negative = x.negative;
      q.numerator = one * one;
      q.denominator = abs(scaled);
      q.whole = q.numerator / q.denominator;
      q.sticky = q.whole * q.denominator != q.numerator;
      const Integer top = x.negative ? Integer(-q.numerator) : q.numerator;
      locate(q, v, [&](const Integer& c) { return Integer(top - c * q.denominator).sign(); });
      return q;
    }
    case Function::sqrt:
    case Function::rsqrt: {  // c vs sqrt(y): c^2 vs y, both over 2^(2 scale)
      Question q;
      const Integer y = function == Function::sqrt ? Integer(scaled * one) : Integer(0);
      auto compare = [&](const Integer& c) {
        if (c <= 0) return 1;
        if (function == Function::sqrt) return Integer(y - c * c).sign();
        return Integer(one * one * one - c * c * scaled).sign();
      };
      locate(q, v, compare);
      // floor(f * 2^scale), by bisection
      Integer low = 0, high = one * one + one;
      while (high - low > 1) {
        const Integer middle = (low + high) / 2;
        (compare(middle) >= 0 ? low : high) = middle;
      }
      q.whole = low;
      q.sticky = compare(low) != 0;
      return q;
    }
    case Function::log:
      if (scaled == one) return by_cases([&v](const Format& f) { return zero(v, f, false); });
      break;
    default:
      break;
  }
  // The enclosure as integers over 2^(scale+guard); what is far beyond the ladder is moved to just beyond it.
  const Integer top = 4 * std::max(v.ladder.back().scaled, Integer(-v.ladder.front().scaled));
  for (unsigned guard = 64; guard < 100000; guard *= 2) {
    const auto w = static_cast<mpfr_prec_t>(msb(top) + guard + 64);
    const Enclosure e = evaluate(function, exactly(scaled, v.scale, std::max<mpfr_prec_t>(w, 300)), w);
    const Integer low = scaled_integer(e.low, v.scale + static_cast<int>(guard), false,
                                       v.fixed ? Integer(0) : Integer(top << guard));
    const Integer high = scaled_integer(e.high, v.scale + static_cast<int>(guard), true,
                                        v.fixed ? Integer(0) : Integer(top << guard));
    bool undecided = false;
    auto compare = [&](const Integer& c) {
      const Integer bound = c << guard;
      if (low >= bound) return 1;
      if (high <= bound) return -1;
      undecided = true;
      return 1;
    };
    Question q;
    q.negative = high <= 0;
    locate(q, v, compare);
    const Integer small = q.negative ? Integer(-high) : low, large = q.negative ? Integer(-low) : high;
    q.whole = small >> guard;  // for wrap
    q.sticky = true;
    if (v.fixed && large > Integer((q.whole + 1) << guard)) undecided = true;
    if (!undecided) return q;
  }
  throw std::logic_error("the oracle cannot decide");
}

}  // namespace roundoff::formats::oracle
