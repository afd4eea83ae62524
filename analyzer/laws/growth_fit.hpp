// Least squares for any law: one damped Gauss-Newton iteration under both measures of error; where law and
// errors make the problem linear, its solution.
#pragma once

#include <span>

#include "analyzer/laws/growth_laws.hpp"

namespace roundoff::analyzer::laws {

/// The parameters of least squared residuals; infinite squares where the form cannot stand for the points.
Parameters fit(const Form& form, Errors errors, std::span<const Point> points);

}  // namespace roundoff::analyzer::laws
