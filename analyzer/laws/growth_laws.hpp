// The laws of growth: names, classes, and the sums of terms that they are. Every law is f(x) = g(a sum of
// terms in x), each with a factor, g the identity or 2^., so that one fitter serves all of them
// (growth_fit.hpp). A new law is a line of `all` and a case of `Form::terms`.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include "analyzer/laws/growth.hpp"

namespace roundoff::analyzer::laws {

struct Law {
  LawKind kind;
  std::string_view name;
  GrowthClass growth_class;
  bool powers_of_two;  ///< f = 2^t instead of f = t, t the sum of the terms
};

inline constexpr std::array all = {
    Law{LawKind::constant, "constant", GrowthClass::constant, false},
    Law{LawKind::logarithmic, "logarithmic", GrowthClass::polylogarithmic, false},
    Law{LawKind::polylogarithmic, "polylogarithmic", GrowthClass::polylogarithmic, false},
    Law{LawKind::linear, "linear", GrowthClass::polynomial, false},
    Law{LawKind::linearithmic, "n log n", GrowthClass::polynomial, false},
    Law{LawKind::quadratic, "quadratic", GrowthClass::polynomial, false},
    Law{LawKind::power, "power", GrowthClass::polynomial, true},
    Law{LawKind::exponential, "exponential", GrowthClass::superpolynomial, true},
};

const Law& law_of(LawKind kind);

inline constexpr double infinite = std::numeric_limits<double>::infinity();
inline constexpr double ln2 = 0x1.62e42fefa39efp-1;

inline constexpr std::size_t most_terms = 3;
using Terms = std::array<double, most_terms>;  ///< of a sum, or their factors; 0 beyond the form's

inline double dot(const Terms& x, const Terms& y) { return x[0] * y[0] + x[1] * y[1] + x[2] * y[2]; }

/// A point with everything that laws ask of it again and again.
struct Point {
  double y = 0, lg_y = 0;
  Terms terms = {};
};

struct Parameters {
  Terms factors = {};
  double squares = infinite;  ///< sum of squared residuals
};

/// A law with the choices that are made within it.
struct Form {
  const Law* law;
  int root = 1;
  Logarithm logarithm = Logarithm::smooth;
  std::size_t count = 2;  ///< terms

  Terms terms(double x) const;
  /// Parameters that the data chose: a logarithm that climbs in steps is one more choice.
  int choices() const { return static_cast<int>(count) + (logarithm == Logarithm::smooth ? 0 : 1); }

 private:
  double lg(double x) const;
};

/// Every form of every law.
std::vector<Form> all_forms(const std::vector<int>& roots);

/// The law at a point.
double value_at(const Form& form, const Parameters& parameters, const Point& point);

/// The parameters as the formula has them.
Terms as_written(const Form& form, const Parameters& parameters);

}  // namespace roundoff::analyzer::laws
