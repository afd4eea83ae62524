#include "formats/functions/rotary_angles.hpp"

#include "formats/error.hpp"
#include "formats/functions/mpfr.hpp"
#include "formats/rounding/rounding.hpp"

namespace roundoff::formats {
namespace {

constexpr mpfr_prec_t bits = 256;  // above every format's precision and the 64 bits that `sr` wants

void check(const Angle& angle) {
  const auto sane = [](const Value& value) {
    return value.is_zero() ||
           (value.is_finite() && std::abs(leading_exponent(value)) <= 64 && value.exponent >= -512);
  };
  if (!sane(angle.position) || !sane(angle.period) || angle.period.negative)
    throw UsageError("a rotary angle must lie below 2^64, and its period must be positive");
  if (!angle.period.is_zero() && bit_width(angle.period.significand) > 63)
    throw UsageError("a rotary period may have at most 63 significant bits");
}

using Plain = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);
using PerTurn = int (*)(mpfr_ptr, mpfr_srcptr, unsigned long, mpfr_rnd_t);

Rounded rounded(const Angle& angle, Plain radians, PerTurn turns, const Format& format, Draw draw) {
  check(angle);
  const MpfrRange range;
  Big x = Big::of(angle.position), y(bits);
  int inexact = 0;
  if (angle.period.is_zero()) {
    inexact = radians(y, x, MPFR_RNDZ);
  } else {
    mpfr_mul_2si(x, x, -static_cast<long>(angle.period.exponent), MPFR_RNDN);
    inexact = turns(y, x, static_cast<unsigned long>(angle.period.significand), MPFR_RNDZ);
  }
  if (mpfr_zero_p(static_cast<mpfr_srcptr>(y))) return round_zero(false, format);
  Exact exact = to_exact(y);
  exact.sticky = inexact != 0;
  return round(exact, format, draw);
}

}  // namespace

Rounded cosine(const Angle& angle, const Format& format, Draw draw) {
  return rounded(angle, mpfr_cos, mpfr_cosu, format, draw);
}

Rounded sine(const Angle& angle, const Format& format, Draw draw) {
  return rounded(angle, mpfr_sin, mpfr_sinu, format, draw);
}

Value scaled_sum(std::int64_t position, const Value& factor, const Value& shift) {
  const Exact exact =
      sum(product(Exact::of(Value::integer(position)), Exact::of(factor)), Exact::of(shift), false);
  if (exact.significand == 0) return Value::zero();
  const Integer& s = exact.significand;
  const auto low = static_cast<unsigned>(lsb(s)), high = static_cast<unsigned>(msb(s));
  if (high - low >= 120) throw UsageError("a rotary angle has more than 120 significant bits");
  const Integer odd = s >> low;
  const u128 word = static_cast<u128>(static_cast<std::uint64_t>(odd >> 64)) << 64 |
                    static_cast<std::uint64_t>(odd & 0xffffffffffffffffULL);
  return Value::scaled(exact.negative, word, exact.exponent + low);
}

}  // namespace roundoff::formats
