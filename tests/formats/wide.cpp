// Wide formats, which cannot be enumerated, against MPFR with its own subnormalisation (IEEE formats, four
// roundings it knows) and against rounding spelled out on exact rationals (every rounding; floats, fixed
// point, F).
#include <array>

#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/functions/mpfr.hpp"
#include "formats/notation/text.hpp"
#include "formats/random.hpp"
#include "formats/rounding/exact.hpp"

using namespace roundoff::formats;

namespace {

using Rational =
    boost::multiprecision::number<boost::multiprecision::cpp_rational_backend, boost::multiprecision::et_off>;

/// A member: any binade (near 0, near 1 or near the ends more often), few or many significand bits set.
Value draw(const Format& format, std::uint64_t index, std::uint64_t which) {
  const std::uint64_t r = random_bits(77, index, which), s = random_bits(78, index, which);
  const int bits = (s & 3) == 0 ? format.precision
                                : 1 + static_cast<int>((s >> 8) % static_cast<unsigned>(format.precision));
  u128 significand =
      (u128{random_bits(79, index, which)} << 64 | random_bits(80, index, which)) >> (128 - format.precision);
  if ((s & 12) == 0) significand = (u128{1} << bits) - (r >> 40 & 1);  // all ones, or a power of two
  const int span = leading_exponent(format.highest) - format.precision + 1 - format.quantum;
  int q = format.quantum;
  switch (r % 4) {
    case 0:
      q += static_cast<int>(r >> 8 & 0xffff) % (span + 1);
      break;
    case 1:
      q += std::min<int>(span, static_cast<int>(r >> 8 & 7));
      break;
    case 2:
      q += std::max<int>(0, span - static_cast<int>(r >> 8 & 7));
      break;
    default:
      q = std::clamp(-format.precision + static_cast<int>(r >> 8) % 40, format.quantum,
                     format.quantum + span);
      break;
  }
  return round(Value::scaled((r >> 7 & 1) != 0, significand, q), format).value;
}

Rational rational(const Value& x) {
  const Integer s = to_integer(x.significand);
  const Rational r = x.exponent >= 0 ? Rational(Integer(s << static_cast<unsigned>(x.exponent)))
                                     : Rational(s, Integer(1) << static_cast<unsigned>(-x.exponent));
  return x.negative ? Rational(-r) : r;
}

/// Rounding of x != 0 in the words of semantics.md: step, floor, neighbours.
std::optional<Value> by_words(const Rational& x, const Format& f) {
  const bool negative = x < 0;
  const Rational m = negative ? Rational(-x) : x;
  // 2^leading <= m
  std::int64_t leading =
      static_cast<std::int64_t>(msb(numerator(m))) - static_cast<std::int64_t>(msb(denominator(m)));
  auto two = [](std::int64_t e) {
    return e >= 0 ? Rational(Integer(1) << static_cast<unsigned>(e))
                  : Rational(1, Integer(1) << static_cast<unsigned>(-e));
  };
  if (m < two(leading)) --leading;
  const std::int64_t step =
      f.is_uniform() ? f.quantum : std::max<std::int64_t>(f.quantum, leading - f.precision + 1);
  const Rational units = m / two(step);
  Integer low = numerator(units) / denominator(units);
  const Rational rest = units - low;
  bool away = false;
  const Rational half(1, 2);
  if (rest != 0) {
    switch (f.rounding) {
      case Rounding::rne:
        away = rest > half || (rest == half && (low & 1) != 0);
        break;
      case Rounding::rna:
        away = rest >= half;
        break;
      case Rounding::rnz:
        away = rest > half;
        break;
      case Rounding::rtz:
        away = false;
        break;
      case Rounding::rup:
        away = !negative;
        break;
      case Rounding::rdn:
        away = negative;
        break;
      case Rounding::rod:
        away = (low & 1) == 0;
        break;
      case Rounding::sr:
      case Rounding::sra:
      case Rounding::srb:
      case Rounding::src:
        break;
    }
  }
  if (away) low += 1;
  if (low == 0) return Value::zero(negative && f.has_negative_zero);
  const Rational result = Rational(low) * two(step);
  if (result > rational(f.highest)) {
    if (f.overflow != Overflow::inf) return negative ? f.lowest : f.highest;
    const bool stays = f.rounding == Rounding::rtz || f.rounding == Rounding::rod ||
                       (f.rounding == Rounding::rup && negative) ||
                       (f.rounding == Rounding::rdn && !negative);
    return stays ? (negative ? f.lowest : f.highest) : Value::infinity(negative);
  }
  const auto zeros = lsb(low);
  const Integer odd = low >> zeros;
  const Integer mask = ~std::uint64_t{0};
  const u128 significand = u128{static_cast<std::uint64_t>(Integer(odd >> 64))} << 64 |
                           static_cast<std::uint64_t>(Integer(odd & mask));
  return Value::scaled(negative, significand, step + static_cast<std::int64_t>(zeros));
}

void against_words(const std::string& text, int count) {
  for (const char* rounding : {"rne", "rna", "rnz", "rtz", "rup", "rdn", "rod"}) {
    const Format f = parse_format(text + ":" + rounding);
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::uint64_t>(i);
      const Value a = draw(f, index, 0), b = draw(f, index, 1), c = draw(f, index, 2);
      if (!a.is_finite() || !b.is_finite() || !c.is_finite()) continue;
      const Rational x = rational(a), y = rational(b), z = rational(c);
      auto same = [&](const char* op, const Rational& exact, const Rounded& got) {
        if (exact == 0) {
          CHECK(got.value.is_zero());
          return;
        }
        const std::optional<Value> want = by_words(exact, f);
        if (got.value != *want)
          FAIL_CHECK(op << " " << hex(a) << " " << hex(b) << " " << hex(c) << " in " << notation(f) << ": "
                        << hex(got.value) << ", want " << hex(*want));
      };
      same("add", x + y, add(a, b, f));
      same("sub", x - y, sub(a, b, f));
      same("mul", x * y, mul(a, b, f));
      if (y != 0) same("div", x / y, div(a, b, f));
      same("fma", x * y + z, fma(a, b, c, f));
    }
  }
}

/// x op y by MPFR in the range and precision of `f`.
template <typename Call>
Value by_mpfr(const Format& f, mpfr_rnd_t rounding, const Call& call) {
  const mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
  mpfr_set_emin(f.quantum + 1);
  mpfr_set_emax(leading_exponent(f.highest) + 1);
  Big result(f.precision);
  int ternary = call(static_cast<mpfr_ptr>(result), rounding);
  ternary = mpfr_check_range(result, ternary, rounding);
  mpfr_subnormalize(result, ternary, rounding);
  mpfr_set_emin(emin);
  mpfr_set_emax(emax);
  const mpfr_srcptr r = result;
  if (mpfr_nan_p(r) != 0) return Value::nan();
  if (mpfr_inf_p(r) != 0) return Value::infinity(mpfr_sgn(r) < 0);
  if (mpfr_zero_p(r) != 0) return Value::zero(mpfr_signbit(r) != 0);
  const Exact e = to_exact(r);
  const Integer mask = ~std::uint64_t{0};
  return Value::scaled(e.negative,
                       u128{static_cast<std::uint64_t>(Integer(e.significand >> 64))} << 64 |
                           static_cast<std::uint64_t>(Integer(e.significand & mask)),
                       e.exponent);
}

void against_mpfr(const std::string& text, int count) {
  const std::array<std::pair<const char*, mpfr_rnd_t>, 4> roundings = {
      {{"rne", MPFR_RNDN}, {"rtz", MPFR_RNDZ}, {"rup", MPFR_RNDU}, {"rdn", MPFR_RNDD}}};
  for (const auto& [rounding_name, rounding] : roundings) {
    const Format f = parse_format(text + ":" + rounding_name);
    for (int i = 0; i < count; ++i) {
      const auto index = static_cast<std::uint64_t>(i);
      const Value a = draw(f, index, 3), b = draw(f, index, 4);
      if (!a.is_finite() || !b.is_finite() || a.is_zero() || b.is_zero()) continue;
      const Big x = Big::of(a), y = Big::of(b);
      auto same = [&](const char* op, const Rounded& got, const Value& want) {
        if (got.value != want)
          FAIL_CHECK(op << " " << hex(a) << " " << hex(b) << " in " << notation(f) << ": " << hex(got.value)
                        << ", MPFR has " << hex(want));
      };
      same("add", add(a, b, f),
           by_mpfr(f, rounding, [&](mpfr_ptr r, mpfr_rnd_t d) { return mpfr_add(r, x, y, d); }));
      same("mul", mul(a, b, f),
           by_mpfr(f, rounding, [&](mpfr_ptr r, mpfr_rnd_t d) { return mpfr_mul(r, x, y, d); }));
      same("div", div(a, b, f),
           by_mpfr(f, rounding, [&](mpfr_ptr r, mpfr_rnd_t d) { return mpfr_div(r, x, y, d); }));
      same("sqrt", apply(Function::sqrt, a, f),
           by_mpfr(f, rounding, [&](mpfr_ptr r, mpfr_rnd_t d) { return mpfr_sqrt(r, x, d); }));
      if (i % 8 != 0) continue;
      same("exp", apply(Function::exp, a, f),
           by_mpfr(f, rounding, [&](mpfr_ptr r, mpfr_rnd_t d) { return mpfr_exp(r, x, d); }));
      same("tanh", apply(Function::tanh, a, f),
           by_mpfr(f, rounding, [&](mpfr_ptr r, mpfr_rnd_t d) { return mpfr_tanh(r, x, d); }));
      same("log", apply(Function::log, a, f),
           by_mpfr(f, rounding, [&](mpfr_ptr r, mpfr_rnd_t d) { return mpfr_log(r, x, d); }));
    }
  }
}

}  // namespace

TEST_CASE("wide floats agree with MPFR and its subnormalisation") {
  for (const char* text : {"binary32", "binary64", "float(8,12)", "float(11,24)", "float(11,40)", "tf32"})
    against_mpfr(text, 10000);
  for (const char* text : {"binary128", "float(15,64)"}) against_mpfr(text, 2000);
}

TEST_CASE("wide formats agree with rounding in words on exact rationals") {
  for (const char* text : {"binary32", "float(8,12)", "bfloat16", "binary16:sat", "fixed(7,8)",
                           "fixed(15,16)", "fixed(60,60)", "F(4,6)", "F(0,30)"}) {
    against_words(text, 2500);
  }
  for (const char* text : {"binary64", "binary128", "F(8,50)"}) against_words(text, 300);
}
