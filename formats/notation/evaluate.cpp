// Exact evaluation of family expressions. A value is a rational r, or r + lg(q)/d with rational q (closed
// under + - and rational factors; rational exactly when q is a power of two, so that nothing is ever decided
// by a double), or else (lg of an irrational, products of logarithms) a recipe for an enclosure of any
// precision. Roundings and comparisons of irrationals refine the enclosure until it decides; what 2^13 bits
// do not decide is refused.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include <boost/multiprecision/cpp_int.hpp>

#include "formats/functions/mpfr.hpp"
#include "formats/notation/expression.hpp"

namespace roundoff::formats {
namespace {

using Node = Expression::Kind;
using Rational =
    boost::multiprecision::number<boost::multiprecision::cpp_rational_backend, boost::multiprecision::et_off>;
using Recipe = std::function<Interval(mpfr_prec_t)>;

constexpr mpfr_prec_t most_precision = 1 << 13;
constexpr unsigned most_rational_bits = 1 << 16;  // of q in lg(q)/d, and of any rational

struct Number {
  Rational rational = 0;
  Rational q = 1;  ///< the value is rational + lg(q)/d, unless `recipe` is set
  Integer d = 1;
  std::shared_ptr<Recipe> recipe;

  bool is_rational() const { return !recipe && q == 1; }
};

unsigned size(const Rational& r) {
  return static_cast<unsigned>(msb(Integer(abs(numerator(r)) + 1)) + msb(denominator(r)));
}

Big exactly(const Integer& integer) {
  Big big(static_cast<mpfr_prec_t>(msb(Integer(abs(integer) + 1))) + 1);
  mpfr_set_str(big, integer.str().c_str(), 10, MPFR_RNDN);
  return big;
}

void set(mpfr_ptr to, const Rational& r, mpfr_rnd_t rounding) {
  const Big above = exactly(numerator(r)), below = exactly(denominator(r));
  mpfr_div(to, above, below, rounding);
}

Interval enclose(const Number& x, mpfr_prec_t w) {
  if (x.recipe) return (*x.recipe)(w);
  Interval result(w);
  auto end = [&](mpfr_ptr to, mpfr_rnd_t r) {
    Big part(w);
    set(to, x.rational, r);
    if (x.q == 1) return;
    set(part, x.q, r);
    mpfr_log2(part, part, r);
    Big d(w);
    set(d, Rational(x.d),
        (mpfr_sgn(static_cast<mpfr_srcptr>(part)) > 0) == (r == MPFR_RNDU) ? MPFR_RNDD : MPFR_RNDU);
    mpfr_div(part, part, d, r);
    mpfr_add(to, to, part, r);
  };
  end(result.low, MPFR_RNDD);
  end(result.high, MPFR_RNDU);
  return result;
}

class Evaluator {
 public:
  Evaluator(const Bindings& bindings, const Cursor& in) : bindings_(bindings), in_(in) {}

  Number value(const Expression& e) {
    switch (e.kind) {
      case Node::number:
        return of(Rational(e.numerator, e.denominator));
      case Node::variable:
        return of(Rational(bound(e.variable, e.at)));
      case Node::plus:
        return sum(value(e.parts[0]), value(e.parts[1]), false, e.at);
      case Node::minus:
        return sum(value(e.parts[0]), value(e.parts[1]), true, e.at);
      case Node::times:
        return product(value(e.parts[0]), value(e.parts[1]), e.at);
      case Node::over:
        return quotient(value(e.parts[0]), value(e.parts[1]), e.at);
      case Node::lg:
        return lg(value(e.parts[0]), e.at);
      case Node::logp: {
        const std::int64_t p = bound('p', e.at);
        if (p < 2) in_.fail(e.at, "logp needs a base p of at least 2, and p is " + std::to_string(p));
        return quotient(lg(value(e.parts[0]), e.at), lg(of(Rational(p)), e.at), e.at);
      }
      case Node::ceil:
        return of(Rational(rounded(value(e.parts[0]), true, e.at)));
      case Node::floor:
        return of(Rational(rounded(value(e.parts[0]), false, e.at)));
      case Node::min:
      case Node::max: {
        Number best = value(e.parts[0]);
        for (std::size_t i = 1; i < e.parts.size(); ++i) {
          Number other = value(e.parts[i]);
          const int sign = sign_of(sum(other, best, true, e.at), e.at);
          if (e.kind == Node::min ? sign < 0 : sign > 0) best = std::move(other);
        }
        return best;
      }
    }
    return {};
  }

  /// Up to the next integer, or down.
  Integer rounded(const Number& x, bool up, std::size_t at) {
    if (x.is_rational()) {
      const Integer a = numerator(x.rational), b = denominator(x.rational);
      Integer whole = a / b;  // towards zero
      const bool inexact = whole * b != a;
      if (inexact && up == (a > 0)) whole += up ? 1 : -1;
      return whole;
    }
    for (mpfr_prec_t w = 128; w <= most_precision; w *= 2) {
      const Interval enclosure = enclose(x, w);
      const mpfr_srcptr low = enclosure.low, high = enclosure.high;
      if (mpfr_number_p(low) == 0 || mpfr_number_p(high) == 0) continue;
      if (std::max(mpfr_get_exp(low), mpfr_get_exp(high)) > 62) in_.fail(at, "the value is too large");
      const mpfr_rnd_t towards = up ? MPFR_RNDU : MPFR_RNDD;
      const std::int64_t first = mpfr_get_sj(low, towards), second = mpfr_get_sj(high, towards);
      if (first == second) return first;
    }
    in_.fail(at,
             "the value is too close to an integer to be decided; write it without products of logarithms");
  }

 private:
  static Number of(Rational r) {
    Number x;
    x.rational = std::move(r);
    return x;
  }
  static Number of(Recipe recipe) {
    Number x;
    x.recipe = std::make_shared<Recipe>(std::move(recipe));
    return x;
  }

  std::int64_t bound(char variable, std::size_t at) {
    const std::optional<std::int64_t>* slot = nullptr;
    switch (variable) {
      case 'n':
        slot = &bindings_.n;
        break;
      case 'k':
        slot = &bindings_.k;
        break;
      case 'p':
        slot = &bindings_.p;
        break;
      case 'l':
        slot = &bindings_.l;
        break;
      case 'c':
        slot = &bindings_.c;
        break;
      default:
        slot = &bindings_.N;
        break;
    }
    if (!*slot)
      in_.fail(at, std::string(variable == 'p' ? "the base p" : std::string("the variable ") + variable) +
                       " has no value; give one, as in " + variable + "=8");
    return **slot;
  }

  void check(const Number& x, std::size_t at) const {
    if (size(x.rational) > most_rational_bits) in_.fail(at, "the value is too large");
  }

  /// lg(q)/d becomes rational where q is a power of two.
  static void settle(Number& x) {
    const Integer a = numerator(x.q), b = denominator(x.q);
    if ((a & (a - 1)) != 0 || (b & (b - 1)) != 0) return;
    const auto exponent = static_cast<std::int64_t>(msb(a)) - static_cast<std::int64_t>(msb(b));
    x.rational += Rational(Integer(exponent), x.d);
    x.q = 1;
    x.d = 1;
  }

  static Rational power(const Rational& base, const Integer& exponent) {  // small exponents only
    const auto times = static_cast<unsigned>(abs(exponent));
    const Rational up(pow(numerator(base), times), pow(denominator(base), times));
    return exponent < 0 ? Rational(1) / up : up;
  }
  static bool small_power(const Rational& base, const Integer& exponent) {
    return abs(exponent) <= most_rational_bits &&
           Integer(abs(exponent)) * (size(base) + 1) <= most_rational_bits;
  }

  Number sum(const Number& a, Number b, bool minus, std::size_t at) {
    if (!a.recipe && !b.recipe) {
      const Integer g = gcd(a.d, b.d), up_a = b.d / g, up_b = (minus ? Integer(-1) : Integer(1)) * (a.d / g);
      if (small_power(a.q, up_a) && small_power(b.q, up_b)) {
        Number s;
        s.rational = minus ? Rational(a.rational - b.rational) : Rational(a.rational + b.rational);
        s.d = a.d * up_a;
        s.q = power(a.q, up_a) * power(b.q, up_b);
        settle(s);
        check(s, at);
        return s;
      }
    }
    return of([a, b, minus](mpfr_prec_t w) {
      Interval x = enclose(a, w);
      const Interval y = enclose(b, w);
      if (minus) {
        mpfr_sub(x.low, x.low, y.high, MPFR_RNDD);
        mpfr_sub(x.high, x.high, y.low, MPFR_RNDU);
      } else {
        mpfr_add(x.low, x.low, y.low, MPFR_RNDD);
        mpfr_add(x.high, x.high, y.high, MPFR_RNDU);
      }
      return x;
    });
  }

  Number product(const Number& a, const Number& b, std::size_t at) {
    if (a.is_rational() && b.is_rational()) {
      Number x = of(Rational(a.rational * b.rational));
      check(x, at);
      return x;
    }
    if (b.is_rational()) return product(b, a, at);
    if (a.is_rational() && !b.recipe) {
      if (a.rational == 0) return of(Rational(0));
      const Integer up = numerator(a.rational);
      if (small_power(b.q, up)) {
        Number x;
        x.rational = a.rational * b.rational;
        x.q = power(b.q, up);
        x.d = b.d * denominator(a.rational);
        settle(x);
        check(x, at);
        return x;
      }
    }
    return of([a, b](mpfr_prec_t w) { return times(enclose(a, w), enclose(b, w), w); });
  }

  static Interval times(const Interval& x, const Interval& y, mpfr_prec_t w) {
    Interval result(w);
    bool first = true;
    for (mpfr_srcptr u : {static_cast<mpfr_srcptr>(x.low), static_cast<mpfr_srcptr>(x.high)}) {
      for (mpfr_srcptr v : {static_cast<mpfr_srcptr>(y.low), static_cast<mpfr_srcptr>(y.high)}) {
        Big low(w), high(w);
        mpfr_mul(low, u, v, MPFR_RNDD);
        mpfr_mul(high, u, v, MPFR_RNDU);
        if (first || mpfr_less_p(static_cast<mpfr_srcptr>(low), static_cast<mpfr_srcptr>(result.low)) != 0)
          mpfr_set(result.low, low, MPFR_RNDD);
        if (first ||
            mpfr_greater_p(static_cast<mpfr_srcptr>(high), static_cast<mpfr_srcptr>(result.high)) != 0)
          mpfr_set(result.high, high, MPFR_RNDU);
        first = false;
      }
    }
    return result;
  }

  Number quotient(const Number& a, const Number& b, std::size_t at) {
    if (sign_of(b, at) == 0) in_.fail(at, "division by zero");
    if (b.is_rational()) return product(a, of(Rational(1 / b.rational)), at);
    if (a.is_rational() && a.rational == 0) return a;
    if (!a.recipe && !b.recipe && a.rational == 0 && b.rational == 0) {
      if (const std::optional<Rational> ratio = ratio_of_logarithms(a.q, b.q)) {
        return of(Rational(*ratio * Rational(b.d, a.d)));
      }
    }
    return of([a, b](mpfr_prec_t w) {
      Interval y = enclose(b, w);
      Interval inverse(w);  // of what is not zero; wide where the enclosure still holds zero
      if (mpfr_sgn(static_cast<mpfr_srcptr>(y.low)) * mpfr_sgn(static_cast<mpfr_srcptr>(y.high)) <= 0) {
        mpfr_set_inf(inverse.low, -1);
        mpfr_set_inf(inverse.high, 1);
      } else {
        mpfr_ui_div(inverse.low, 1, y.high, MPFR_RNDD);
        mpfr_ui_div(inverse.high, 1, y.low, MPFR_RNDU);
      }
      return times(enclose(a, w), inverse, w);
    });
  }

  /// x = root^exponent with the largest exponent, for x != 1 of moderate size.
  static std::pair<Rational, int> primitive_root(const Rational& x) {
    auto root = [](const Integer& y, unsigned k) {  // floor of the k-th root
      Integer low = 0, high = Integer(1) << (static_cast<unsigned>(msb(y)) / k + 1);
      while (high - low > 1) {
        const Integer middle = (low + high) / 2;
        (pow(middle, k) <= y ? low : high) = middle;
      }
      return low;
    };
    for (unsigned k = std::min(size(x), 512U); k > 1; --k) {
      const Integer a = root(numerator(x), k), b = root(denominator(x), k);
      if (pow(a, k) == numerator(x) && pow(b, k) == denominator(x))
        return {Rational(a, b), static_cast<int>(k)};
    }
    return {x, 1};
  }

  /// lg(a)/lg(b) where it is rational: exactly when a and b are powers of one number (a, b > 0, b != 1).
  static std::optional<Rational> ratio_of_logarithms(const Rational& a, const Rational& b) {
    if (a == 1) return Rational(0);
    const auto [root_a, u] = primitive_root(a);
    const auto [root_b, v] = primitive_root(b);
    if (root_a == root_b) return Rational(u, v);
    if (root_a * root_b == 1) return Rational(-u, v);
    return std::nullopt;
  }

  Number lg(const Number& x, std::size_t at) {
    if (sign_of(x, at) <= 0) in_.fail(at, "the logarithm of a number that is not positive");
    if (x.is_rational()) {
      Number result;
      result.q = x.rational;
      settle(result);
      return result;
    }
    return of([x](mpfr_prec_t w) {
      Interval y = enclose(x, w);
      mpfr_log2(y.low, y.low,
                MPFR_RNDD);  // NaN while the enclosure holds numbers below zero: not decided yet
      mpfr_log2(y.high, y.high, MPFR_RNDU);
      return y;
    });
  }

  int sign_of(const Number& x, std::size_t at) {
    if (x.is_rational()) return x.rational < 0 ? -1 : x.rational > 0 ? 1 : 0;
    for (mpfr_prec_t w = 128; w <= most_precision; w *= 2) {
      const Interval enclosure = enclose(x, w);
      const mpfr_srcptr low = enclosure.low, high = enclosure.high;
      if (mpfr_nan_p(low) == 0 && mpfr_sgn(low) > 0) return 1;
      if (mpfr_nan_p(high) == 0 && mpfr_sgn(high) < 0) return -1;
    }
    in_.fail(at, "the sign of a value cannot be decided; write it without products of logarithms");
  }

  const Bindings& bindings_;
  const Cursor& in_;
};

}  // namespace

std::int64_t evaluate_up(const Expression& expression, const Bindings& bindings, const Cursor& in) {
  if (expression.kind == Expression::Kind::number && expression.denominator == 1)
    return static_cast<std::int64_t>(expression.numerator);
  const MpfrRange range;
  Evaluator evaluator(bindings, in);
  const Integer up = evaluator.rounded(evaluator.value(expression), true, expression.at);
  if (abs(up) > Integer(std::int64_t{1} << 62)) in.fail(expression.at, "the value is too large");
  return static_cast<std::int64_t>(up);
}

}  // namespace roundoff::formats
