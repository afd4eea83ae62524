#include "analyzer/laws/growth_laws.hpp"

#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "formats/functions/steady.hpp"

namespace roundoff::analyzer {
namespace laws {

const Law& law_of(LawKind kind) { return all[static_cast<std::size_t>(kind)]; }

Terms Form::terms(double x) const {
  switch (law->kind) {
    case LawKind::constant:
      return {1, 0, 0};
    case LawKind::logarithmic:
      return {lg(x), 1, 0};
    case LawKind::polylogarithmic:
      return count == 3 ? Terms{lg(x) * lg(x), lg(x), 1} : Terms{lg(x) * lg(x), 1, 0};
    case LawKind::linear:
      return {x, 1, 0};
    case LawKind::linearithmic:
      return {x * steady_log2(x), 1, 0};
    case LawKind::quadratic:
      return {x * x, x, count == 3 ? 1.0 : 0.0};  // widths that count pairs have no constant term
    case LawKind::power:
      return {steady_log2(x), 1, 0};
    case LawKind::exponential:
      return {steady_root(x, root), 1, 0};
  }
  return {};
}

double Form::lg(double x) const {
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

std::vector<Form> all_forms(const std::vector<int>& roots) {
  std::vector<Form> forms;
  for (const Law& law : all) {
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

double value_at(const Form& form, const Parameters& parameters, const Point& point) {
  const double t = dot(parameters.factors, point.terms);
  return form.law->powers_of_two ? steady_exp2(t) : t;
}

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

}  // namespace laws

namespace {

/// "2*n^2 + n - 3": what shows as 0 is left out, and a factor that shows as 1.
std::string sum_of(std::initializer_list<std::pair<double, std::string>> terms) {
  std::string sum;
  for (const auto& [factor, term] : terms) {
    const std::string shown = fmt::format("{:.3g}", std::abs(factor));
    if (shown == "0") continue;
    sum += sum.empty() ? (factor < 0 ? "-" : "") : (factor < 0 ? " - " : " + ");
    sum += term.empty() ? shown : shown == "1" ? term : shown + '*' + term;
  }
  return sum.empty() ? "0" : sum;
}

}  // namespace

std::string_view name(LawKind kind) { return laws::law_of(kind).name; }

std::string_view name(GrowthClass growth_class) {
  constexpr std::array<std::string_view, 4> names = {"constant", "polylogarithmic", "polynomial",
                                                     "superpolynomial"};
  return names[static_cast<std::size_t>(growth_class)];
}

GrowthClass growth_class(LawKind kind) { return laws::law_of(kind).growth_class; }

double evaluate(const LawFit& fit, double x) {
  const laws::Form form{&laws::law_of(fit.kind), fit.root, fit.logarithm,
                        static_cast<std::size_t>(fit.terms)};
  const laws::Terms terms = form.terms(x);
  if (fit.kind == LawKind::constant) return fit.b;
  if (form.law->powers_of_two) return fit.a * steady_exp2(fit.b * terms[0]);
  return laws::dot({fit.a, fit.b, fit.c}, terms);
}

std::string formula(const LawFit& fit, std::string_view variable) {
  const std::string x(variable);
  const std::string lg = fit.logarithm == Logarithm::ceiling  ? fmt::format("ceil(lg({}))", x)
                         : fit.logarithm == Logarithm::length ? fmt::format("ceil(lg({}+1))", x)
                                                              : fmt::format("lg({})", x);
  switch (fit.kind) {
    case LawKind::constant:
      return sum_of({{fit.b, ""}});
    case LawKind::logarithmic:
      return sum_of({{fit.a, lg}, {fit.b, ""}});
    case LawKind::polylogarithmic:
      if (fit.terms == 3) return sum_of({{fit.a, lg + "^2"}, {fit.b, lg}, {fit.c, ""}});
      return sum_of({{fit.a, lg + "^2"}, {fit.b, ""}});
    case LawKind::linear:
      return sum_of({{fit.a, x}, {fit.b, ""}});
    case LawKind::linearithmic:
      return sum_of({{fit.a, fmt::format("{0}*lg({0})", x)}, {fit.b, ""}});
    case LawKind::quadratic:
      return sum_of({{fit.a, x + "^2"}, {fit.b, x}, {fit.c, ""}});  // c is 0 where there are two terms
    case LawKind::power:
      return sum_of({{fit.a, fmt::format("{}^{:.3g}", x, fit.b)}});
    case LawKind::exponential:
      break;
  }
  const std::string root = fit.root == 1 ? x : fmt::format("{}^(1/{})", x, fit.root);
  return sum_of({{fit.a, fmt::format("2^({})", sum_of({{fit.b, root}}))}});
}

}  // namespace roundoff::analyzer
