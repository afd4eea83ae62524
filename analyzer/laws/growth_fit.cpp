#include "analyzer/laws/growth_fit.hpp"

#include <cmath>
#include <vector>

// Sums in one order, whatever the processor has: figures that are printed come from here.
#define EIGEN_DONT_VECTORIZE
#include <Eigen/Cholesky>

#include "formats/functions/steady.hpp"

namespace roundoff::analyzer::laws {
namespace {

constexpr int most_unknowns = static_cast<int>(most_terms);
using Square = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, most_unknowns, most_unknowns>;
using Column = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, most_unknowns, 1>;

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

  /// Linear least squares by the normal equations, scaled to a unit diagonal. From the last term to the first, one
  /// that those before determine (to 1e-14) gets the factor 0: a constant is what remains where nothing else can
  /// be told.
  template <typename RowOf>
  Parameters solve(std::span<const Point> points, RowOf&& row_of) const {
    const auto count = static_cast<Eigen::Index>(form_.count);
    Square products = Square::Zero(count, count);
    Column right = Column::Zero(count);
    for (const Point& point : points) {
      const Row row = row_of(point);
      const Eigen::Map<const Column> terms(row.terms.data(), count);
      products += terms * terms.transpose();
      right += terms * row.residual;
    }
    Column scale = Column::Ones(count);
    for (Eigen::Index i = 0; i < count; ++i)
      if (products(i, i) > 0) scale(i) = 1 / std::sqrt(products(i, i));
    products = scale.asDiagonal() * products * scale.asDiagonal();
    right = scale.asDiagonal() * right;

    std::vector<Eigen::Index> chosen;
    for (Eigen::Index i = count; i-- > 0;) {
      chosen.push_back(i);
      const Square factor = Eigen::LLT<Square>(products(chosen, chosen)).matrixL();
      const double left = factor(factor.rows() - 1, factor.cols() - 1);
      if (!(left * left > 1e-14)) chosen.pop_back();
    }
    Parameters solution;
    if (chosen.empty()) return solution;
    const Column factors = Eigen::LLT<Square>(products(chosen, chosen)).solve(right(chosen));
    for (std::size_t j = 0; j < chosen.size(); ++j) {
      const Eigen::Index i = chosen[j];
      solution.factors[static_cast<std::size_t>(i)] = factors(static_cast<Eigen::Index>(j)) * scale(i);
    }
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

}  // namespace

Parameters fit(const Form& form, Errors errors, std::span<const Point> points) {
  return Fitter(form, errors).fit(points);
}

}  // namespace roundoff::analyzer::laws
