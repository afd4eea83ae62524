// Fitting growth laws. Every law is f(x) = g(a*phi(x) + b*psi(x)) with g the identity or 2^., so that one
// damped Gauss-Newton iteration with two parameters serves all of them under both measures of error.
//
// The observed numbers are integers that step where a smooth law rises (a format has whole bits): a law that
// is right up to rounding leaves residuals of variance 1/12. So the variance is known, and the criterion of a
// law with k parameters is RSS/variance + 2k. Where even the best law leaves more than that (a width that is
// a maximum of several terms), the variance is estimated from the best law's residuals, one estimate for all
// laws, and k is corrected for the sample size.
#include "analyzer/growth.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "analyzer/statistics.hpp"
#include "formats/error.hpp"

namespace roundoff {
namespace {

struct Law {
  LawKind kind;
  std::string_view name;
  GrowthClass growth_class;
  bool powers_of_two;  ///< f = 2^(a*phi + b*psi) instead of a*phi + b*psi
  double (*phi)(double x, int root);
  /// x for the parabola a*n^2 + b*n (widths that count pairs have no constant term), else 1.
  double psi(double x) const { return kind == LawKind::quadratic ? x : 1; }
};

constexpr std::array laws = {
    Law{LawKind::constant, "constant", GrowthClass::constant, false, [](double, int) { return 0.0; }},
    Law{LawKind::logarithmic, "logarithmic", GrowthClass::polylogarithmic, false,
        [](double x, int) { return steady_log2(x); }},
    Law{LawKind::polylogarithmic, "polylogarithmic", GrowthClass::polylogarithmic, false,
        [](double x, int) { return steady_log2(x) * steady_log2(x); }},
    Law{LawKind::linear, "linear", GrowthClass::polynomial, false, [](double x, int) { return x; }},
    Law{LawKind::quadratic, "quadratic", GrowthClass::polynomial, false, [](double x, int) { return x * x; }},
    Law{LawKind::power, "power", GrowthClass::polynomial, true, [](double x, int) { return steady_log2(x); }},
    Law{LawKind::exponential, "exponential", GrowthClass::superpolynomial, true,
        [](double x, int root) { return steady_root(x, root); }},
};

const Law& law_of(LawKind kind) { return laws[static_cast<std::size_t>(kind)]; }

constexpr std::size_t least_points = 5;   ///< for a decision
constexpr std::size_t least_settled = 6;  ///< left, when the first points are set aside
constexpr double infinite = std::numeric_limits<double>::infinity();

/// A point with everything that laws and resamples ask of it again and again.
struct Point {
  double y = 0, lg_y = 0;
  double phi = 0, psi = 1;
};

struct Parameters {
  double a = 0, b = 0;
  double squares = infinite;  ///< sum of squared residuals
};

constexpr double ln2 = 0x1.62e42fefa39efp-1;

/// f and the factor df/d(a*phi+b*psi).
struct Predicted {
  double f, slope;
};

class Fitter {
 public:
  Fitter(const Law& law, Errors errors) : law_(law), errors_(errors) {}

  Parameters fit(std::span<const Point> points) const {
    Parameters best = start(points);
    best.squares = squares(points, best.a, best.b);
    if (linear() || best.squares == infinite) return best;
    for (int round = 0; round < 60; ++round) {
      const Parameters step = solve(points, [&](const Point& point) {
        const Predicted at = predict(best.a * point.phi + best.b * point.psi);
        const double slope = errors_ == Errors::absolute ? at.slope : at.slope / (at.f * ln2);
        return Row{slope * point.phi, slope * point.psi, residual(point, at.f)};
      });
      double damping = 1;
      Parameters next;
      do {
        next.a = best.a + damping * step.a;
        next.b = best.b + damping * step.b;
        next.squares = squares(points, next.a, next.b);
        damping /= 2;
      } while (!(next.squares <= best.squares) && damping > 1e-6);
      if (!(next.squares <= best.squares)) break;
      const bool settled = best.squares - next.squares <= 1e-12 * best.squares;
      best = next;
      if (settled) break;
    }
    return best;
  }

 private:
  struct Row {
    double a, b, residual;
  };

  bool linear() const { return law_.powers_of_two == (errors_ == Errors::relative); }

  Predicted predict(double t) const {
    if (!law_.powers_of_two) return {t, 1};
    if (t > 1000 || t < -1000) return {infinite, infinite};
    const double f = steady_exp2(t);
    return {f, f * ln2};
  }

  double residual(const Point& point, double f) const {
    return errors_ == Errors::absolute ? point.y - f : point.lg_y - steady_log2(f);
  }

  double squares(std::span<const Point> points, double a, double b) const {
    double total = 0;
    for (const Point& point : points) {
      double r;
      if (linear() && law_.powers_of_two) {
        r = point.lg_y - (a * point.phi + b * point.psi);
      } else {
        const double f = predict(a * point.phi + b * point.psi).f;
        if (!std::isfinite(f) || (errors_ == Errors::relative && !(f > 0))) return infinite;
        r = residual(point, f);
      }
      total += r * r;
    }
    return total;
  }

  /// Weighted linear least squares in two parameters (one for the constant law) by the normal equations.
  template <typename RowOf>
  Parameters solve(std::span<const Point> points, RowOf&& row_of) const {
    double aa = 0, ab = 0, bb = 0, ar = 0, br = 0;
    for (const Point& point : points) {
      const Row row = row_of(point);
      aa += row.a * row.a;
      ab += row.a * row.b;
      bb += row.b * row.b;
      ar += row.a * row.residual;
      br += row.b * row.residual;
    }
    const double determinant = aa * bb - ab * ab;
    if (law_.kind == LawKind::constant || !(determinant > 1e-14 * aa * bb)) return {0, bb > 0 ? br / bb : 0};
    return {(ar * bb - br * ab) / determinant, (br * aa - ar * ab) / determinant};
  }

  /// The solution of the linear problem nearest to the true one: exact where that is linear.
  Parameters start(std::span<const Point> points) const {
    return solve(points, [&](const Point& point) {
      if (law_.powers_of_two) return Row{point.phi, point.psi, point.lg_y};
      const double weight = errors_ == Errors::absolute ? 1 : 1 / point.y;
      return Row{weight * point.phi, weight * point.psi, weight * point.y};
    });
  }

  const Law& law_;
  Errors errors_;
};

/// The variance that rounding to integers leaves, in the unit of the residuals: 1/12 in y.
double rounding_variance(std::span<const Point> points, Errors errors) {
  double total = 0;
  for (const Point& point : points)
    total += errors == Errors::absolute ? 1.0 / 12 : 1 / (12 * point.y * point.y * ln2 * ln2);
  return total / static_cast<double>(points.size());
}

int parameter_count(LawKind kind) { return kind == LawKind::constant ? 1 : 2; }

/// How residuals are judged: one variance for all laws, known or estimated.
struct Noise {
  double variance = 0;
  bool estimated = false;

  /// QAICc, or QAIC where the variance is known or the points are too few for the correction.
  double criterion(double squares, LawKind kind, std::size_t count) const {
    if (squares == infinite) return infinite;
    const double k = parameter_count(kind) + (estimated ? 1 : 0);
    const double room = static_cast<double>(count) - k - 1;
    const double correction = estimated && room > 0 ? 2 * k * (k + 1) / room : 0;
    return squares / variance + 2 * k + correction;
  }
};

struct Candidate {
  const Law* law;
  int root = 1;
  std::vector<Point> points;
};

double value_at(const Law& law, const Parameters& parameters, const Point& point) {
  const double t = parameters.a * point.phi + parameters.b * point.psi;
  return law.powers_of_two ? steady_exp2(t) : t;
}

/// Fits one candidate to a selection of its points (indices may repeat). Minima can only rise with n in the
/// long run: a law that falls explains nothing, and one that rises by less than half a unit over all the
/// points says no more than the constant law; both get infinite squares.
Parameters attempt(const Candidate& candidate, std::span<const std::size_t> selection, Errors errors) {
  std::vector<Point> points;
  for (std::size_t i : selection) points.push_back(candidate.points[i]);
  const Law& law = *candidate.law;
  Parameters parameters = Fitter(law, errors).fit(points);
  if (law.kind == LawKind::constant || parameters.squares == infinite) return parameters;
  const double rise = value_at(law, parameters, candidate.points.back()) -
                      value_at(law, parameters, candidate.points.front());
  if (!(rise >= 0.5)) parameters.squares = infinite;
  return parameters;
}

/// The parameters as the formula has them.
std::pair<double, double> as_written(const Law& law, const Parameters& parameters) {
  if (!law.powers_of_two) return {parameters.a, parameters.b};
  return {steady_exp2(parameters.b), parameters.a};
}

Interval percentiles(std::vector<double>& values, double value, double confidence) {
  if (values.empty()) return {value, value};
  std::sort(values.begin(), values.end());
  const double last = static_cast<double>(values.size() - 1);
  const auto at = [&](double q) { return values[static_cast<std::size_t>(std::floor(q * last + 0.5))]; };
  return {at((1 - confidence) / 2), at((1 + confidence) / 2)};
}

std::string statement_of(const GrowthLaw& growth) {
  if (growth.fits.empty()) return fmt::format("{} points are too few to tell a law", growth.points.size());
  const LawFit& best = growth.fits.front();
  if (growth.points.size() < least_points) {
    return fmt::format("{} points are too few to tell a law; the nearest is {} {}", growth.points.size(),
                       name(best.kind), formula(best, growth.variable));
  }
  if (growth.decided) {
    return fmt::format("{}: {} (weight {:.2f}, chosen in {:.0f} % of bootstrap samples)", name(best.kind),
                       formula(best, growth.variable), best.weight, 100 * best.chosen);
  }
  std::string rivals;
  double covered = 0;
  for (const LawFit& fit : growth.fits) {
    if (covered >= 0.9) break;
    covered += fit.weight;
    rivals += fmt::format("{}{} {} (weight {:.2f})", rivals.empty() ? "" : ", ", name(fit.kind),
                          formula(fit, growth.variable), fit.weight);
  }
  return fmt::format("{}the data cannot tell between {}",
                     growth.class_decided ? std::string(name(growth.best_class)) + "; " : "", rivals);
}

/// Akaike weights, and what they decide. The fits are sorted; the constant law always fits.
void weigh(GrowthLaw& growth) {
  double total = 0;
  for (LawFit& fit : growth.fits) {
    fit.weight = steady_exp2(std::max(-1000.0, (growth.fits.front().criterion - fit.criterion) / (2 * ln2)));
    total += fit.weight;
  }
  std::map<GrowthClass, double> classes;
  for (LawFit& fit : growth.fits) {
    fit.weight /= total;
    classes[growth_class(fit.kind)] += fit.weight;
  }
  const auto heaviest = std::max_element(classes.begin(), classes.end(),
                                         [](const auto& x, const auto& y) { return x.second < y.second; });
  const double span = growth.points.back().x / growth.points.front().x;
  const bool enough = growth.points.size() >= least_points && (growth.explained || span >= 64);
  growth.best_class = heaviest->first;
  growth.class_decided = enough && heaviest->second >= 0.9;
  growth.decided = enough && growth.fits.front().weight >= 0.9;
}

}  // namespace

std::string_view name(LawKind kind) { return law_of(kind).name; }

std::string_view name(GrowthClass growth_class) {
  constexpr std::array<std::string_view, 4> names = {"constant", "polylogarithmic", "polynomial",
                                                     "superpolynomial"};
  return names[static_cast<std::size_t>(growth_class)];
}

GrowthClass growth_class(LawKind kind) { return law_of(kind).growth_class; }

double evaluate(const LawFit& fit, double x) {
  const Law& law = law_of(fit.kind);
  if (law.powers_of_two) return fit.a * steady_exp2(fit.b * law.phi(x, fit.root));
  return fit.a * law.phi(x, fit.root) + fit.b * law.psi(x);
}

std::string formula(const LawFit& fit, std::string_view variable) {
  const auto sum = [&](const std::string& term) {
    return fmt::format("{:.3g}*{} {} {:.3g}", fit.a, term, fit.b < 0 ? "-" : "+", std::abs(fit.b));
  };
  switch (fit.kind) {
    case LawKind::constant:
      return fmt::format("{:.3g}", fit.b);
    case LawKind::logarithmic:
      return sum(fmt::format("lg({})", variable));
    case LawKind::polylogarithmic:
      return sum(fmt::format("lg({})^2", variable));
    case LawKind::linear:
      return sum(std::string(variable));
    case LawKind::quadratic:
      return sum(fmt::format("{}^2", variable)) + fmt::format("*{}", variable);
    case LawKind::power:
      return fmt::format("{:.3g}*{}^{:.3g}", fit.a, variable, fit.b);
    case LawKind::exponential:
      break;
  }
  if (fit.root == 1) return fmt::format("{:.3g}*2^({:.3g}*{})", fit.a, fit.b, variable);
  return fmt::format("{:.3g}*2^({:.3g}*{}^(1/{}))", fit.a, fit.b, variable, fit.root);
}

GrowthLaw fit_growth(std::span<const Observation> points, const GrowthOptions& options) {
  GrowthLaw growth;
  growth.points.assign(points.begin(), points.end());
  growth.variable = options.variable;
  std::sort(growth.points.begin(), growth.points.end(),
            [](const Observation& a, const Observation& b) { return a.x < b.x; });
  for (const Observation& point : growth.points) {
    if (!(point.x > 0) || !(point.y > 0))
      throw UsageError(fmt::format(
          "growth: the point ({}, {}) is not positive; a law needs positive sizes and measurements", point.x,
          point.y));
  }
  const std::size_t count = growth.points.size();
  growth.statement = statement_of(growth);
  if (count < 3) return growth;

  std::vector<Candidate> candidates;
  for (const Law& law : laws) {
    const std::vector<int> roots = law.kind == LawKind::exponential ? options.roots : std::vector<int>{1};
    for (int root : roots) {
      Candidate candidate{&law, root, {}};
      for (const Observation& point : growth.points)
        candidate.points.push_back({point.y, steady_log2(point.y), law.phi(point.x, root), law.psi(point.x)});
      candidates.push_back(std::move(candidate));
    }
  }

  std::vector<std::size_t> selection(count);
  for (std::size_t i = 0; i < count; ++i) selection[i] = i;
  std::vector<Parameters> solutions;
  Noise noise{infinite, true};
  for (const Candidate& candidate : candidates) {
    solutions.push_back(attempt(candidate, selection, options.errors));
    const double freedom = static_cast<double>(count) - parameter_count(candidate.law->kind);
    noise.variance = std::min(noise.variance, solutions.back().squares / freedom);
  }
  const double known = rounding_variance(candidates.front().points, options.errors);
  growth.settled = noise.variance <= known;
  growth.explained = noise.variance <= 4 * known;
  if (growth.settled) noise = {known, false};

  // Bootstrap over n: draw `count` points with repetition; a sample with fewer than three distinct n says
  // nothing.
  std::vector<std::vector<double>> a_values(candidates.size()), b_values(candidates.size());
  std::vector<int> chosen(candidates.size(), 0);
  int samples = 0;
  for (int sample = 0; sample < options.resamples; ++sample) {
    std::vector<bool> seen(count, false);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t index = static_cast<std::uint64_t>(sample) * count + i;
      selection[i] = static_cast<std::size_t>(bounded_draw(options.seed, index, count));
      seen[selection[i]] = true;
    }
    if (std::count(seen.begin(), seen.end(), true) < 3) continue;
    ++samples;
    double least = infinite;
    std::size_t winner = 0;
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const Parameters solution = attempt(candidates[c], selection, options.errors);
      if (solution.squares == infinite) continue;
      const auto [a, b] = as_written(*candidates[c].law, solution);
      a_values[c].push_back(a);
      b_values[c].push_back(b);
      const double criterion = noise.criterion(solution.squares, candidates[c].law->kind, count);
      if (criterion < least) {
        least = criterion;
        winner = c;
      }
    }
    ++chosen[winner];
  }

  for (std::size_t c = 0; c < candidates.size(); ++c) {
    if (solutions[c].squares == infinite) continue;
    LawFit fit;
    fit.kind = candidates[c].law->kind;
    fit.root = candidates[c].root;
    std::tie(fit.a, fit.b) = as_written(*candidates[c].law, solutions[c]);
    fit.a_range = percentiles(a_values[c], fit.a, options.confidence);
    fit.b_range = percentiles(b_values[c], fit.b, options.confidence);
    fit.rms = std::sqrt(solutions[c].squares / static_cast<double>(count));
    fit.criterion = noise.criterion(solutions[c].squares, fit.kind, count);
    fit.chosen = samples > 0 ? chosen[c] / static_cast<double>(samples) : 0;
    growth.fits.push_back(fit);
  }
  std::stable_sort(growth.fits.begin(), growth.fits.end(),
                   [](const LawFit& a, const LawFit& b) { return a.criterion < b.criterion; });
  weigh(growth);
  growth.statement = statement_of(growth);
  return growth;
}

GrowthLaw fit_settled(std::span<const Observation> points, const GrowthOptions& options) {
  std::vector<Observation> sorted(points.begin(), points.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const Observation& a, const Observation& b) { return a.x < b.x; });
  GrowthOptions quick = options;
  quick.resamples = 0;
  for (std::size_t first = 0; first + least_settled <= sorted.size(); ++first) {
    const std::span<const Observation> rest = std::span(sorted).subspan(first);
    if (!fit_growth(rest, quick).settled) continue;
    GrowthLaw growth = fit_growth(rest, options);
    if (first > 0) growth.statement += fmt::format("; from {} = {:g} on", options.variable, rest.front().x);
    return growth;
  }
  return fit_growth(points, options);
}

}  // namespace roundoff
