#include "cli/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "cli/answer.hpp"
#include "cli/html.hpp"

namespace roundoff::cli {
namespace {

constexpr double width = 640, left = 56, right = 16, top = 34, height = 300, bottom = 44, legend_row = 20;

/// An axis: values to coordinates, and the values that are marked.
class Axis {
 public:
  Axis(double least, double most, bool logarithmic, double from, double to)
      : logarithmic_(logarithmic), from_(from), to_(to) {
    least_ = scaled(least);
    most_ = scaled(most);
    if (logarithmic_) {
      least_ = std::floor(least_);
      most_ = std::ceil(most_);
      if (most_ - least_ < 1) most_ = least_ + 1;
      const double step = std::ceil((most_ - least_) / 10);
      for (double at = least_; at <= most_ + 1e-9; at += step) marks_.push_back(std::exp2(at));
    } else {
      const double step = nice_step((most_ - std::min(0.0, least_)) / 6);
      least_ = std::min(0.0, std::floor(least_ / step) * step);
      most_ = std::max(least_ + step, std::ceil(most_ / step) * step);
      for (double at = least_; at <= most_ + step / 2; at += step) marks_.push_back(at);
    }
  }

  double at(double value) const {
    return from_ + (scaled(value) - least_) / (most_ - least_) * (to_ - from_);
  }
  const std::vector<double>& marks() const { return marks_; }

 private:
  double scaled(double value) const { return logarithmic_ ? std::log2(value) : value; }
  static double nice_step(double raw) {
    if (raw <= 1) return 1;  // what is plotted are whole numbers
    const double power = std::pow(10, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0})
      if (raw <= factor * power) return factor * power;
    return 10 * power;
  }

  bool logarithmic_;
  double from_, to_, least_ = 0, most_ = 1;
  std::vector<double> marks_;
};

std::string coordinate(double x) {
  std::string text = fmt::format("{:.2f}", x);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string marker(std::size_t shape, double x, double y) {
  const auto c = coordinate;
  switch (shape % 4) {
    case 0:
      return fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4\"/>", c(x), c(y));
    case 1:
      return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"7\" height=\"7\"/>", c(x - 3.5), c(y - 3.5));
    case 2:
      return fmt::format("<path d=\"M{} {}l4.5 8h-9z\"/>", c(x), c(y - 5));
    default:
      return fmt::format("<path d=\"M{} {}l5 5-5 5-5-5z\"/>", c(x), c(y - 5));
  }
}

constexpr std::string_view style =
    "<style>.roundoff-plot{font:12px system-ui,sans-serif}.roundoff-plot text{fill:#333}"
    ".roundoff-plot .grid{stroke:#ddd}.roundoff-plot .title{font-weight:600;font-size:13px}"
    ".roundoff-plot polyline{fill:none;stroke-width:2}.roundoff-plot .law{stroke-dasharray:5 "
    "4;stroke-width:1.5}"
    ".roundoff-plot .s0{--c:#0072b2}.roundoff-plot .s1{--c:#d55e00}.roundoff-plot .s2{--c:#009e73}"
    ".roundoff-plot .s3{--c:#aa4499}.roundoff-plot .s4{--c:#997700}.roundoff-plot .s5{--c:#666}"
    ".roundoff-plot .mark{fill:var(--c)}.roundoff-plot polyline{stroke:var(--c)}"
    "@media (prefers-color-scheme:dark){.roundoff-plot text{fill:#ccc}.roundoff-plot .grid{stroke:#3a3a3a}"
    ".roundoff-plot .s0{--c:#56b4e9}.roundoff-plot .s1{--c:#ff8c42}.roundoff-plot .s2{--c:#2ec4a0}"
    ".roundoff-plot .s3{--c:#dd88cc}.roundoff-plot .s4{--c:#ddcc55}.roundoff-plot .s5{--c:#aaa}}</style>";

}  // namespace

std::string as_svg(const Plot& plot) {
  double x_least = 1e300, x_most = -1e300, y_least = 1e300, y_most = -1e300;
  std::size_t legend = 0;
  for (const Curve& curve : plot.curves) {
    legend += curve.name.empty() ? 0 : 1;
    for (const auto& [x, y] : curve.points) {
      x_least = std::min(x_least, x);
      x_most = std::max(x_most, x);
      y_least = std::min(y_least, y);
      y_most = std::max(y_most, y);
    }
  }
  if (x_least > x_most) x_least = y_least = x_most = y_most = 1;
  const double total = top + height + bottom + legend_row * static_cast<double>(legend);
  const Axis xs(x_least, x_most, plot.log_x, left, width - right);
  const Axis ys(y_least, y_most, plot.log_y, top + height, top);

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"roundoff-plot\" viewBox=\"0 0 {} {}\" role=\"img\" "
      "aria-label=\"{}\">"
      "<title>{}</title>{}\n",
      coordinate(width), coordinate(total), html::escape(plot.title), html::escape(plot.title), style);
  const auto text = [&](double x, double y, std::string_view anchor, std::string_view words,
                        std::string_view more = "") {
    svg += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{}>{}</text>", coordinate(x), coordinate(y),
                       anchor, more, html::escape(words));
  };
  const auto line = [&](double x1, double y1, double x2, double y2) {
    svg += fmt::format("<path class=\"grid\" d=\"M{} {}L{} {}\"/>", coordinate(x1), coordinate(y1),
                       coordinate(x2), coordinate(y2));
  };
  text(left, 18, "start", plot.title, " class=\"title\"");
  for (const double mark : xs.marks()) {
    line(xs.at(mark), top, xs.at(mark), top + height);
    text(xs.at(mark), top + height + 16, "middle", count_text(mark));
  }
  for (const double mark : ys.marks()) {
    line(left, ys.at(mark), width - right, ys.at(mark));
    text(left - 6, ys.at(mark) + 4, "end", count_text(mark));
  }
  text((left + width - right) / 2, top + height + 36, "middle", plot.x_label);
  text(14, top + height / 2, "middle", plot.y_label,
       fmt::format(" transform=\"rotate(-90 14 {})\"", coordinate(top + height / 2)));
  svg += '\n';

  std::size_t colour = 0;
  double legend_y = top + height + bottom + 10;
  for (std::size_t s = 0; s < plot.curves.size(); ++s) {
    const Curve& curve = plot.curves[s];
    if (s > 0 && !curve.law) ++colour;
    svg += fmt::format("<g class=\"s{}\"><polyline class=\"{}\" points=\"", colour % 6,
                       curve.law ? "law" : "line");
    for (const auto& [x, y] : curve.points)
      svg += fmt::format("{},{} ", coordinate(xs.at(x)), coordinate(ys.at(y)));
    svg += "\"/><g class=\"mark\">";
    if (!curve.law)
      for (const auto& [x, y] : curve.points) svg += marker(colour, xs.at(x), ys.at(y));
    if (!curve.name.empty()) {
      if (!curve.law) svg += marker(colour, left + 10, legend_y);
      svg += fmt::format("</g><polyline class=\"{}\" points=\"{},{} {},{}\"/><g>", curve.law ? "law" : "line",
                         coordinate(left), coordinate(legend_y), coordinate(left + 20), coordinate(legend_y));
      text(left + 28, legend_y + 4, "start", curve.name);
      legend_y += legend_row;
    }
    svg += "</g></g>\n";
  }
  return svg + "</svg>\n";
}

std::string as_csv(const Plot& plot) {
  Table table{{{"curve", "", false}, {"x", "", true}, {"y", "", true}}, {}};
  for (const Curve& curve : plot.curves)
    for (const auto& [x, y] : curve.points)
      table.rows.push_back({curve.name, fmt::format("{:.6g}", x), fmt::format("{:.6g}", y)});
  return as_csv(table);
}

}  // namespace roundoff::cli
