#include "cli/views/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "cli/views/answer.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/html.hpp"
#include "formats/functions/steady.hpp"

namespace roundoff::cli {
namespace {

constexpr double width = 480, left = 52, right = 12, top = 44, height = 260, bottom = 50, row_height = 18;
constexpr std::size_t line_length = 62;  ///< characters of a legend's line

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
      const double step = std::ceil((most_ - least_) / 8);
      for (double at = least_; at <= most_ + 1e-9; at += step) marks_.push_back(steady_exp2(at));
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
  double scaled(double value) const { return logarithmic_ ? steady_log2(value) : value; }
  static double nice_step(double raw) {
    if (raw <= 1) return 1;  // what is plotted are whole numbers
    double power = 1;
    while (power * 10 <= raw) power *= 10;
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

/// What stands at a point, what its verdict rests on, and what refutes it.
std::string label_text(const ChartSeries::Point& point) {
  std::string text = point.label;
  if (!point.evidence) return text;
  text += ": " + evidence_text(*point.evidence);
  if (point.evidence->counterexample) text += ": " + point.evidence->counterexample->input;
  return text;
}

std::string marker(ChartSeries::Kind kind, std::size_t shape, double x, double y, const std::string& label) {
  const auto c = coordinate;
  const std::string title = label.empty() ? "" : "<title>" + html::escape(label) + "</title>";
  if (kind == ChartSeries::works)
    return fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"5\">{}</circle>", c(x), c(y), title);
  if (kind == ChartSeries::fails)
    return fmt::format("<path class=\"cross\" d=\"M{} {}l8 8m0-8l-8 8\">{}</path>", c(x - 4), c(y - 4),
                       title);
  switch (shape % 4) {
    case 0:
      return fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4\">{}</circle>", c(x), c(y), title);
    case 1:
      return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"7\" height=\"7\">{}</rect>", c(x - 3.5), c(y - 3.5),
                         title);
    case 2:
      return fmt::format("<path d=\"M{} {}l4.5 8h-9z\">{}</path>", c(x), c(y - 5), title);
    default:
      return fmt::format("<path d=\"M{} {}l5 5-5 5-5-5z\">{}</path>", c(x), c(y - 5), title);
  }
}

constexpr std::string_view style =
    "<style>.roundoff-plot{font:12px system-ui,sans-serif}.roundoff-plot text{fill:#333}"
    ".roundoff-plot .grid{stroke:#ddd}.roundoff-plot .title{font-weight:600;font-size:13px}"
    ".roundoff-plot polyline{fill:none;stroke:var(--c);stroke-width:2}"
    ".roundoff-plot .law{stroke-dasharray:5 4;stroke-width:1.5}"
    ".roundoff-plot .bound{stroke-dasharray:1 3;stroke-width:2}"
    ".roundoff-plot .mark{fill:var(--c)}.roundoff-plot .cross{fill:none;stroke:var(--c);stroke-width:2}"
    ".roundoff-plot .s0{--c:#0072b2}.roundoff-plot .s1{--c:#d55e00}.roundoff-plot .s2{--c:#009e73}"
    ".roundoff-plot .s3{--c:#aa4499}.roundoff-plot .s4{--c:#997700}.roundoff-plot .s5{--c:#444}"
    ".roundoff-plot .floor{--c:#777}.roundoff-plot .works{--c:#0072b2}.roundoff-plot .fails{--c:#d55e00}"
    "@media (prefers-color-scheme:dark){.roundoff-plot text{fill:#ccc}.roundoff-plot .grid{stroke:#3a3a3a}"
    ".roundoff-plot .s0,.roundoff-plot .works{--c:#56b4e9}.roundoff-plot .s1,.roundoff-plot "
    ".fails{--c:#ff8c42}"
    ".roundoff-plot .s2{--c:#2ec4a0}.roundoff-plot .s3{--c:#dd88cc}.roundoff-plot .s4{--c:#ddcc55}"
    ".roundoff-plot .s5{--c:#ccc}.roundoff-plot .floor{--c:#999}}</style>";

/// Broken at blanks into lines of a legend.
std::vector<std::string> lines_of(std::string_view text, std::size_t most) {
  std::vector<std::string> lines;
  while (text.size() > most) {
    std::size_t cut = text.rfind(' ', most);
    if (cut == std::string_view::npos || cut == 0) cut = most;
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(std::min(text.size(), cut + (text[cut] == ' ' ? 1 : 0)));
  }
  lines.emplace_back(text);
  return lines;
}

/// Which colour and which marker: a law has those of the measured series before it.
struct Look {
  std::string colour, line;
  std::size_t shape = 0;
  bool marked = true;
};

std::vector<Look> looks(const Chart& chart) {
  std::vector<Look> result;
  std::size_t next = 0, current = 0;
  for (const ChartSeries& series : chart.series) {
    switch (series.kind) {
      case ChartSeries::measured:
        current = next++;
        result.push_back({fmt::format("s{}", current % 6), "line", current, true});
        break;
      case ChartSeries::law:
        result.push_back({fmt::format("s{}", current % 6), "law", current, false});
        break;
      case ChartSeries::bound:
        result.push_back({"floor", "bound", 0, false});
        break;
      case ChartSeries::works:
        result.push_back({"works", "", 0, true});
        break;
      case ChartSeries::fails:
        result.push_back({"fails", "", 0, true});
        break;
    }
  }
  return result;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart), looks_(looks(chart)) {
    double x_least = 1e300, x_most = -1e300, y_least = 1e300, y_most = -1e300, legend = 0;
    for (const ChartSeries& series : chart.series) {
      if (!series.points.empty()) legend += static_cast<double>(lines_of(series.name, line_length).size());
      for (const ChartSeries::Point& point : series.points) {
        x_least = std::min(x_least, point.x);
        x_most = std::max(x_most, point.x);
        y_least = std::min(y_least, point.y);
        y_most = std::max(y_most, point.y);
      }
    }
    if (x_least > x_most) x_least = y_least = x_most = y_most = 1;
    title_ = lines_of(chart.title, 60);
    top_ = top + row_height * (static_cast<double>(title_.size()) - 1);
    total_ = top_ + height + bottom + row_height * legend;
    xs_ = std::make_unique<Axis>(x_least, x_most, chart.log_x, left + 8, width - right - 8);
    ys_ = std::make_unique<Axis>(y_least, y_most, chart.log_y, top_ + height, top_);
  }

  std::string draw() {
    svg_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"roundoff-plot\" viewBox=\"0 0 {} {}\" "
        "role=\"img\" "
        "aria-label=\"{}\">{}\n",
        coordinate(width), coordinate(total_), html::escape(chart_.title), style);
    frame();
    for (const bool behind : {true, false})
      for (std::size_t s = 0; s < chart_.series.size(); ++s)
        if ((chart_.series[s].kind == ChartSeries::fails || !looks_[s].marked) == behind) series(s);
    legend();
    return svg_ + "</svg>\n";
  }

 private:
  void text(double x, double y, std::string_view anchor, std::string_view words, std::string_view more = "") {
    svg_ += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{}>{}</text>", coordinate(x),
                        coordinate(y), anchor, more, html::escape(words));
  }
  void line(double x1, double y1, double x2, double y2) {
    svg_ += fmt::format("<path class=\"grid\" d=\"M{} {}L{} {}\"/>", coordinate(x1), coordinate(y1),
                        coordinate(x2), coordinate(y2));
  }

  void frame() {
    for (std::size_t i = 0; i < title_.size(); ++i)
      text(8, 18 + row_height * static_cast<double>(i), "start", title_[i], " class=\"title\"");
    for (const double mark : xs_->marks()) {
      line(xs_->at(mark), top_, xs_->at(mark), top_ + height);
      text(xs_->at(mark), top_ + height + 16, "middle", count_text(mark));
    }
    for (const double mark : ys_->marks()) {
      line(left, ys_->at(mark), width - right, ys_->at(mark));
      text(left - 6, ys_->at(mark) + 4, "end", count_text(mark));
    }
    text((left + width - right) / 2, top_ + height + 34, "middle", chart_.x_label);
    text(8, top_ - 10, "start", chart_.y_label);
    svg_ += '\n';
  }

  void polyline(const Look& look, const std::string& points) {
    svg_ += fmt::format("<polyline class=\"{}\" points=\"{}\"/>", look.line, points);
  }

  void series(std::size_t s) {
    const ChartSeries& shown = chart_.series[s];
    const Look& look = looks_[s];
    svg_ += fmt::format("<g class=\"{}\">", look.colour);
    if (!look.line.empty()) {
      std::string points;
      for (const ChartSeries::Point& point : shown.points)
        points += fmt::format("{},{} ", coordinate(xs_->at(point.x)), coordinate(ys_->at(point.y)));
      polyline(look, points);
    }
    if (look.marked) {
      svg_ += "<g class=\"mark\">";
      for (const ChartSeries::Point& point : shown.points)
        svg_ += marker(shown.kind, look.shape, xs_->at(point.x), ys_->at(point.y), label_text(point));
      svg_ += "</g>";
    }
    svg_ += "</g>\n";
  }

  void legend() {
    double y = top_ + height + bottom + 6;
    for (std::size_t s = 0; s < chart_.series.size(); ++s) {
      const ChartSeries& shown = chart_.series[s];
      if (shown.points.empty()) continue;
      const Look& look = looks_[s];
      svg_ += fmt::format("<g class=\"{}\">", look.colour);
      if (!look.line.empty()) polyline(look, fmt::format("8,{0} 30,{0}", coordinate(y)));
      if (look.marked) svg_ += "<g class=\"mark\">" + marker(shown.kind, look.shape, 19, y, "") + "</g>";
      svg_ += "</g>";
      for (const std::string& words : lines_of(shown.name, line_length)) {
        text(38, y + 4, "start", words);
        y += row_height;
      }
      svg_ += '\n';
    }
  }

  const Chart& chart_;
  std::vector<Look> looks_;
  std::vector<std::string> title_;
  double top_ = 0, total_ = 0;
  std::unique_ptr<Axis> xs_, ys_;
  std::string svg_;
};

}  // namespace

std::string as_svg(const Chart& chart) { return Drawing(chart).draw(); }

std::string caption_text(const Chart& chart) {
  for (const ChartSeries& series : chart.series)
    for (const ChartSeries::Point& point : series.points)
      if (point.evidence && point.evidence->verdict == Verdict::holds && !proves_all(*point.evidence))
        return chart.caption +
               " Some points rest on adversarial inputs and samples, which is not a proof; their labels say so.";
  return chart.caption;
}

std::string as_csv(const Chart& chart) {
  constexpr std::array kinds = {"measured", "law", "bound", "works", "fails"};
  Table table{
      {{"series", "", false}, {"kind", "", false}, {"x", "", true}, {"y", "", true}, {"label", "", false}},
      {}};
  for (const ChartSeries& series : chart.series)
    for (const ChartSeries::Point& point : series.points)
      table.rows.push_back({series.name, kinds[series.kind], fmt::format("{:.6g}", point.x),
                            fmt::format("{:.6g}", point.y), label_text(point)});
  return as_csv(table);
}

}  // namespace roundoff::cli
