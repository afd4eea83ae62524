#include "analyzer/laws/width_law.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace roundoff::analyzer {

WidthLaw fit_width(std::vector<ShapeAt> points, const GrowthOptions& options, double horizon) {
  WidthLaw width;
  if (points.empty()) {
    width.law = fit_settled({}, options);
    return width;
  }
  std::sort(points.begin(), points.end(), [](const ShapeAt& a, const ShapeAt& b) { return a.x < b.x; });
  const auto observed = [&](int Shape::*part) {
    std::vector<Observation> values;
    for (const ShapeAt& point : points)
      if (point.shape.*part > 0) values.push_back({point.x, static_cast<double>(point.shape.*part)});
    return values;
  };
  struct Named {
    std::string_view name;
    int Shape::*part;
  };
  constexpr std::array named = {Named{"d_model", &Shape::d_model}, Named{"head_width", &Shape::head_width},
                                Named{"d_ff", &Shape::d_ff}};
  int Shape::*decides = &Shape::width;
  for (const Named& each : named) {
    const std::vector<Observation> values = observed(each.part);
    if (values.size() < points.size()) continue;
    width.parts.push_back({std::string(each.name), fit_settled(values, options)});
    if (width.widest.empty() && points.back().shape.*each.part == points.back().shape.width) {
      width.widest = each.name;
      width.law = width.parts.back().law;
      decides = each.part;
    }
  }
  if (width.widest.empty()) {
    width.law = fit_settled(observed(&Shape::width), options);
    return width;
  }
  std::size_t from = points.size();
  while (from > 0 && points[from - 1].shape.*decides == points[from - 1].shape.width) --from;
  if (from > 0)
    width.law.statement += fmt::format("; of {}, which is the width from {} = {:g} on", width.widest,
                                       options.variable, points[from].x);
  for (const WidthPart& other : width.parts) {
    if (other.name == width.widest || !other.law.decided || !width.law.decided) continue;
    const LawFit& rival = other.law.fits.front();
    if (evaluate(rival, horizon) > evaluate(width.law.fits.front(), horizon))
      width.law.statement += fmt::format("; but {}, {}, will overtake it", other.name, name(rival.kind));
  }
  return width;
}

}  // namespace roundoff::analyzer
