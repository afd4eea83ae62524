// Which growth law the points follow: all laws fitted (growth_laws.hpp, growth_fit.hpp), compared, and a
// statement of what that decides.
//
// The observed numbers are integers that step where a smooth law rises (a format has whole bits): a law that
// is right up to rounding leaves residuals of variance 1/12. So the variance is known, and the criterion of a
// law with k parameters is RSS/variance + 2k. Where even the best law leaves more than that (a width that is
// a maximum of several terms), the variance is estimated from the best law's residuals, one estimate for all
// laws, and k is corrected for the sample size.
#include "analyzer/laws/growth.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "analyzer/laws/growth_fit.hpp"
#include "analyzer/laws/growth_laws.hpp"
#include "formats/error.hpp"
#include "formats/functions/steady.hpp"

namespace roundoff::analyzer {
namespace {

using namespace laws;

constexpr std::size_t least_points = 5;   ///< for a decision
constexpr std::size_t least_free = 3;     ///< more points than terms, for a decision
constexpr std::size_t least_settled = 6;  ///< left, when the first points are set aside
constexpr double wide = 64;               ///< a factor that a law must show itself over
constexpr double near = 0.0704;           ///< lg 1.05
constexpr double whole = 0.005;           ///< an exponent this near to 1 or 2 is that
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

/// Fits one candidate. Minima can only rise with n in the long run: a law that falls, or that will, explains nothing;
/// neither does a polynomial in lg(n) that falls before it rises; and a law that rises by less than half a unit over all
/// the points says no more than the constant law. All these get infinite squares.
Parameters attempt(const Candidate& candidate, Errors errors) {
  const Form& form = candidate.form;
  Parameters parameters = fit(form, errors, candidate.points);
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

std::string statement_of(const GrowthLaw& growth) {
  if (growth.fits.empty()) return fmt::format("{} points are too few to tell a law", growth.points.size());
  const LawFit& best = growth.fits.front();
  if (growth.points.size() < least_points) {
    return fmt::format("{} points are too few to tell a law; the nearest is {} {}", growth.points.size(),
                       name(best.kind), formula(best, growth.variable));
  }
  if (growth.decided) {
    return fmt::format("{}: {} (a fit to {} points)", name(best.kind), formula(best, growth.variable),
                       growth.points.size());
  }
  std::string rivals;
  double covered = 0;
  for (const LawFit& fit : growth.fits) {
    if (covered >= 0.9) break;
    covered += fit.weight;
    rivals +=
        fmt::format("{}{} {}", rivals.empty() ? "" : ", ", name(fit.kind), formula(fit, growth.variable));
  }
  const bool alone = growth.fits.front().weight >= 0.9;
  return fmt::format("{}{} {}", growth.class_decided ? std::string(name(growth.best_class)) + "; " : "",
                     alone ? "the data are too few or too near one another to tell; the nearest is"
                           : "the data cannot tell between",
                     rivals);
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
  const std::size_t half = std::max(least_points, (growth.points.size() + 1) / 2);
  if (half == growth.points.size()) return false;
  const GrowthLaw larger = fit_growth(std::span(growth.points).last(half), options);
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
  Noise noise{infinite, true};
  for (const Form& form : all_forms(options.roots)) {
    Candidate candidate{form, {}, {}};
    for (const Observation& point : growth.points)
      candidate.points.push_back({point.y, steady_log2(point.y), form.terms(point.x)});
    if (!tells(candidate)) continue;
    candidate.solution = attempt(candidate, options.errors);
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

  for (const Candidate& candidate : candidates) {
    const Form& form = candidate.form;
    const Parameters& solution = candidate.solution;
    LawFit fit;
    fit.kind = form.law->kind;
    fit.root = form.root;
    fit.logarithm = form.logarithm;
    fit.terms = static_cast<int>(form.count);
    const Terms written = as_written(form, solution);
    fit.a = written[0];
    fit.b = written[1];
    fit.c = written[2];
    fit.rms = std::sqrt(solution.squares / static_cast<double>(count));
    fit.criterion = noise.criterion(solution.squares, form, count);
    growth.fits.push_back(fit);
  }
  std::stable_sort(growth.fits.begin(), growth.fits.end(),
                   [](const LawFit& a, const LawFit& b) { return a.criterion < b.criterion; });
  const std::size_t enough =
      std::max(least_points, static_cast<std::size_t>(growth.fits.front().terms) + least_free);
  weigh(growth, count >= enough && telling(growth, options));
  growth.statement = statement_of(growth);
  return growth;
}

GrowthLaw fit_settled(std::span<const Observation> points, const GrowthOptions& options) {
  std::vector<Observation> sorted(points.begin(), points.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const Observation& a, const Observation& b) { return a.x < b.x; });
  for (std::size_t first = 0; first + least_settled <= sorted.size(); ++first) {
    const std::span<const Observation> rest = std::span(sorted).subspan(first);
    GrowthLaw growth = fit_growth(rest, options);
    if (!growth.settled) continue;
    if (first > 0) growth.statement += fmt::format("; from {} = {:g} on", options.variable, rest.front().x);
    return growth;
  }
  return fit_growth(points, options);
}

}  // namespace roundoff::analyzer
