// How fast a family's bits grow, decided from the expressions.
//
// An expression is brought to a normal form: a sum of products of powers of atoms with rational coefficients,
// so that n - n, n/n and (n+1)-n cancel. Atoms are the variables and the applications of lg, logp, ceil,
// floor, min and max; each atom is bounded by a sum of terms, each with an order for every variable
// (exponents of v, log v, log log v). A term is bounded when no order is positive, and logarithmic when the
// orders of the variables are none and those of the logarithms add up to at most one. Signs and what does not
// cancel syntactically are not looked into: the answer is an upper bound.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

#include <boost/multiprecision/cpp_int.hpp>

#include "formats/notation/expression.hpp"

namespace roundoff::formats {
namespace {

using Node = Expression::Kind;
using Rational =
    boost::multiprecision::number<boost::multiprecision::cpp_rational_backend, boost::multiprecision::et_off>;
using Monomial = std::map<std::string, int>;      // atom -> power
using Polynomial = std::map<Monomial, Rational>;  // without zero coefficients

/// Orders of growth in one variable, compared lexicographically: v^power * log(v)^log * loglog(v)^loglog.
struct Order {
  int power = 0, log = 0, loglog = 0;
  friend auto operator<=>(const Order&, const Order&) = default;
  Order& operator+=(const Order& o) { return power += o.power, log += o.log, loglog += o.loglog, *this; }
};
using Orders = std::array<Order, 4>;  // of n k l N
using Sum = std::set<Orders>;         // the terms of a bound; it grows like the largest of them
constexpr std::string_view growing = "nklN";

Growth growth_of(const Orders& orders) {
  int log = 0, loglog = 0;
  for (const Order& o : orders) {
    if (o.power > 0) return Growth::beyond;
    if (o.power == 0 && (o.log > 0 || (o.log == 0 && o.loglog > 0))) {
      log += o.log;
      loglog += o.loglog;
    }
  }
  if (log == 0 && loglog == 0) return Growth::constant;
  if (log == 0 || (log == 1 && loglog <= 0)) return Growth::logarithmic;
  return Growth::beyond;
}

/// Thrown where a normal form has more terms than anyone writes; the family then counts as growing beyond.
struct TooLarge {};
constexpr std::size_t most_terms = 500;

Growth growth_of(const Sum& sum) {
  Growth result = Growth::constant;
  for (const Orders& orders : sum) result = std::max(result, growth_of(orders));
  return result;
}

class Analysis {
 public:
  Polynomial normal(const Expression& e) {
    switch (e.kind) {
      case Node::number:
        return constant(Rational(e.numerator, e.denominator));
      case Node::variable:
        return e.variable == 'p' || e.variable == 'c'
                   ? atom(std::string(1, e.variable), {Orders{}})
                   : atom(std::string(1, e.variable), variable(e.variable));
      case Node::plus:
        return sum(normal(e.parts[0]), normal(e.parts[1]), 1);
      case Node::minus:
        return sum(normal(e.parts[0]), normal(e.parts[1]), -1);
      case Node::times:
        return product(normal(e.parts[0]), normal(e.parts[1]));
      case Node::over:
        return quotient(normal(e.parts[0]), normal(e.parts[1]));
      case Node::lg:
      case Node::logp: {
        const Polynomial inner = normal(e.parts[0]);
        return atom(std::string(e.kind == Node::lg ? "lg" : "logp") + print(inner), logarithm(terms(inner)));
      }
      case Node::ceil:
      case Node::floor: {
        const Polynomial inner = normal(e.parts[0]);
        return atom((e.kind == Node::ceil ? "ceil" : "floor") + print(inner), at_least_bounded(terms(inner)));
      }
      case Node::min:
      case Node::max: {
        std::string text = e.kind == Node::min ? "min" : "max";
        Sum best;
        for (std::size_t i = 0; i < e.parts.size(); ++i) {
          const Polynomial inner = normal(e.parts[i]);
          text += print(inner);
          const Sum bound = at_least_bounded(terms(inner));
          if (i == 0 || (e.kind == Node::min && growth_of(bound) < growth_of(best))) best = bound;
          if (e.kind == Node::max) best.insert(bound.begin(), bound.end());
        }
        return atom(text, best);
      }
    }
    return {};
  }

  Growth growth(const Polynomial& polynomial) const { return growth_of(terms(polynomial)); }

  static Polynomial sum(Polynomial a, const Polynomial& b, int factor) {
    for (const auto& [monomial, coefficient] : b) {
      Rational& total = a[monomial];
      total += coefficient * factor;
      if (total == 0) a.erase(monomial);
      if (a.size() > most_terms) throw TooLarge{};
    }
    return a;
  }

 private:
  static Polynomial constant(const Rational& value) {
    if (value == 0) return {};
    return {{Monomial{}, value}};
  }

  Polynomial atom(const std::string& name, const Sum& bound) {
    atoms_[name] = bound;
    return {{Monomial{{name, 1}}, Rational(1)}};
  }

  static Sum variable(char v) {
    Orders orders{};
    orders[growing.find(v)].power = 1;
    return {orders};
  }

  static Polynomial product(const Polynomial& a, const Polynomial& b) {
    Polynomial result;
    for (const auto& [ma, ca] : a) {
      for (const auto& [mb, cb] : b) {
        Monomial m = ma;
        for (const auto& [name, power] : mb) {
          if ((m[name] += power) == 0) m.erase(name);
        }
        result = sum(std::move(result), {{m, Rational(ca * cb)}}, 1);
      }
    }
    return result;
  }

  Polynomial quotient(const Polynomial& a, const Polynomial& b) {
    if (b.empty()) return {};  // evaluation refuses it
    if (a == b) return constant(1);
    if (b.size() == 1) {
      Monomial inverse;
      for (const auto& [name, power] : b.begin()->first) inverse[name] = -power;
      return product(a, {{inverse, Rational(1 / b.begin()->second)}});
    }
    return product(a, atom("1/" + print(b), inverse(terms(b))));
  }

  /// 1/(x+y) is at most 1/x: any one term bounds it (of what does not cancel).
  static Sum inverse(const Sum& sum) {
    Orders o = *sum.rbegin();
    for (Order& order : o) order = {-order.power, -order.log, -order.loglog};
    return {o};
  }

  Sum terms(const Monomial& monomial) const {
    Sum total = {Orders{}};
    for (const auto& [name, power] : monomial) {
      const Sum& one = atoms_.at(name);
      const Sum factor = power > 0 ? one : inverse(one);
      for (int i = 0; i < std::abs(power); ++i) {
        Sum next;
        for (const Orders& x : total) {
          for (const Orders& y : factor) {
            Orders xy = x;
            for (std::size_t v = 0; v < xy.size(); ++v) xy[v] += y[v];
            next.insert(xy);
          }
        }
        total = std::move(next);
        if (total.size() > most_terms) throw TooLarge{};
      }
    }
    return total;
  }

  Sum terms(const Polynomial& polynomial) const {
    Sum total = {Orders{}};
    for (const auto& [monomial, coefficient] : polynomial) total.merge(terms(monomial));
    return total;
  }

  /// Of ceil, floor, min and max: what tends to 0 leaves a bounded number.
  static Sum at_least_bounded(const Sum& sum) {
    Sum result;
    for (Orders orders : sum) {
      for (Order& o : orders) o = std::max(o, Order{});
      result.insert(orders);
    }
    return result;
  }

  /// The logarithm of a product is a sum: lg(n k) has the terms lg n and lg k.
  static Sum logarithm(const Sum& inner) {
    Sum result = {Orders{}};
    for (const Orders& orders : inner) {
      for (std::size_t v = 0; v < orders.size(); ++v) {
        Orders term{};
        if (orders[v].power != 0)
          term[v] = {0, 1, 0};  // also of 1/v: a negative logarithm
        else if (orders[v].log != 0 || orders[v].loglog != 0)
          term[v] = {0, 0, 1};
        result.insert(term);
      }
    }
    return result;
  }

  static std::string print(const Polynomial& polynomial) {
    std::string text = "(";
    for (const auto& [monomial, coefficient] : polynomial) {
      text += "+" + coefficient.str();
      for (const auto& [name, power] : monomial) text += "*" + name + "^" + std::to_string(power);
    }
    return text + ")";
  }

  std::map<std::string, Sum> atoms_;
};

}  // namespace

Growth growth_of_sum(const std::vector<std::pair<int, const Expression*>>& parts) {
  Analysis analysis;
  Polynomial total;
  try {
    for (const auto& [factor, expression] : parts)
      total = Analysis::sum(std::move(total), analysis.normal(*expression), factor);
    return analysis.growth(total);
  } catch (const TooLarge&) {
    return Growth::beyond;
  }
}

}  // namespace roundoff::formats
