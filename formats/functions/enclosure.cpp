// Enclosures on MPFR's directed rounding. Monotone functions map ends to ends; the products x s(x) (silu,
// gelu) are enclosed as products; sin and cos by |f(x) - f(y)| <= |x - y|.
#include "formats/functions/enclosure.hpp"

#include <array>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "formats/functions/mpfr.hpp"
#include "formats/notation/text.hpp"

namespace roundoff::formats {

struct Enclosure::Ends {
  Big low, high;
  explicit Ends(mpfr_prec_t bits) : low(bits), high(bits) {}
  mpfr_prec_t bits() const { return mpfr_get_prec(static_cast<mpfr_srcptr>(low)); }
  /// Of an operation that is monotone in each operand: the extremes lie at the four corners.
  using Corner = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t);
  static Enclosure of_corners(const Enclosure& a, const Enclosure& b, Corner corner);
};

namespace {

// MPFR's comparisons are macros that cast; these take Big as it is.
mpfr_srcptr of(const Big& x) { return x; }
bool is_nan(const Big& x) { return mpfr_nan_p(of(x)) != 0; }
bool is_zero(const Big& x) { return mpfr_zero_p(of(x)) != 0; }
int sign(const Big& x) { return mpfr_sgn(of(x)); }
bool less(const Big& a, const Big& b) { return mpfr_less_p(of(a), of(b)) != 0; }

/// 0 * inf is 0 at an end: the other factor's interval reaches infinity, its members do not have to.
int multiply(mpfr_ptr to, mpfr_srcptr a, mpfr_srcptr b, mpfr_rnd_t rounding) {
  if (mpfr_zero_p(a) == 0 && mpfr_zero_p(b) == 0) return mpfr_mul(to, a, b, rounding);
  mpfr_set_zero(to, 1);
  return 0;
}

Value to_value(const Big& end, mpfr_rnd_t outwards) {
  if (is_nan(end)) return Value::nan();
  if (mpfr_inf_p(of(end)) != 0) return Value::infinity(sign(end) < 0);
  if (is_zero(end)) return Value::zero();
  constexpr int bits = 113;
  Big rounded(bits);
  mpfr_set(rounded, of(end), outwards);
  const Exact exact = to_exact(rounded);
  // MPFR's exponents have 64 bits, a Value's 32. Beyond, the next number outwards that there is.
  const bool away = exact.negative == (outwards == MPFR_RNDD);
  constexpr std::int64_t least = std::numeric_limits<std::int32_t>::min(),
                         most = std::numeric_limits<std::int32_t>::max();
  if (exact.exponent > most - bits)
    return away ? Value::infinity(exact.negative) : Value::scaled(exact.negative, 1, most - bits);
  if (exact.exponent < least) return away ? Value::scaled(exact.negative, 1, least + bits) : Value::zero();
  u128 significand = 0;
  for (int word = 1; word >= 0; --word)
    significand = significand << 64 |
                  static_cast<std::uint64_t>((exact.significand >> static_cast<unsigned>(64 * word)) &
                                             ~std::uint64_t{0});
  return Value::scaled(exact.negative, significand, exact.exponent);
}

using Unary = int (*)(mpfr_ptr, mpfr_srcptr, mpfr_rnd_t);

}  // namespace

Enclosure::Enclosure(std::unique_ptr<Ends> ends) : ends_(std::move(ends)) {
  if (is_nan(ends_->low) || is_nan(ends_->high)) {
    mpfr_set_nan(ends_->low);
    mpfr_set_nan(ends_->high);
  }
}

Enclosure::Enclosure(const Value& value, int bits) : ends_(std::make_unique<Ends>(bits)) {
  const MpfrRange range;
  if (value.is_nan()) {
    mpfr_set_nan(ends_->low);
    mpfr_set_nan(ends_->high);
  } else if (value.is_infinite()) {
    mpfr_set_inf(ends_->low, value.negative ? -1 : 1);
    mpfr_set_inf(ends_->high, value.negative ? -1 : 1);
  } else if (value.is_zero()) {
    mpfr_set_zero(ends_->low, 1);
    mpfr_set_zero(ends_->high, 1);
  } else {
    const Big exact = Big::of(value);
    mpfr_set(ends_->low, of(exact), MPFR_RNDD);
    mpfr_set(ends_->high, of(exact), MPFR_RNDU);
  }
}

Enclosure::Enclosure(const Enclosure& other) : ends_(std::make_unique<Ends>(*other.ends_)) {}
Enclosure::Enclosure(Enclosure&&) noexcept = default;
Enclosure& Enclosure::operator=(Enclosure other) noexcept {
  ends_ = std::move(other.ends_);
  return *this;
}
Enclosure::~Enclosure() = default;

Enclosure Enclosure::pi(int bits) {
  const MpfrRange range;
  auto ends = std::make_unique<Ends>(bits);
  mpfr_const_pi(ends->low, MPFR_RNDD);
  mpfr_const_pi(ends->high, MPFR_RNDU);
  return Enclosure(std::move(ends));
}

bool Enclosure::indefinite() const { return is_nan(ends_->low); }
bool Enclosure::is_zero() const { return formats::is_zero(ends_->low) && formats::is_zero(ends_->high); }
Value Enclosure::low() const { return to_value(ends_->low, MPFR_RNDD); }
Value Enclosure::high() const { return to_value(ends_->high, MPFR_RNDU); }

namespace {

/// As %.16g writes it. (MPFR's own printf is not there where it is built on the small GMP.)
std::string short_decimal(mpfr_srcptr number) {
  constexpr int most_digits = 16;
  if (mpfr_number_p(number) == 0 || mpfr_zero_p(number) != 0)
    return mpfr_nan_p(number) != 0 ? "nan" : fmt::format("{}", mpfr_get_d(number, MPFR_RNDN));
  std::array<char, most_digits + 8> text{};
  mpfr_exp_t point = 0;  // 0.DIGITS * 10^point
  mpfr_get_str(text.data(), &point, 10, most_digits, number, MPFR_RNDN);
  std::string digits = text.data(), sign;
  if (digits[0] == '-') {
    sign = "-";
    digits.erase(0, 1);
  }
  digits.erase(digits.find_last_not_of('0') + 1);
  const auto count = static_cast<mpfr_exp_t>(digits.size());
  const mpfr_exp_t exponent = point - 1;
  if (exponent < -4 || exponent >= most_digits) {
    if (count > 1) digits.insert(1, ".");
    return fmt::format("{}{}e{}{:02}", sign, digits, exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  if (point >= count) return sign + digits + std::string(static_cast<std::size_t>(point - count), '0');
  return sign + digits.insert(static_cast<std::size_t>(point), ".");
}

}  // namespace

std::string Enclosure::decimal() const {
  const MpfrRange range;
  if (!indefinite() && mpfr_equal_p(of(ends_->low), of(ends_->high)) != 0) {
    const Value value = low();
    if (value == high() && (!value.is_finite() || value.is_zero() || bit_width(value.significand) <= 53))
      return formats::decimal(value);
  }
  Big middle(ends_->bits() + 1);
  mpfr_add(middle, of(ends_->low), of(ends_->high), MPFR_RNDN);
  mpfr_div_2ui(middle, of(middle), 1, MPFR_RNDN);
  return short_decimal(middle);
}

Enclosure operator+(const Enclosure& a, const Enclosure& b) {
  const MpfrRange range;
  auto ends = std::make_unique<Enclosure::Ends>(a.ends_->bits());
  mpfr_add(ends->low, of(a.ends_->low), of(b.ends_->low), MPFR_RNDD);
  mpfr_add(ends->high, of(a.ends_->high), of(b.ends_->high), MPFR_RNDU);
  return Enclosure(std::move(ends));
}

Enclosure operator-(const Enclosure& a, const Enclosure& b) {
  const MpfrRange range;
  auto ends = std::make_unique<Enclosure::Ends>(a.ends_->bits());
  mpfr_sub(ends->low, of(a.ends_->low), of(b.ends_->high), MPFR_RNDD);
  mpfr_sub(ends->high, of(a.ends_->high), of(b.ends_->low), MPFR_RNDU);
  return Enclosure(std::move(ends));
}

Enclosure Enclosure::Ends::of_corners(const Enclosure& a, const Enclosure& b, Corner corner) {
  const MpfrRange range;
  auto ends = std::make_unique<Ends>(a.ends_->bits());
  if (a.indefinite() || b.indefinite()) {
    mpfr_set_nan(ends->low);
    return Enclosure(std::move(ends));
  }
  const auto& [p, q] = *a.ends_;
  const auto& [r, s] = *b.ends_;
  Big end(ends->bits());
  corner(ends->low, of(p), of(r), MPFR_RNDD);
  corner(ends->high, of(p), of(r), MPFR_RNDU);
  for (const auto& [x, y] : {std::pair{&p, &s}, std::pair{&q, &r}, std::pair{&q, &s}}) {
    corner(end, of(*x), of(*y), MPFR_RNDD);
    if (is_nan(end) || less(end, ends->low)) mpfr_set(ends->low, of(end), MPFR_RNDD);
    corner(end, of(*x), of(*y), MPFR_RNDU);
    if (is_nan(end) || less(ends->high, end)) mpfr_set(ends->high, of(end), MPFR_RNDU);
  }
  return Enclosure(std::move(ends));
}

Enclosure operator*(const Enclosure& a, const Enclosure& b) {
  return Enclosure::Ends::of_corners(a, b, multiply);
}

Enclosure operator/(const Enclosure& a, const Enclosure& b) {
  const bool by_zero = !b.indefinite() && sign(b.ends_->low) <= 0 && sign(b.ends_->high) >= 0;
  return Enclosure::Ends::of_corners(
      a, by_zero ? Enclosure(Value::nan(), static_cast<int>(b.ends_->bits())) : b, mpfr_div);
}

Enclosure maximum(const Enclosure& a, const Enclosure& b) {
  if (a.indefinite()) return a;
  if (b.indefinite()) return b;
  Enclosure larger = a;
  if (less(larger.ends_->low, b.ends_->low)) mpfr_set(larger.ends_->low, of(b.ends_->low), MPFR_RNDD);
  if (less(larger.ends_->high, b.ends_->high)) mpfr_set(larger.ends_->high, of(b.ends_->high), MPFR_RNDU);
  return larger;
}

Enclosure apply(Function function, const Enclosure& x) {
  const MpfrRange range;
  // Not a structured binding: clang 14's lambdas cannot capture one.
  const Big &low = x.ends_->low, &high = x.ends_->high;
  auto ends = std::make_unique<Enclosure::Ends>(x.ends_->bits());
  const auto rising = [&](Unary f) {
    f(ends->low, of(low), MPFR_RNDD);
    f(ends->high, of(high), MPFR_RNDU);
    return Enclosure(std::move(ends));
  };
  const auto falling = [&](Unary f) {
    f(ends->low, of(high), MPFR_RNDD);
    f(ends->high, of(low), MPFR_RNDU);
    return Enclosure(std::move(ends));
  };
  const auto number = [&](std::int64_t integer) {
    return Enclosure(Value::integer(integer), static_cast<int>(x.ends_->bits()));
  };
  // |f(x) - f(y)| <= |x - y|
  const auto contraction = [&](Unary f) {
    Big width(ends->bits());
    mpfr_sub(width, of(high), of(low), MPFR_RNDU);
    f(ends->low, of(low), MPFR_RNDD);
    f(ends->high, of(low), MPFR_RNDU);
    mpfr_sub(ends->low, of(ends->low), of(width), MPFR_RNDD);
    mpfr_add(ends->high, of(ends->high), of(width), MPFR_RNDU);
    return Enclosure(std::move(ends));
  };
  switch (function) {
    case Function::identity:
      return x;
    case Function::relu:
      return maximum(x, number(0));
    case Function::exp:
      return rising(mpfr_exp);
    case Function::log:
      return rising(mpfr_log);
    case Function::erf:
      return rising(mpfr_erf);
    case Function::tanh:
      return rising(mpfr_tanh);
    case Function::sqrt:
      return rising(mpfr_sqrt);
    case Function::rsqrt:
      if (sign(low) <= 0) {  // also NaN: mpfr_sgn of NaN is 0
        mpfr_set_nan(ends->low);
        return Enclosure(std::move(ends));
      }
      return falling(mpfr_rec_sqrt);
    case Function::reciprocal:
      if (x.indefinite() || (sign(low) <= 0 && sign(high) >= 0)) {
        mpfr_set_nan(ends->low);
        return Enclosure(std::move(ends));
      }
      return falling([](mpfr_ptr to, mpfr_srcptr from, mpfr_rnd_t r) { return mpfr_ui_div(to, 1, from, r); });
    case Function::sin:
      return contraction(mpfr_sin);
    case Function::cos:
      return contraction(mpfr_cos);
    case Function::step:
      if (x.indefinite()) return x;
      mpfr_set_ui(ends->low, sign(low) >= 0 ? 1 : 0, MPFR_RNDN);
      mpfr_set_ui(ends->high, sign(high) >= 0 ? 1 : 0, MPFR_RNDN);
      return Enclosure(std::move(ends));
    case Function::sigmoid:  // 1 / (1 + e^-x)
      return apply(Function::reciprocal, number(1) + apply(Function::exp, number(0) - x));
    case Function::silu:
      return x * apply(Function::sigmoid, x);
    case Function::gelu: {  // x (1 + erf(x / sqrt 2)) / 2
      const Enclosure root = apply(Function::sqrt, number(2));
      return x * (number(1) + apply(Function::erf, x / root)) / number(2);
    }
    case Function::gelu_tanh: {  // x s(2u), u = sqrt(2/pi) (x + 0.044715 x^3)
      mpfr_const_pi(ends->low, MPFR_RNDD);
      mpfr_const_pi(ends->high, MPFR_RNDU);
      const Enclosure c = apply(Function::sqrt, number(8) / Enclosure(std::move(ends)));
      const Enclosure cubic = number(1) + x * x * (number(8943) / number(200000));
      return x * apply(Function::sigmoid, c * x * cubic);
    }
  }
  throw std::logic_error("a function without an enclosure");
}

bool certainly_less(const Enclosure& a, const Enclosure& b) { return less(a.ends_->high, b.ends_->low); }
bool certainly_at_most(const Enclosure& a, const Enclosure& b) {
  return mpfr_lessequal_p(of(a.ends_->high), of(b.ends_->low)) != 0;
}

}  // namespace roundoff::formats
