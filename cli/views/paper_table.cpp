#include "cli/views/paper_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "analyzer/evidence/evidence.hpp"
#include "cli/views/minimisation.hpp"
#include "constructions/construction.hpp"

namespace roundoff::cli {
namespace {

int size_at(const Series& series, const MeasuredPoint& point) {
  return series.variable == "k" ? point.size.k : point.size.n;
}

/// The point where a cell's widths are compared, or the largest one.
const MeasuredPoint* compared(const Cell& cell, const Series& series) {
  for (const MeasuredPoint& point : series.points)
    if (size_at(series, point) == cell.compared_at) return &point;
  return series.points.empty() ? nullptr : &series.points.back();
}

std::string width_text(const Cell& cell, const Series& series) {
  const MeasuredPoint* point = compared(cell, series);
  if (point == nullptr) return "";
  return fmt::format("width {} at {} = {} by {}", point->attempt.shape.width, series.variable,
                     size_at(series, *point), series.label);
}

// The formula is the statement and the built points are its check; a fit only describes them, and stands for a formula
// that is too long for a cell (`constructions NAME` shows it).
std::string width_law_text(const Series& series) {
  constexpr std::size_t longest = 32;
  if (series.claimed) {
    const std::string_view formula = constructions::find_construction(series.construction).width;
    if (formula.size() > longest)
      return fmt::format("by its formula, checked at {} sizes, nearly {}", series.points.size(),
                         law_text(*series.claimed));
    return fmt::format("width = {} (its formula, checked at {} sizes)", formula, series.points.size());
  }
  if (series.width.law.fits.empty()) return "";
  return fmt::format("fitted to {} sizes: {}", series.points.size(), law_text(series.width.law));
}

std::string mark_of(const Series& series) {
  EvidenceCounts counts;
  for (const MeasuredPoint& point : series.points) counts.add(point.attempt.result);
  const int proved = counts.certified + counts.all;
  if (proved > 0 && counts.part == 0) return "all inputs";
  return proved > 0 ? fmt::format("all inputs at {} of {} sizes", proved, series.points.size())
                    : "families and samples: no proof";
}

PaperCell cell_of(const Cell& cell) {
  PaperCell made;
  made.claim = fmt::format("{} ({})", cell.paper_bound, cell.paper_theorem);
  if (cell.best) {
    const Series& best = cell.series[*cell.best];
    made.best = width_text(cell, best);
    made.law = width_law_text(best);
    made.mark = mark_of(best);
  }
  if (cell.paper && cell.paper != cell.best) made.paper = width_text(cell, cell.series[*cell.paper]);
  return made;
}

/// Words into lines of at most `width` characters.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = std::min(text.size(), at + width);
    if (end < text.size() && text[end] != ' ') {
      const std::size_t blank = text.rfind(' ', end);
      if (blank != std::string::npos && blank > at) end = blank;
    }
    lines.push_back(text.substr(at, end - at));
    at = end;
    while (at < text.size() && text[at] == ' ') ++at;
  }
  return lines;
}

std::vector<std::string> cell_lines(const PaperCell& cell, std::size_t width) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view label, const std::string& text) {
    if (text.empty()) return;
    for (const std::string& line : wrapped(fmt::format("{}{}", label, text), width)) lines.push_back(line);
  };
  add("paper: ", cell.claim);
  if (cell.best.empty()) add("", "nothing was measured");
  add("here: ", cell.best);
  add("", cell.law);
  add("evidence: ", cell.mark);
  add("the paper's: ", cell.paper);
  return lines;
}

std::string latex_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("&%$#_{}").find(c) != std::string_view::npos) escaped += '\\';
    if (c == '^')
      escaped += "\\^{}";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

std::vector<PaperRow> paper_rows(const Table1& table) {
  std::vector<PaperRow> rows;
  for (const Cell& cell : table.cells) {
    if (cell.paper_bound.empty() || !cell.outside.empty()) continue;
    auto row =
        std::find_if(rows.begin(), rows.end(), [&](const PaperRow& known) { return known.name == cell.row; });
    if (row == rows.end()) row = rows.insert(rows.end(), {cell.row, {}, {}});
    (cell.regime == Regime::constant ? row->constant : row->logarithmic) = cell_of(cell);
  }
  return rows;
}

std::string paper_text(const Table1& table) {
  constexpr std::size_t first = 9, column = 34;
  std::string text;
  const auto line = [&](const std::string& a, const std::string& b, const std::string& c) {
    std::string row = fmt::format("{:<{}}{:<{}}  {}", a, first, b, column, c);
    row.resize(row.find_last_not_of(' ') + 1);
    text += row + '\n';
  };
  const std::vector<PaperRow> rows = paper_rows(table);
  if (rows.empty()) return "";
  line("", "constant precision", "logarithmic precision");
  for (const PaperRow& row : rows) {
    const std::vector<std::string> left = cell_lines(row.constant, column),
                                   right = cell_lines(row.logarithmic, column);
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i)
      line(i == 0 ? row.name : "", i < left.size() ? left[i] : "", i < right.size() ? right[i] : "");
    text += '\n';
  }
  return text;
}

Table paper_table(const Table1& table) {
  Table result{{{"task", "task", false},
                {"precision", "precision", false},
                {"paper", "width in the paper", false},
                {"best", "least width found here", false},
                {"law", "how it grows", false},
                {"evidence", "evidence", false},
                {"papers_construction", "the paper's construction", false}},
               {}};
  for (const PaperRow& row : paper_rows(table))
    for (const bool constant : {true, false}) {
      const PaperCell& cell = constant ? row.constant : row.logarithmic;
      result.rows.push_back({row.name, constant ? "constant" : "logarithmic", cell.claim,
                             cell.best.empty() ? "-" : cell.best, cell.law, cell.mark,
                             !cell.paper.empty() ? cell.paper
                             : cell.best.empty() ? "-"
                                                 : "not built here, or the best"});
    }
  return result;
}

std::string paper_latex(const Table1& table) {
  std::string text =
      "% The least widths that were found, beside the claims of Feng et al. (arXiv:2410.13857), Table 1.\n"
      "\\begin{tabular}{@{}lp{0.42\\linewidth}p{0.42\\linewidth}@{}}\n\\toprule\n"
      "Task & Constant precision & Logarithmic precision \\\\\n\\midrule\n";
  for (const PaperRow& row : paper_rows(table)) {
    const auto cell = [](const PaperCell& from) {
      std::string words;
      for (const std::string& line : cell_lines(from, std::string::npos / 2))
        words += (words.empty() ? "" : "; ") + latex_escaped(line);
      return words;
    };
    text += fmt::format("{} & {} & {} \\\\\n", latex_escaped(row.name), cell(row.constant),
                        cell(row.logarithmic));
  }
  return text + "\\bottomrule\n\\end{tabular}\n";
}

Table paper_grid(const Table1& table) {
  Table grid{{{"task", "task", false},
              {"constant", "constant precision: the bits of a number stay the same", false},
              {"logarithmic", "logarithmic precision: they grow like log n", false}},
             {}};
  const auto words = [](const PaperCell& cell) {
    std::string text;
    for (const std::string& line : cell_lines(cell, std::string::npos)) text += (text.empty() ? "" : "\n") + line;
    return text;
  };
  for (const PaperRow& row : paper_rows(table))
    grid.rows.push_back({row.name, words(row.constant), words(row.logarithmic)});
  return grid;
}

std::vector<Chart> paper_charts(const Table1& table) {
  std::vector<Chart> charts;
  for (const Cell& cell : table.cells) {
    if (cell.paper_bound.empty() || !cell.outside.empty() || !cell.best) continue;
    auto chart = std::find_if(charts.begin(), charts.end(), [&](const Chart& one) { return one.title == cell.row; });
    if (chart == charts.end()) {
      chart = charts.insert(charts.end(), Chart{});
      chart->id = fmt::format("table1-p{}-{}", table.p, cell.row), chart->title = cell.row;
      chart->x_label = cell.variable, chart->y_label = "width", chart->log_x = chart->log_y = true;
      chart->caption = "The least width found in constant and in logarithmic precision.";
    }
    const Series& best = cell.series[*cell.best];
    ChartSeries series{ChartSeries::measured, cell.regime == Regime::constant ? "constant" : "logarithmic", best.label, {}};
    for (const MeasuredPoint& point : best.points)
      series.points.push_back({static_cast<double>(size_at(best, point)), static_cast<double>(point.attempt.shape.width),
                               best.label, point.attempt.result});
    chart->series.push_back(std::move(series));
  }
  return charts;
}

std::string found_text(const Table1& table) {
  std::string text;
  for (const PaperRow& row : paper_rows(table)) {
    std::string cells;
    for (const Cell& cell : table.cells) {
      if (cell.row != row.name || cell.paper_bound.empty() || !cell.outside.empty() || !cell.best) continue;
      const Series& best = cell.series[*cell.best];
      const MeasuredPoint* point = compared(cell, best);
      if (point == nullptr) continue;
      cells += fmt::format("{}{} at {} = {} in {} precision", cells.empty() ? "width " : ", and ",
                           point->attempt.shape.width, best.variable, size_at(best, *point),
                           cell.regime == Regime::constant ? "constant" : "logarithmic");
    }
    if (!cells.empty()) text += fmt::format("{} took {}. ", row.name, cells);
  }
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace roundoff::cli
