// How a measured width grows. The width of a model is the greatest of three numbers (semantics.md, section 5)
// and each of them follows a law of its own, so that the law of a width is that of the part which decides at
// large sizes; a law fitted to the maximum would be none of them.
#pragma once

#include <string>
#include <vector>

#include "analyzer/laws/growth.hpp"
#include "analyzer/names.hpp"
#include "sim/model/model.hpp"

namespace roundoff::analyzer {

/// A built model at a size.
struct ShapeAt {
  double x = 0;  ///< n or k; > 0
  Shape shape;
};

struct WidthPart {
  std::string name;  ///< d_model, head_width, d_ff
  GrowthLaw law;
};

struct WidthLaw {
  std::vector<WidthPart> parts;  ///< those that are positive at every point
  std::string widest;            ///< the part that is the width at the largest size
  /// Of the widest part over all sizes; its statement says from where on it is the width, and which part
  /// overtakes it up to `horizon`.
  GrowthLaw law;
};

/// Points may come in any order; x must be distinct.
WidthLaw fit_width(std::vector<ShapeAt> points, const GrowthOptions& options, double horizon = 1024);

}  // namespace roundoff::analyzer
