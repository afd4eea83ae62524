// A number is its digits d_0 .. d_(m-1) and a sign bit s, with the value D - s B^m, D = sum d_j B^j (complement
// to B: the digits of -1 are all B - 1). Then not(x) = -1 - x complements every digit and the sign, and sums of
// digits with carries add numbers of either sign: with both extended to m digits, D_x + D_y = R + c B^m, and the
// sign of the sum is s_x + s_y - c, which is 0 or 1 as m leaves room for the sum.
#include "constructions/expressions/symbolic.hpp"

#include <algorithm>

#include "constructions/expressions/evaluate.hpp"
#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

using Kind = IntegerExpression::Kind;

struct Unsupported {};

/// Divisors up to this are constants that a remainder is kept modulo.
constexpr std::int64_t most_modulus = 4096;
constexpr std::int64_t most_exponent = 64;

struct Signed {
  Number digits;
  std::optional<Term> negative;  ///< the sign; nothing where it is never negative
  std::optional<Term> error;     ///< 1 where there is no value
};

class Symbolic {
 public:
  Symbolic(Integers& integers, std::span<const Number> operands, std::int64_t base)
      : z_(integers), operands_(operands), base_(base) {}

  Number answer(const IntegerExpression& expression, int count, std::int64_t leading) {
    const Signed value = of(expression);
    std::optional<Term> error = join(value.error, value.negative);
    Number digits;
    for (std::size_t j = 0; j < std::max(value.digits.size(), static_cast<std::size_t>(count)); ++j) {
      const Term digit = j < value.digits.size() ? value.digits[j] : constant(0);
      if (j + 1 < static_cast<std::size_t>(count)) {
        digits.push_back(digit);
        continue;
      }
      const std::int64_t most = j + 1 == static_cast<std::size_t>(count) ? leading : 1;
      if (most == leading && j + 1 == static_cast<std::size_t>(count)) digits.push_back(digit);
      if (most < base_)
        error = join(error, z_.map(digit, [most](std::int64_t d) { return std::int64_t{d >= most}; }));
    }
    if (error)
      for (Term& digit : digits)
        digit = z_.map(*error, digit, [](std::int64_t e, std::int64_t d) { return e != 0 ? -1 : d; });
    return digits;
  }

 private:
  Term constant(std::int64_t value) { return z_.constant(value); }
  std::optional<Term> join(std::optional<Term> a, std::optional<Term> b) {
    if (!a || !b) return a ? a : b;
    return z_.map(*a, *b, [](std::int64_t x, std::int64_t y) { return std::int64_t{x != 0 || y != 0}; });
  }
  static bool depends(const IntegerExpression& e) {
    return e.kind == Kind::operand || std::any_of(e.parts.begin(), e.parts.end(), depends);
  }
  static std::optional<std::int64_t> small_constant(const IntegerExpression& e) {
    return depends(e) ? std::nullopt : to_int64(evaluate(e, {}));
  }

  Signed number(Integer value) {
    Signed result;
    if (value < 0) {
      result.negative = constant(1);
      value = -1 - value;  // whose complement it is
    }
    for (; value != 0; value /= base_) {
      const auto digit = static_cast<std::int64_t>(Integer(value % base_));
      result.digits.push_back(constant(result.negative ? base_ - 1 - digit : digit));
    }
    return result;
  }
  /// Of a term 0 .. most.
  Signed small(Term term, std::int64_t most) {
    Signed result;
    std::int64_t weight = 1;
    do {
      result.digits.push_back(z_.map(term, [this, weight](std::int64_t t) { return t / weight % base_; }));
      weight *= base_;
    } while (weight <= most);
    return result;
  }

  Term digit(const Signed& x, std::size_t j) {
    if (j < x.digits.size()) return x.digits[j];
    if (!x.negative) return constant(0);
    return z_.map(*x.negative, [this](std::int64_t s) { return s * (base_ - 1); });
  }
  Term sign(const Signed& x) { return x.negative ? *x.negative : constant(0); }

  Signed complement(const Signed& x) {
    Signed result;
    for (const Term d : x.digits)
      result.digits.push_back(z_.map(d, [this](std::int64_t t) { return base_ - 1 - t; }));
    result.negative = z_.map(sign(x), [](std::int64_t s) { return 1 - s; });
    result.error = x.error;
    return result;
  }
  Signed add(const Signed& x, const Signed& y, bool one_more = false) {
    const std::size_t m = std::max(x.digits.size(), y.digits.size()) + 1;
    const bool plain = !x.negative && !y.negative;
    Signed result;
    result.digits = z_.digits_of_columns(base_, static_cast<int>(plain ? m : m + 1), [&](int column) {
      const auto j = static_cast<std::size_t>(column);
      std::vector<Term> terms;
      for (const Signed* each : {&x, &y})
        if (j < m && (j < each->digits.size() || each->negative)) terms.push_back(digit(*each, j));
      if (j == 0 && one_more) terms.push_back(constant(1));
      return terms;
    });
    if (!plain) {
      const Term carry = result.digits.back();
      result.digits.pop_back();
      const Term signs = z_.map(sign(x), sign(y), [](std::int64_t a, std::int64_t b) { return a + b; });
      result.negative = z_.map(signs, carry, [](std::int64_t s, std::int64_t c) { return s - c; });
    }
    result.error = join(x.error, y.error);
    return result;
  }
  Signed subtract(const Signed& x, const Signed& y) { return add(x, complement(y), true); }
  Signed negate(const Signed& x) { return add(complement(x), Signed{}, true); }

  Term choose(Term c, Term a, Term b) {
    const Term first = z_.map(c, a, [](std::int64_t x, std::int64_t y) { return x != 0 ? y : -1; });
    return z_.map(first, b, [](std::int64_t x, std::int64_t y) { return x >= 0 ? x : y; });
  }
  /// x where c is not 0, else y.
  Signed choose(Term c, const Signed& x, const Signed& y) {
    Signed result;
    for (std::size_t j = 0; j < std::max(x.digits.size(), y.digits.size()); ++j)
      result.digits.push_back(choose(c, digit(x, j), digit(y, j)));
    if (x.negative || y.negative) result.negative = choose(c, sign(x), sign(y));
    if (x.error || y.error)
      result.error = choose(c, x.error.value_or(constant(0)), y.error.value_or(constant(0)));
    return result;
  }
  Signed magnitude(const Signed& x) { return x.negative ? choose(*x.negative, negate(x), x) : x; }

  Term nonzero(const Signed& x) {
    Term any = sign(x);
    for (const Term d : x.digits)
      any = z_.map(any, d, [](std::int64_t a, std::int64_t b) { return std::int64_t{a != 0 || b != 0}; });
    return any;
  }
  /// -1, 0 or 1 as x is less than, equal to or greater than y.
  Term compare(const Signed& x, const Signed& y) {
    Term state = constant(0);
    const auto decide = [&](Term a, Term b) {
      const Term here = z_.map(
          a, b, [](std::int64_t s, std::int64_t t) { return std::int64_t{s > t} - std::int64_t{s < t}; });
      state = z_.map(here, state, [](std::int64_t h, std::int64_t below) { return h != 0 ? h : below; });
    };
    for (std::size_t j = 0; j < std::max(x.digits.size(), y.digits.size()); ++j)
      decide(digit(x, j), digit(y, j));
    if (x.negative || y.negative) decide(sign(y), sign(x));
    return state;
  }
  Signed bit(Term term, const Signed& x, const Signed& y = {}) {
    Signed result;
    result.digits = {term};
    result.error = join(x.error, y.error);
    return result;
  }

  Signed multiply(const Signed& x, const Signed& y) {
    const Signed a = magnitude(x), b = magnitude(y);
    Signed product;
    product.digits =
        z_.digits_of_columns(base_, static_cast<int>(a.digits.size() + b.digits.size()), [&](int column) {
          std::vector<Term> terms;
          for (int i = 0; i <= column; ++i) {
            const auto s = static_cast<std::size_t>(i), t = static_cast<std::size_t>(column - i);
            if (s < a.digits.size() && t < b.digits.size())
              terms.push_back(z_.times(a.digits[s], b.digits[t]));
          }
          return terms;
        });
    if (x.negative || y.negative) {
      const Term differ = z_.map(sign(x), sign(y), [](std::int64_t s, std::int64_t t) { return s ^ t; });
      product = choose(differ, negate(product), product);
    }
    product.error = join(x.error, y.error);
    return product;
  }

  // Floors: for a < 0 and d > 0 with a' = -1 - a = q d + r it is a = (-1 - q) d + (d - 1 - r). And division by -d
  // is that of -a by d, with the remainder's sign changed.
  Signed divide(Signed x, const IntegerExpression& divisor, bool quotient) {
    const std::optional<std::int64_t> known = small_constant(divisor);
    if (known && *known == 0) throw Unsupported{};
    std::optional<Term> flipped;
    Signed d;
    if (known) {
      if (*known < 0) x = negate(x);
    } else {
      d = of(divisor);
      if (d.negative) {
        flipped = d.negative;
        x = choose(*flipped, negate(x), x);
      }
      const Term zero = z_.map(nonzero(d), [](std::int64_t any) { return 1 - any; });
      x.error = join(join(x.error, d.error), zero);
      d = magnitude(d);
    }
    const std::int64_t size = known ? (*known < 0 ? -*known : *known) : 0;
    Number digits = x.digits;
    const auto by_sign = [&](Term t, std::int64_t total) {  // t, or total - t where x is negative
      if (!x.negative) return t;
      return z_.map(*x.negative, t,
                    [total](std::int64_t s, std::int64_t v) { return s != 0 ? total - v : v; });
    };
    for (Term& each : digits) each = by_sign(each, base_ - 1);
    Signed result, rest;
    if (known && size <= most_modulus) {
      Term r = constant(0);
      result.digits = digits;
      for (std::size_t j = digits.size(); j-- > 0;) {
        const std::int64_t base = base_;
        result.digits[j] =
            z_.map(r, digits[j], [=](std::int64_t a, std::int64_t b) { return (a * base + b) / size; });
        r = z_.map(r, digits[j], [=](std::int64_t a, std::int64_t b) { return (a * base + b) % size; });
      }
      rest = small(by_sign(r, size - 1), size - 1);
    } else {
      if (known) d = number(Integer(size));
      std::tie(result.digits, rest.digits) = long_division(digits, d);
      if (x.negative) {  // d - 1 - r
        const Signed less = add(subtract(d, rest), complement(Signed{}));
        rest = choose(*x.negative, less, rest);
        rest.negative.reset();
      }
    }
    if (quotient) {
      for (Term& each : result.digits) each = by_sign(each, base_ - 1);
      result.negative = x.negative;
    } else {
      result = rest;
      if (known && *known < 0) result = negate(result);
      if (flipped) result = choose(*flipped, negate(result), result);
    }
    result.error = x.error;
    return result;
  }

  /// Quotient and remainder of numbers that are not negative: as often as it goes, digit by digit.
  std::pair<Number, Number> long_division(const Number& digits, const Signed& d) {
    Number quotient(digits.size(), constant(0));
    Signed rest;
    for (std::size_t j = digits.size(); j-- > 0;) {
      rest.digits.insert(rest.digits.begin(), digits[j]);
      for (std::int64_t times = 1; times < base_; ++times) {
        const Term fits =
            z_.map(compare(rest, d), [](std::int64_t order) { return std::int64_t{order >= 0}; });
        Signed less = subtract(rest, d);
        less.negative.reset();
        rest = choose(fits, less, rest);
        rest.digits.resize(std::min(rest.digits.size(), d.digits.size() + 1));
        quotient[j] = z_.plus(quotient[j], fits);
      }
      rest.digits.resize(std::min(rest.digits.size(), d.digits.size()));
    }
    return {quotient, rest.digits};
  }

  /// The value modulo m, where the expression cannot fail: nothing where it is no ring expression.
  std::optional<Term> residue(const IntegerExpression& e, std::int64_t m) {
    const auto mod = [m](std::int64_t v) { return (v % m + m) % m; };
    if (!depends(e)) {
      const Integer value = evaluate(e, {});
      return constant(mod(static_cast<std::int64_t>(Integer(value % m))));
    }
    const auto join_parts = [&](auto&& function) -> std::optional<Term> {
      std::optional<Term> result = residue(e.parts[0], m);
      for (std::size_t i = 1; result && i < e.parts.size(); ++i) {
        const std::optional<Term> next = residue(e.parts[i], m);
        if (!next) return std::nullopt;
        result = z_.map(*result, *next, [&](std::int64_t a, std::int64_t b) { return mod(function(a, b)); });
      }
      return result;
    };
    switch (e.kind) {
      case Kind::operand: {
        Term sum = constant(0);
        std::int64_t weight = mod(1);
        for (const Term d : operands_[static_cast<std::size_t>(e.index)]) {
          sum = z_.map(d, sum, [=](std::int64_t a, std::int64_t b) { return mod(a * weight + b); });
          weight = mod(weight * base_);
        }
        return sum;
      }
      case Kind::plus:
      case Kind::total:
        return join_parts([](std::int64_t a, std::int64_t b) { return a + b; });
      case Kind::minus:
        return join_parts([](std::int64_t a, std::int64_t b) { return a - b; });
      case Kind::times:
        return join_parts([](std::int64_t a, std::int64_t b) { return a * b; });
      case Kind::negative: {
        const std::optional<Term> part = residue(e.parts[0], m);
        if (!part) return std::nullopt;
        return z_.map(*part, [=](std::int64_t a) { return mod(-a); });
      }
      case Kind::power: {
        const std::optional<std::int64_t> exponent = small_constant(e.parts[1]);
        const std::optional<Term> part = residue(e.parts[0], m);
        if (!exponent || *exponent < 0 || !part) return std::nullopt;
        return z_.map(*part, [=](std::int64_t a) {
          std::int64_t result = mod(1), square = a;
          for (std::int64_t left = *exponent; left > 0; left /= 2, square = mod(square * square))
            if (left % 2 == 1) result = mod(result * square);
          return result;
        });
      }
      default:
        return std::nullopt;
    }
  }

  Signed of(const IntegerExpression& e) {
    if (!depends(e)) return number(evaluate(e, {}));
    const auto part = [&](std::size_t i) { return of(e.parts[i]); };
    switch (e.kind) {
      case Kind::operand: {
        Signed result;
        result.digits = operands_[static_cast<std::size_t>(e.index)];
        return result;
      }
      case Kind::number:
        break;
      case Kind::negative:
        return negate(part(0));
      case Kind::plus:
        return add(part(0), part(1));
      case Kind::minus:
        return subtract(part(0), part(1));
      case Kind::times:
        return multiply(part(0), part(1));
      case Kind::quotient:
        return divide(part(0), e.parts[1], true);
      case Kind::remainder: {
        const std::optional<std::int64_t> m = small_constant(e.parts[1]);
        if (m && *m > 0 && *m <= most_modulus)
          if (const std::optional<Term> rest = residue(e.parts[0], *m)) return small(*rest, *m - 1);
        return divide(part(0), e.parts[1], false);
      }
      case Kind::power: {
        const std::optional<std::int64_t> exponent = small_constant(e.parts[1]);
        if (!exponent || *exponent < 0 || *exponent > most_exponent) throw Unsupported{};
        const Signed base = part(0);
        Signed result = number(1);
        for (std::int64_t i = 0; i < *exponent; ++i) result = multiply(result, base);
        result.error = base.error;
        return result;
      }
      case Kind::equal:
      case Kind::less:
      case Kind::at_most: {
        const Signed x = part(0), y = part(1);
        const Kind kind = e.kind;
        return bit(z_.map(compare(x, y),
                          [kind](std::int64_t order) {
                            return std::int64_t{kind == Kind::equal  ? order == 0
                                                : kind == Kind::less ? order < 0
                                                                     : order <= 0};
                          }),
                   x, y);
      }
      case Kind::both:
      case Kind::either: {
        const Signed x = part(0), y = part(1);
        Signed result = e.kind == Kind::both ? choose(nonzero(x), y, x) : choose(nonzero(x), x, y);
        result.error = join(result.error, x.error);
        return result;
      }
      case Kind::negation: {
        const Signed x = part(0);
        return bit(z_.map(nonzero(x), [](std::int64_t any) { return 1 - any; }), x);
      }
      case Kind::magnitude:
        return magnitude(part(0));
      case Kind::choice: {
        const Signed c = part(0);
        Signed result = choose(nonzero(c), part(1), part(2));
        result.error = join(result.error, c.error);
        return result;
      }
      case Kind::least:
      case Kind::greatest: {
        Signed result = part(0);
        for (std::size_t i = 1; i < e.parts.size(); ++i) {
          const Signed next = part(i);
          const bool least = e.kind == Kind::least;
          const Term replaces = z_.map(compare(next, result), [least](std::int64_t order) {
            return std::int64_t{least ? order < 0 : order > 0};
          });
          const std::optional<Term> error = join(result.error, next.error);
          result = choose(replaces, next, result);
          result.error = error;
        }
        return result;
      }
      case Kind::total:
        return total(e);
    }
    throw Unsupported{};
  }

  /// All parts column by column, where none is negative.
  Signed total(const IntegerExpression& e) {
    std::vector<Signed> parts;
    for (const IntegerExpression& part : e.parts) parts.push_back(of(part));
    if (std::any_of(parts.begin(), parts.end(), [](const Signed& x) { return x.negative.has_value(); })) {
      Signed result = parts[0];
      for (std::size_t i = 1; i < parts.size(); ++i) result = add(result, parts[i]);
      return result;
    }
    Signed result;
    std::vector<Number> numbers;
    std::size_t longest = 0;
    for (const Signed& x : parts) {
      numbers.push_back(x.digits);
      longest = std::max(longest, x.digits.size());
      result.error = join(result.error, x.error);
    }
    int room = 0;  // base^room >= the number of parts
    for (std::size_t reach = 1; reach < parts.size(); reach *= static_cast<std::size_t>(base_)) ++room;
    result.digits = sum_of(z_, base_, static_cast<int>(longest) + room, numbers);
    return result;
  }

  Integers& z_;
  std::span<const Number> operands_;
  std::int64_t base_;
};

}  // namespace

std::optional<Number> symbolic_digits(const IntegerExpression& expression, Integers& integers,
                                      std::span<const Number> operands, std::int64_t base, int count,
                                      std::int64_t leading) {
  try {
    return Symbolic(integers, operands, base).answer(expression, count, leading);
  } catch (const Unsupported&) {
    return std::nullopt;
  } catch (const UsageError&) {  // a constant part that has no value
    return std::nullopt;
  }
}

}  // namespace roundoff::constructions
