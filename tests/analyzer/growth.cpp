// GrowthLaw laws: each law is recognised from numbers that it made, rounded up to integers as measured minima
// are, and what cannot be told apart is not told apart.
#include "analyzer/laws/growth.hpp"

#include <cmath>
#include <functional>

#include <doctest/doctest.h>

#include "analyzer/laws/statistics.hpp"
#include "formats/error.hpp"
#include "formats/functions/steady.hpp"

using namespace roundoff::analyzer;

namespace {

GrowthLaw fitted(const std::vector<int>& sizes, const std::function<double(double)>& law, Errors errors,
                 std::vector<int> roots = {1}) {
  std::vector<Observation> points;
  for (int n : sizes) points.push_back({static_cast<double>(n), std::ceil(law(n) - 1e-9)});
  GrowthOptions options;
  options.errors = errors;
  options.roots = std::move(roots);
  return fit_growth(points, options);
}

std::vector<int> all_to(int last) {
  std::vector<int> sizes;
  for (int n = 2; n <= last; ++n) sizes.push_back(n);
  return sizes;
}
const std::vector<int> doubling = {2, 4, 8, 16, 32, 64, 128, 256};

}  // namespace

TEST_CASE("a law is recognised from integers it made") {
  struct Case {
    LawKind kind;
    std::function<double(double)> law;
    std::vector<int> sizes;
  };
  const std::vector<Case> cases = {
      {LawKind::constant, [](double) { return 16.0; }, doubling},
      {LawKind::logarithmic, [](double n) { return 2 * steady_log2(n) + 2; }, all_to(64)},
      {LawKind::polylogarithmic, [](double n) { return 3 * steady_log2(n) * steady_log2(n) + 5; }, doubling},
      {LawKind::linear, [](double n) { return 3 * n + 28; }, doubling},
      {LawKind::linearithmic, [](double n) { return 2 * n * steady_log2(n) + 3; }, doubling},
      {LawKind::quadratic, [](double n) { return n * n / 2 + 5 * n; }, doubling},
      {LawKind::power, [](double n) { return 3 * n * steady_root(n, 2); }, doubling},
      {LawKind::exponential, [](double n) { return 2 * steady_exp2(n); }, {2, 3, 4, 6, 8, 10, 12}},
  };
  for (const Case& each : cases) {
    for (const Errors errors : {Errors::absolute, Errors::relative}) {
      const GrowthLaw growth = fitted(each.sizes, each.law, errors);
      CAPTURE(growth.statement);
      CHECK(growth.decided);
      CHECK(growth.fits.front().kind == each.kind);
      CHECK(growth.best_class == growth_class(each.kind));
    }
  }
}

TEST_CASE("the fitted parameters are near the true ones") {
  const GrowthLaw growth = fitted(
      all_to(64), [](double n) { return 2 * steady_log2(n) + 1.5; }, Errors::absolute);
  const LawFit& best = growth.fits.front();
  CHECK(best.kind == LawKind::logarithmic);
  CHECK(best.a == doctest::Approx(2).epsilon(0.02));
  CHECK(best.b == doctest::Approx(2).epsilon(0.1));  // 1.5 and the half that rounding up adds
  CHECK(evaluate(best, 32) == doctest::Approx(12).epsilon(0.05));
}

TEST_CASE("roots of n in the exponent are told apart when the caller names them") {
  const auto law = [](double k) { return 5 * steady_exp2(2.5 * steady_root(k, 2)); };
  const GrowthLaw growth = fitted({4, 8, 16, 32, 64, 128}, law, Errors::relative, {1, 2, 3});
  CAPTURE(growth.statement);
  CHECK(growth.decided);
  CHECK(growth.fits.front().root == 2);
  CHECK(growth.fits.front().b == doctest::Approx(2.5).epsilon(0.02));
}

TEST_CASE("of a maximum of two terms, the law of the one that decides at large sizes is found") {
  std::vector<Observation> points;
  for (const int n : {2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32})
    points.push_back({static_cast<double>(n), std::max(3.0 * n + 20, n * (n + 1) / 2.0)});
  GrowthOptions options;
  options.errors = Errors::relative;
  const GrowthLaw settled = fit_settled(points, options);
  CAPTURE(settled.statement);
  CHECK(settled.decided);
  CHECK(settled.fits.front().kind == LawKind::quadratic);
  CHECK(settled.fits.front().a == doctest::Approx(0.5).epsilon(1e-6));
  CHECK(settled.statement.find("from n = ") != std::string::npos);
  // One law for all points needs no point set aside.
  for (Observation& point : points) point.y = 3 * point.x + 20;
  CHECK(fit_settled(points, options).statement == fit_growth(points, options).statement);
}

TEST_CASE("a polynomial in the bits of n is recognised from its steps, and from powers of two alone") {
  const auto bits = [](double n) { return std::floor(std::log2(n)) + 1; };
  const auto heads = [&](double n) { return bits(n) * (2 * bits(n) + 1); };
  for (const Errors errors : {Errors::absolute, Errors::relative}) {
    const GrowthLaw steps = fitted({2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}, heads, errors);
    CAPTURE(steps.statement);
    CHECK(steps.decided);
    const LawFit& best = steps.fits.front();
    CHECK(best.kind == LawKind::polylogarithmic);
    CHECK(best.logarithm == Logarithm::length);
    CHECK(formula(best).find("ceil(lg(n+1))^2") != std::string::npos);
    if (errors == Errors::absolute) {  // beside relative errors the third term says too little
      REQUIRE(best.terms == 3);
      CHECK(best.a == doctest::Approx(2));
      CHECK(best.b == doctest::Approx(1));
      CHECK(best.c == doctest::Approx(0));
      CHECK(evaluate(best, 100) == doctest::Approx(heads(100)));
    }
    const GrowthLaw powers = fitted({2, 4, 8, 16, 32, 64}, heads, errors);
    CAPTURE(powers.statement);
    CHECK(powers.decided);
    CHECK(powers.fits.front().kind == LawKind::polylogarithmic);
    CHECK(powers.fits.front().logarithm == Logarithm::smooth);  // steps are not to be seen there
    CHECK(powers.fits.front().terms == 3);
  }
  // Codes of ceil(lg(n)) bits.
  const GrowthLaw codes = fitted(
      {2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64, 96},
      [](double n) { return 5 * std::ceil(std::log2(n)) + 3; }, Errors::relative);
  CAPTURE(codes.statement);
  CHECK(codes.decided);
  CHECK(codes.fits.front().kind == LawKind::logarithmic);
  CHECK(codes.fits.front().logarithm == Logarithm::ceiling);
}

TEST_CASE("a polynomial in lg(n) of three terms does not stand for a power of n, nor for fewer terms") {
  const GrowthLaw power = fitted(
      all_to(64), [](double n) { return 6 * steady_root(n, 2) + 3; }, Errors::relative);
  CAPTURE(power.statement);
  CHECK(power.fits.front().kind == LawKind::power);
  const GrowthLaw logarithm = fitted(
      all_to(64), [](double n) { return 2 * steady_log2(n) + 2; }, Errors::absolute);
  for (const LawFit& fit : logarithm.fits) CHECK(fit.terms < 3);
  // Three steps of a logarithm hold three terms exactly, and say nothing.
  const GrowthLaw three = fitted(
      {4, 5, 6, 7, 8, 12, 16, 24}, [](double n) { return std::ceil(std::log2(n + 1)) * 7; },
      Errors::relative);
  for (const LawFit& fit : three.fits) CHECK(fit.terms < 3);
}

TEST_CASE("a maximum of two terms near their crossing is not taken for something beyond polynomials") {
  const auto most = [](double n) { return std::max(3 * n + 20, n * (n + 1) / 2); };
  const std::vector<int> ladder = {2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64};
  for (std::size_t last = 6; last <= ladder.size(); ++last) {
    const GrowthLaw growth =
        fitted({ladder.begin(), ladder.begin() + static_cast<std::ptrdiff_t>(last)}, most, Errors::relative);
    CAPTURE(growth.statement);
    if (growth.class_decided) CHECK(growth.best_class == GrowthClass::polynomial);
  }
  // Five lg(n) until lg(n)^2 takes over: no line.
  const auto slow = [](double n) {
    const double bits = std::floor(std::log2(n)) + 1;
    return std::max(5 * bits + 18, bits * (2 * bits + 1));
  };
  for (std::size_t last = 6; last <= ladder.size(); ++last) {
    const GrowthLaw growth =
        fitted({ladder.begin(), ladder.begin() + static_cast<std::ptrdiff_t>(last)}, slow, Errors::relative);
    CAPTURE(growth.statement);
    if (growth.class_decided) CHECK(growth.best_class == GrowthClass::polylogarithmic);
  }
}

TEST_CASE("an exponential is decided on a short range of n when it spans a wide one itself") {
  const GrowthLaw exact = fitted({2, 3, 4, 5, 6, 8, 10, 12}, [](double k) { return steady_exp2(k) - 2; },
                                 Errors::relative, {1, 2, 3});
  CAPTURE(exact.statement);
  CHECK(exact.class_decided);
  CHECK(exact.best_class == GrowthClass::superpolynomial);
}

TEST_CASE("data that cannot tell say so") {
  const GrowthLaw few = fitted(
      {4, 8, 16}, [](double n) { return 2 * n; }, Errors::absolute);
  CHECK_FALSE(few.decided);
  CHECK(few.statement.find("too few") != std::string::npos);
  // Five sizes within a factor of two: a logarithm, a line and a parabola are the same within rounding.
  const GrowthLaw narrow = fitted(
      {16, 20, 24, 28, 32}, [](double n) { return 4 * steady_log2(n); }, Errors::absolute);
  CAPTURE(narrow.statement);
  CHECK_FALSE(narrow.decided);
  CHECK(narrow.statement.find("cannot tell") != std::string::npos);
}

TEST_CASE("the same points give the same fit in any order") {
  std::vector<Observation> points;
  for (int n : doubling) points.push_back({static_cast<double>(n), std::ceil(1.7 * n + 3)});
  const GrowthLaw forward = fit_growth(points);
  std::reverse(points.begin(), points.end());
  const GrowthLaw backward = fit_growth(points);
  CHECK(forward.statement == backward.statement);
  CHECK(forward.fits.front().a == backward.fits.front().a);
  CHECK(forward.fits.front().b == backward.fits.front().b);
}

TEST_CASE("a measurement of zero is refused by name") {
  const std::vector<Observation> points = {{1, 2}, {2, 0}, {3, 4}};
  CHECK_THROWS_AS(fit_growth(points), UsageError);
}

TEST_CASE("the bound on the failing fraction is the exact one") {
  // No failure in m draws: 1 - 0.05^(1/m), the number from which the rule of three comes.
  CHECK(failing_fraction_bound(0, 100) == doctest::Approx(1 - std::pow(0.05, 0.01)).epsilon(1e-9));
  CHECK(failing_fraction_bound(0, 1e6) == doctest::Approx(2.9957e-6).epsilon(1e-4));
  // Clopper and Pearson's table: 1 failure of 10, one sided 95 %.
  CHECK(failing_fraction_bound(1, 10) == doctest::Approx(0.39416).epsilon(1e-4));
  CHECK(failing_fraction_bound(0, 0) == 1);
  CHECK(failing_fraction_bound(7, 7) == 1);
}

TEST_CASE("bounded draws are uniform and depend on seed and index alone") {
  std::vector<int> counts(6, 0);
  for (std::uint64_t i = 0; i < 60000; ++i) ++counts[bounded_draw(7, i, 6)];
  double chi = 0;
  for (int count : counts) chi += (count - 10000.0) * (count - 10000.0) / 10000.0;
  CHECK(chi < 25);  // five degrees of freedom: 1 in 7000
  CHECK(bounded_draw(7, 12345, 1000) == bounded_draw(7, 12345, 1000));
  CHECK(bounded_draw(7, 1, 1u << 30) != bounded_draw(8, 1, 1u << 30));
  CHECK(bounded_draw(1, 2, 1) == 0);
}

TEST_CASE("elementary functions are those of the mathematics, and exact where they are integers") {
  for (int i = 1; i < 20000; ++i) {
    const double x = i * i * 0.37;
    REQUIRE(steady_log2(x) == doctest::Approx(std::log2(x)).epsilon(1e-14));
    const double y = (i - 10000) * 0.0537;
    REQUIRE(steady_exp2(y) == doctest::Approx(std::exp2(y)).epsilon(1e-13));
    REQUIRE(steady_root(x, 3) == doctest::Approx(std::cbrt(x)).epsilon(1e-13));
  }
  for (int k = -300; k <= 300; ++k) {
    CHECK(steady_log2(std::ldexp(1.0, k)) == k);
    CHECK(steady_exp2(k) == std::ldexp(1.0, k));
  }
}
