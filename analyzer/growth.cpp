// Fitting growth laws. Every law is f(x) = g(a sum of terms in x), each with a factor, g the identity or 2^.,
// so that one damped Gauss-Newton iteration serves all of them under both measures of error.
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
#include <set>
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
  bool powers_of_two;  ///< f = 2^t instead of f = t, t the sum of the terms
};

constexpr std::array laws = {
    Law{LawKind::constant, "constant", GrowthClass::constant, false},
    Law{LawKind::logarithmic, "logarithmic", GrowthClass::polylogarithmic, false},
    Law{LawKind::polylogarithmic, "polylogarithmic", GrowthClass::polylogarithmic, false},
    Law{LawKind::linear, "linear", GrowthClass::polynomial, false},
    Law{LawKind::quadratic, "quadratic", GrowthClass::polynomial, false},
    Law{LawKind::power, "power", GrowthClass::polynomial, true},
    Law{LawKind::exponential, "exponential", GrowthClass::superpolynomial, true},
};

const Law& law_of(LawKind kind) { return laws[static_cast<std::size_t>(kind)]; }

constexpr std::size_t least_points = 5;   ///< for a decision
constexpr std::size_t least_settled = 6;  ///< left, when the first points are set aside
constexpr double wide = 64;               ///< a factor that a law must show itself over
constexpr double near = 0.0704;           ///< lg 1.05
constexpr double whole = 0.005;           ///< an exponent this near to 1 or 2 is that
constexpr double infinite = std::numeric_limits<double>::infinity();

constexpr std::size_t most_terms = 3;
using Terms = std::array<double, most_terms>;  ///< of a sum, or their factors; 0 beyond the form's

double dot(const Terms& x, const Terms& y) { return x[0] * y[0] + x[1] * y[1] + x[2] * y[2]; }

/// A point with everything that laws and resamples ask of it again and again.
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

  Terms terms(double x) const {
    switch (law->kind) {
      case LawKind::constant:
        return {1, 0, 0};
      case LawKind::logarithmic:
        return {lg(x), 1, 0};
      case LawKind::polylogarithmic:
        return count == 3 ? Terms{lg(x) * lg(x), lg(x), 1} : Terms{lg(x) * lg(x), 1, 0};
      case LawKind::linear:
        return {x, 1, 0};
      case LawKind::quadratic:
        return {x * x, x, count == 3 ? 1.0 : 0.0};  // widths that count pairs have no constant term
      case LawKind::power:
        return {steady_log2(x), 1, 0};
      case LawKind::exponential:
        return {steady_root(x, root), 1, 0};
    }
    return {};
  }
  /// Parameters that the data chose: a logarithm that climbs in steps is one more choice.
  int choices() const { return static_cast<int>(count) + (logarithm == Logarithm::smooth ? 0 : 1); }

 private:
  double lg(double x) const {
    switch (logarithm) {
      case Logarithm::ceiling:
        return std::ceil(steady_log2(x));
      case Logarithm::length:
        return std::floor(steady_log2(x)) + 1;
      case Logarithm::smooth:
        break;
    }
    return steady_log2(x);
  }
};

/// Every form of every law.
std::vector<Form> all_forms(const std::vector<int>& roots) {
  std::vector<Form> forms;
  for (const Law& law : laws) {
    switch (law.kind) {
      case LawKind::constant:
        forms.push_back({&law, 1, Logarithm::smooth, 1});
        break;
      case LawKind::logarithmic:
      case LawKind::polylogarithmic:
        for (const std::size_t count : {std::size_t{2}, std::size_t{3}})
          for (const Logarithm logarithm : {Logarithm::smooth, Logarithm::ceiling, Logarithm::length})
            if (count == 2 || law.kind == LawKind::polylogarithmic)
              forms.push_back({&law, 1, logarithm, count});
        break;
      case LawKind::quadratic:
        forms.push_back({&law});
        forms.push_back({&law, 1, Logarithm::smooth, 3});
        break;
      case LawKind::exponential:
        for (const int root : roots) forms.push_back({&law, root});
        break;
      default:
        forms.push_back({&law});
    }
  }
  return forms;
}

constexpr double ln2 = 0x1.62e42fefa39efp-1;

/// f and the factor df/dt, t the sum of the terms.
struct Predicted {
  double f, slope;
};

class Fitter {
 public:
  Fitter(const Form& form, Errors errors) : form_(form), errors_(errors) {}

  Parameters fit(std::span<const Point> points) const {
    Parameters best = start(points);
    best.squares = squares(points, best.factors);
    if (linear() || best.squares == infinite) return best;
    for (int round = 0; round < 60; ++round) {
      const Parameters step = solve(points, [&](const Point& point) {
        const Predicted at = predict(dot(best.factors, point.terms));
        const double slope = errors_ == Errors::absolute ? at.slope : at.slope / (at.f * ln2);
        Row row{{}, residual(point, at.f)};
        for (std::size_t j = 0; j < form_.count; ++j) row.terms[j] = slope * point.terms[j];
        return row;
      });
      double damping = 1;
      Parameters next;
      do {
        for (std::size_t j = 0; j < form_.count; ++j)
          next.factors[j] = best.factors[j] + damping * step.factors[j];
        next.squares = squares(points, next.factors);
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
    Terms terms;
    double residual;
  };

  bool linear() const { return form_.law->powers_of_two == (errors_ == Errors::relative); }

  Predicted predict(double t) const {
    if (!form_.law->powers_of_two) return {t, 1};
    if (t > 1000 || t < -1000) return {infinite, infinite};
    const double f = steady_exp2(t);
    return {f, f * ln2};
  }

  double residual(const Point& point, double f) const {
    return errors_ == Errors::absolute ? point.y - f : point.lg_y - steady_log2(f);
  }

  double squares(std::span<const Point> points, const Terms& factors) const {
    double total = 0;
    for (const Point& point : points) {
      double r;
      if (linear() && form_.law->powers_of_two) {
        r = point.lg_y - dot(factors, point.terms);
      } else {
        const double f = predict(dot(factors, point.terms)).f;
        if (!std::isfinite(f) || (errors_ == Errors::relative && !(f > 0))) return infinite;
        r = residual(point, f);
      }
      total += r * r;
    }
    return total;
  }

  /// Linear least squares by the normal equations, scaled to a unit diagonal and eliminated with pivots down
  /// the diagonal; a term that the others determine (to 1e-14) gets the factor 0.
  template <typename RowOf>
  Parameters solve(std::span<const Point> points, RowOf&& row_of) const {
    std::array<std::array<double, most_terms + 1>, most_terms> m = {};
    for (const Point& point : points) {
      const Row row = row_of(point);
      for (std::size_t i = 0; i < form_.count; ++i) {
        for (std::size_t j = 0; j < form_.count; ++j) m[i][j] += row.terms[i] * row.terms[j];
        m[i][most_terms] += row.terms[i] * row.residual;
      }
    }
    Terms scale = {1, 1, 1};
    for (std::size_t i = 0; i < form_.count; ++i)
      if (m[i][i] > 0) scale[i] = 1 / std::sqrt(m[i][i]);
    for (std::size_t i = 0; i < form_.count; ++i) {
      for (std::size_t j = 0; j < form_.count; ++j) m[i][j] *= scale[i] * scale[j];
      m[i][most_terms] *= scale[i];
    }
    // The last term first: a constant is what remains where nothing else can be told.
    std::array<bool, most_terms> used = {};
    for (std::size_t i = form_.count; i-- > 0;) {
      if (!(m[i][i] > 1e-14)) continue;
      used[i] = true;
      for (std::size_t r = 0; r < form_.count; ++r) {
        if (r == i) continue;
        const double factor = m[r][i] / m[i][i];
        for (std::size_t j = 0; j <= most_terms; ++j) m[r][j] -= factor * m[i][j];
      }
    }
    Parameters solution;
    for (std::size_t i = 0; i < form_.count; ++i)
      if (used[i]) solution.factors[i] = m[i][most_terms] / m[i][i] * scale[i];
    return solution;
  }

  /// The solution of the linear problem nearest to the true one: exact where that is linear.
  Parameters start(std::span<const Point> points) const {
    return solve(points, [&](const Point& point) {
      if (form_.law->powers_of_two) return Row{point.terms, point.lg_y};
      const double weight = errors_ == Errors::absolute ? 1 : 1 / point.y;
      Row row{{}, weight * point.y};
      for (std::size_t j = 0; j < form_.count; ++j) row.terms[j] = weight * point.terms[j];
      return row;
    });
  }

  const Form& form_;
  Errors errors_;
};

/// The variance that rounding to integers leaves, in the unit of the residuals: 1/12 in y.
double rounding_variance(std::span<const Point> points, Errors errors) {
  double total = 0;
  for (const Point& point : points)
    total += errors == Errors::absolute ? 1.0 / 12 : 1 / (12 * point.y * point.y * ln2 * ln2);
  return total / static_cast<double>(points.size());
}

/// How residuals are judged: one variance for all laws, known or estimated.
struct Noise {
  double variance = 0;
  bool estimated = false;

  /// QAICc, or QAIC where the variance is known or the points are too few for the correction.
  double criterion(double squares, const Form& form, std::size_t count) const {
    if (squares == infinite) return infinite;
    const double k = form.choices() + (estimated ? 1 : 0);
    const double room = static_cast<double>(count) - k - 1;
    const double correction = estimated && room > 0 ? 2 * k * (k + 1) / room : 0;
    return squares / variance + 2 * k + correction;
  }
};

struct Candidate {
  Form form;
  std::vector<Point> points;
  Parameters solution;  ///< on all points
};

double value_at(const Form& form, const Parameters& parameters, const Point& point) {
  const double t = dot(parameters.factors, point.terms);
  return form.law->powers_of_two ? steady_exp2(t) : t;
}

/// Fits one candidate to a selection of its points (indices may repeat). Minima can only rise with n in the
/// long run: a law that falls, or that will, explains nothing; neither does a polynomial in lg(n) that falls
/// before it rises; and a law that rises by less than half a unit over all the points says no more than the
/// constant law. All these get infinite squares.
Parameters attempt(const Candidate& candidate, std::span<const std::size_t> selection, Errors errors) {
  std::vector<Point> points;
  for (std::size_t i : selection) points.push_back(candidate.points[i]);
  const Form& form = candidate.form;
  Parameters parameters = Fitter(form, errors).fit(points);
  if (form.law->kind == LawKind::constant || parameters.squares == infinite) return parameters;
  const double rise = value_at(form, parameters, candidate.points.back()) -
                      value_at(form, parameters, candidate.points.front());
  const bool falls = !(parameters.factors[0] > 0) || (form.count == 3 && parameters.factors[1] < 0);
  if (falls || !(rise >= 0.5)) parameters.squares = infinite;
  return parameters;
}

/// Whether there are more different sizes, as the form sees them, than it has parameters.
bool tells(const Candidate& candidate) {
  std::set<double> sizes;
  for (const Point& point : candidate.points) sizes.insert(point.terms[0]);
  return candidate.form.law->kind == LawKind::constant || sizes.size() > candidate.form.count;
}

/// The parameters as the formula has them.
Terms as_written(const Form& form, const Parameters& parameters) {
  const Terms& factors = parameters.factors;
  if (form.law->kind == LawKind::constant) return {0, factors[0], 0};
  if (form.law->powers_of_two) return {steady_exp2(factors[1]), factors[0], 0};
  // What is nothing beside the other terms is rounding of this fit.
  Terms written = factors;
  for (std::size_t j = 1; j < written.size(); ++j)
    if (std::abs(written[j]) < 1e-9 * std::abs(written[0])) written[j] = 0;
  return written;
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

/// One form a law (and root): the one of least criterion. A polynomial of three terms, in n or in lg(n),
/// holds the laws of two terms; where it is not better than them by 2, its third term says nothing (Arnold
/// 2010, "Uninformative parameters and model selection using Akaike's information criterion"), and it is
/// dropped.
std::vector<Candidate> best_forms(std::vector<Candidate> candidates, const Noise& noise) {
  const auto criterion = [&](const Candidate& candidate) {
    return noise.criterion(candidate.solution.squares, candidate.form, candidate.points.size());
  };
  // Of the two-term law of one degree less.
  const auto lesser = [&](LawKind kind) {
    const LawKind below = kind == LawKind::quadratic ? LawKind::linear : LawKind::logarithmic;
    double least = infinite;
    for (const Candidate& candidate : candidates)
      if (candidate.form.law->kind == below) least = std::min(least, criterion(candidate));
    return least;
  };
  const double logarithmic = lesser(LawKind::polylogarithmic), linear = lesser(LawKind::quadratic);
  std::vector<Candidate> best;
  for (Candidate& candidate : candidates) {
    // The line or the parabola under another name.
    const double exponent = candidate.form.law->kind == LawKind::power ? candidate.solution.factors[0] : 0;
    if (std::abs(exponent - 1) < whole || std::abs(exponent - 2) < whole) continue;
    if (candidate.form.count == 3 &&
        criterion(candidate) > (candidate.form.law->kind == LawKind::quadratic ? linear : logarithmic) - 2)
      continue;
    const bool same = !best.empty() && best.back().form.law == candidate.form.law &&
                      best.back().form.root == candidate.form.root;
    if (!same)
      best.push_back(std::move(candidate));
    else if (criterion(candidate) < criterion(best.back()) - (candidate.form.count == 3 ? 2 : 0))
      best.back() = std::move(candidate);
  }
  return best;
}

/// Whether the points could show another law if there were one (GrowthLaw::decided).
bool telling(const GrowthLaw& growth, const GrowthOptions& options) {
  if (growth.explained) return true;
  const auto [least, greatest] =
      std::minmax_element(growth.points.begin(), growth.points.end(),
                          [](const Observation& a, const Observation& b) { return a.y < b.y; });
  if (growth.points.back().x >= wide * growth.points.front().x || greatest->y >= wide * least->y) return true;
  const LawFit& best = growth.fits.front();
  double misfit = best.rms;
  if (options.errors == Errors::absolute) {
    double mean = 0;
    for (const Observation& point : growth.points) mean += point.y;
    misfit *= static_cast<double>(growth.points.size()) / (mean * ln2);
  }
  if (misfit > near || growth_class(best.kind) == GrowthClass::superpolynomial) return false;
  GrowthOptions quick = options;
  quick.resamples = 0;
  const std::size_t half = std::max(least_points, (growth.points.size() + 1) / 2);
  if (half == growth.points.size()) return false;
  const GrowthLaw larger = fit_growth(std::span(growth.points).last(half), quick);
  return growth_class(larger.fits.front().kind) == growth_class(best.kind);
}

/// Akaike weights, and what they decide. The fits are sorted; the constant law always fits.
void weigh(GrowthLaw& growth, bool enough) {
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
  const Form form{&law_of(fit.kind), fit.root, fit.logarithm, static_cast<std::size_t>(fit.terms)};
  const Terms terms = form.terms(x);
  if (fit.kind == LawKind::constant) return fit.b;
  if (form.law->powers_of_two) return fit.a * steady_exp2(fit.b * terms[0]);
  return dot({fit.a, fit.b, fit.c}, terms);
}

std::string formula(const LawFit& fit, std::string_view variable) {
  const auto sum = [&](const std::string& term) {
    return fmt::format("{:.3g}*{} {} {:.3g}", fit.a, term, fit.b < 0 ? "-" : "+", std::abs(fit.b));
  };
  const std::string lg = fit.logarithm == Logarithm::ceiling  ? fmt::format("ceil(lg({}))", variable)
                         : fit.logarithm == Logarithm::length ? fmt::format("ceil(lg({}+1))", variable)
                                                              : fmt::format("lg({})", variable);
  switch (fit.kind) {
    case LawKind::constant:
      return fmt::format("{:.3g}", fit.b);
    case LawKind::logarithmic:
      return sum(lg);
    case LawKind::polylogarithmic:
      if (fit.terms == 3)
        return fmt::format("{}*{} {} {:.3g}", sum(lg + "^2"), lg, fit.c < 0 ? "-" : "+", std::abs(fit.c));
      return sum(lg + "^2");
    case LawKind::linear:
      return sum(std::string(variable));
    case LawKind::quadratic:
      if (fit.terms == 3)
        return fmt::format("{}*{} {} {:.3g}", sum(fmt::format("{}^2", variable)), variable,
                           fit.c < 0 ? "-" : "+", std::abs(fit.c));
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

  std::vector<std::size_t> selection(count);
  for (std::size_t i = 0; i < count; ++i) selection[i] = i;
  std::vector<Candidate> candidates;
  Noise noise{infinite, true};
  for (const Form& form : all_forms(options.roots)) {
    Candidate candidate{form, {}, {}};
    for (const Observation& point : growth.points)
      candidate.points.push_back({point.y, steady_log2(point.y), form.terms(point.x)});
    if (!tells(candidate)) continue;
    candidate.solution = attempt(candidate, selection, options.errors);
    if (candidate.solution.squares == infinite) continue;
    const double freedom = static_cast<double>(count - form.count);
    noise.variance = std::min(noise.variance, candidate.solution.squares / freedom);
    candidates.push_back(std::move(candidate));
  }
  const double known = rounding_variance(candidates.front().points, options.errors);
  growth.settled = noise.variance <= known;
  growth.explained = noise.variance <= 4 * known;
  if (growth.settled) noise = {known, false};
  candidates = best_forms(std::move(candidates), noise);

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
      const Terms written = as_written(candidates[c].form, solution);
      a_values[c].push_back(written[0]);
      b_values[c].push_back(written[1]);
      const double criterion = noise.criterion(solution.squares, candidates[c].form, count);
      if (criterion < least) {
        least = criterion;
        winner = c;
      }
    }
    ++chosen[winner];
  }

  for (std::size_t c = 0; c < candidates.size(); ++c) {
    const Form& form = candidates[c].form;
    const Parameters& solution = candidates[c].solution;
    LawFit fit;
    fit.kind = form.law->kind;
    fit.root = form.root;
    fit.logarithm = form.logarithm;
    fit.terms = static_cast<int>(form.count);
    const Terms written = as_written(form, solution);
    fit.a = written[0];
    fit.b = written[1];
    fit.c = written[2];
    fit.a_range = percentiles(a_values[c], fit.a, options.confidence);
    fit.b_range = percentiles(b_values[c], fit.b, options.confidence);
    fit.rms = std::sqrt(solution.squares / static_cast<double>(count));
    fit.criterion = noise.criterion(solution.squares, form, count);
    fit.chosen = samples > 0 ? chosen[c] / static_cast<double>(samples) : 0;
    growth.fits.push_back(fit);
  }
  std::stable_sort(growth.fits.begin(), growth.fits.end(),
                   [](const LawFit& a, const LawFit& b) { return a.criterion < b.criterion; });
  weigh(growth, count >= least_points && telling(growth, options));
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
