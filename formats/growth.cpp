// How fast a family's bits grow, decided from the expressions.
//
// An expression is brought to a normal form: a sum of products of powers of atoms with rational coefficients,
// so that n - n, n/n and (n+1)-n cancel. Atoms are the variables and the applications of lg, logp, ceil,
// floor, min and max; each atom has an order of growth, for every variable (exponent of v, of log v, of log
// log v). A product is bounded when no order is positive, and logarithmic when the orders of the variables
// are none and those of the logarithms add up to at most one. Signs and what does not cancel syntactically
// are not looked into: the answer is an upper bound.
#include <algorithm>
#include <array>
#include <map>

#include <boost/multiprecision/cpp_int.hpp>

#include "formats/expression.hpp"

namespace roundoff {
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

class Analysis {
 public:
  Polynomial normal(const Expression& e) {
    switch (e.kind) {
      case Node::number:
        return constant(Rational(e.numerator, e.denominator));
      case Node::variable:
        return e.variable == 'p' ? atom("p", {}) : atom(std::string(1, e.variable), variable(e.variable));
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
        return atom(std::string(e.kind == Node::lg ? "lg" : "logp") + print(inner), logarithm(orders(inner)));
      }
      case Node::ceil:
      case Node::floor: {
        const Polynomial inner = normal(e.parts[0]);
        return atom((e.kind == Node::ceil ? "ceil" : "floor") + print(inner), bounded_below(orders(inner)));
      }
      case Node::min:
      case Node::max: {
        std::string text = e.kind == Node::min ? "min" : "max";
        Orders best{};
        for (std::size_t i = 0; i < e.parts.size(); ++i) {
          const Polynomial inner = normal(e.parts[i]);
          text += print(inner);
          const Orders o = bounded_below(orders(inner));
          if (i == 0)
            best = o;
          else if (e.kind == Node::max)
            best = larger(best, o);
          else if (growth_of(o) < growth_of(best))
            best = o;
        }
        return atom(text, best);
      }
    }
    return {};
  }

  Growth growth(const Polynomial& polynomial) const {
    Growth result = Growth::constant;
    for (const auto& [monomial, coefficient] : polynomial)
      result = std::max(result, growth_of(orders(monomial)));
    return result;
  }

  static Polynomial sum(Polynomial a, const Polynomial& b, int factor) {
    for (const auto& [monomial, coefficient] : b) {
      Rational& total = a[monomial];
      total += coefficient * factor;
      if (total == 0) a.erase(monomial);
    }
    return a;
  }

 private:
  static Polynomial constant(const Rational& value) {
    if (value == 0) return {};
    return {{Monomial{}, value}};
  }

  Polynomial atom(const std::string& name, const Orders& orders) {
    atoms_[name] = orders;
    return {{Monomial{{name, 1}}, Rational(1)}};
  }

  static Orders variable(char v) {
    Orders orders{};
    orders[growing.find(v)].power = 1;
    return orders;
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
    // 1/(sum): its order is minus the smallest in sight, which bounds it from above where no cancellation
    // hides more.
    Orders lowest{};
    bool first = true;
    for (const auto& [monomial, coefficient] : b) {
      const Orders o = orders(monomial);
      for (std::size_t v = 0; v < o.size(); ++v) {
        if (first || o[v] > lowest[v]) lowest[v] = o[v];
      }
      first = false;
    }
    for (Order& o : lowest) o = {-o.power, -o.log, -o.loglog};
    return product(a, atom("1/" + print(b), lowest));
  }

  Orders orders(const Monomial& monomial) const {
    Orders total{};
    for (const auto& [name, power] : monomial) {
      const Orders& o = atoms_.at(name);
      for (std::size_t v = 0; v < o.size(); ++v) {
        total[v] += {o[v].power * power, o[v].log * power, o[v].loglog * power};
      }
    }
    return total;
  }

  Orders orders(const Polynomial& polynomial) const {
    Orders total{};
    bool first = true;
    for (const auto& [monomial, coefficient] : polynomial) {
      total = first ? orders(monomial) : larger(total, orders(monomial));
      first = false;
    }
    return total;
  }

  static Orders larger(Orders a, const Orders& b) {
    for (std::size_t v = 0; v < a.size(); ++v) a[v] = std::max(a[v], b[v]);
    return a;
  }

  /// Of ceil, floor, min and max: what tends to 0 leaves a bounded number.
  static Orders bounded_below(Orders orders) { return larger(orders, Orders{}); }

  static Orders logarithm(const Orders& inner) {
    Orders result{};
    for (std::size_t v = 0; v < inner.size(); ++v) {
      const Order& o = inner[v];
      if (o.power != 0)
        result[v] = {0, 1, 0};  // also of 1/v: a negative logarithm
      else if (o.log != 0 || o.loglog != 0)
        result[v] = {0, 0, 1};
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

  std::map<std::string, Orders> atoms_;
};

}  // namespace

Growth growth_of_sum(const std::vector<std::pair<int, const Expression*>>& parts) {
  Analysis analysis;
  Polynomial total;
  for (const auto& [factor, expression] : parts)
    total = Analysis::sum(std::move(total), analysis.normal(*expression), factor);
  return analysis.growth(total);
}

}  // namespace roundoff
