// Growth laws: how a measured quantity (width, bits) grows with n. Every law of the registry is fitted by
// least squares and compared by Akaike's information criterion in its quasi-likelihood form with the
// small-sample correction (QAICc; Burnham and Anderson 2002, section 2.5). Where the data do not separate the laws the
// answer says so. The points are deterministic: a fit describes them and has no confidence (a bootstrap over them would
// measure leverage); what is proved of a construction is its own formula.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/names.hpp"

namespace roundoff::analyzer {

struct Observation {
  double x = 0;  ///< > 0: n, N or k
  double y = 0;  ///< > 0
  friend bool operator==(const Observation&, const Observation&) = default;
};

/// Laws in increasing order of growth. A polylogarithm here is a*lg(n)^2 + b or, where the data ask for it,
/// a*lg(n)^2 + b*lg(n) + c.
enum class LawKind : std::uint8_t {
  constant,
  logarithmic,
  polylogarithmic,
  linear,
  linearithmic,
  quadratic,
  power,
  exponential
};
std::string_view name(LawKind kind);

/// What laws have in common for a theorem: a width that is constant, polylogarithmic, polynomial or beyond
/// any polynomial.
enum class GrowthClass : std::uint8_t { constant, polylogarithmic, polynomial, superpolynomial };
std::string_view name(GrowthClass growth_class);
GrowthClass growth_class(LawKind kind);

/// Whether residuals are measured in y (bits, a few units wide) or in lg y (widths over orders of magnitude).
enum class Errors : std::uint8_t { absolute, relative };

/// What a logarithm is taken as: positions are coded in whole bits, so that widths climb in steps.
enum class Logarithm : std::uint8_t {
  smooth,   ///< lg(n)
  ceiling,  ///< ceil(lg(n)): the bits that tell n things apart
  length    ///< ceil(lg(n+1)): the bits of n itself
};

struct LawFit {
  LawKind kind = LawKind::constant;
  int root = 1;                             ///< exponential: a * 2^(b * n^(1/root))
  Logarithm logarithm = Logarithm::smooth;  ///< of logarithmic and polylogarithmic laws
  int terms = 2;                            ///< 3: a*lg(n)^2 + b*lg(n) + c, a*n^2 + b*n + c
  /// constant: b alone; a*g(n) + b; a*n^2 + b*n; a * n^b; a * 2^(b n^(1/root)).
  double a = 0, b = 0, c = 0;
  double rms = 0;        ///< root mean square residual, in the unit of `Errors`
  double criterion = 0;  ///< QAICc: smaller is better
  double weight = 0;     ///< Akaike weight among all laws tried
};
double evaluate(const LawFit& fit, double x);
/// "2.03*lg(n) + 1.9".
std::string formula(const LawFit& fit, std::string_view variable = "n");

struct GrowthOptions {
  std::string variable = "n";
  Errors errors = Errors::absolute;
  std::vector<int> roots = {1};  ///< of the exponential laws tried: a * 2^(b * n^(1/root))
};

struct GrowthLaw {
  std::vector<Observation> points;
  std::string variable;
  std::vector<LawFit> fits;  ///< by increasing criterion; empty when there are fewer than three points
  /// At least five points, and three more than terms, and the best law stands out (weight >= 0.9). A maximum
  /// of two terms looks like many a law on a short range, so one of these too: the law leaves little more
  /// than rounding does; or the points span a factor of 64 in x or in y; or it leaves at most 5 % and the
  /// larger half of the points alone has its best law in the same class.
  bool decided = false;
  bool explained = false;      ///< the best law leaves at most four times the variance that rounding leaves
  bool class_decided = false;  ///< likewise the laws of the best class together
  bool settled = false;        ///< the best law leaves no more than the rounding of y to integers does
  GrowthClass best_class = GrowthClass::constant;
  std::string statement;  ///< one line: the law, or why the data cannot tell
};

/// Points may come in any order; x must be distinct. UsageError for x or y that are not positive.
GrowthLaw fit_growth(std::span<const Observation> points, const GrowthOptions& options = {});

/// A width is a maximum of several terms, and the one that decides at large sizes may not be the one that
/// decides at small ones. So the law is fitted to the points from the first one on from which a law holds up
/// to rounding, as long as six are left ("from n = 16 on" in the statement); to all points where there is no
/// such.
GrowthLaw fit_settled(std::span<const Observation> points, const GrowthOptions& options = {});

}  // namespace roundoff::analyzer
