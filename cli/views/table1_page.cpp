// Table 1 as a part of a page: the summary, the plots, the evidence, and how to repeat each counterexample.
#include <fmt/format.h>

#include "cli/views/html.hpp"
#include "cli/views/minimisation.hpp"
#include "cli/views/paper_table.hpp"
#include "cli/views/table1_view.hpp"

namespace roundoff::cli {
namespace {

void add_cell(html::Page& page, const Table1& table, const Cell& cell) {
  page.open_details(
      fmt::format("{}: every point, its evidence, and what fails one step below", title_of(cell)));
  if (!cell.remark.empty()) page.paragraph(cell.remark);
  for (const Series& series : cell.series) {
    page.subheading(series.label);
    page.paragraph(fmt::format("{}. {}.", series.theorem, laws_text(series)));
    if (series.deepens)
      page.paragraph("Its layers grow with the size, which is not what the theorem speaks of.");
    if (!series.stopped.empty() && !series.points.empty())
      page.paragraph("No larger sizes: " + series.stopped + ".");
    if (!series.points.empty()) {
      std::string file = fmt::format("table1-p{}-{}", table.p, series.label);
      for (char& c : file)
        if (c == ' ' || c == ',' || c == '=') c = '-';
      page.table(points_table(series), series.label, file);
    }
    // the last counterexample of the series stands for the others: the table names them all
    for (auto point = series.points.rbegin(); point != series.points.rend(); ++point) {
      const Attempt* below = most_telling(pointers(point->below));
      const std::string line = below == nullptr ? "" : replay_line(*below, point->size);
      if (line.empty()) continue;
      page.paragraph("One step below, again:");
      page.command(line);
      break;
    }
  }
  page.close_details();
}

}  // namespace

void add_to(html::Page& page, const Table1& table) {
  page.heading(fmt::format("Table 1, base {}{}{}", table.p, table.task.empty() ? "" : ", " + table.task,
                           table.quick ? "" : ", full form"));
  if (const Table first = paper_grid(table); !first.rows.empty()) {
    page.paragraph(found_text(table));
    page.open_figures();
    for (const Chart& chart : paper_charts(table)) page.figure(chart);
    page.close_figures();
    page.table(first, "As the paper prints it: its claims, and what was found here",
               fmt::format("table1-paper-p{}{}{}", table.p, table.task.empty() ? "" : "-", table.task));
  }
  page.open_details("Every construction, in every cell: widths, bits, laws, lower bounds, plots");
  page.paragraph(
      "The paper is Feng et al., arXiv:2410.13857. Every point is a model that was built and run, in the "
      "least "
      "format or at the least width that works; its evidence says whether on all inputs or on which. A "
      "claimed "
      "width is the construction's formula, which gives the built width at every point, evaluated at sizes "
      "that "
      "cannot be run. A width is the greatest of d_model, the heads' width and d_ff: the law is that of the "
      "part "
      "which is the width at the largest size. The best construction of a cell has the least width at the "
      "largest "
      "size that all of them reach, with a number of layers that does not grow.");
  page.table(summary_table(table), "The cells, measured",
             fmt::format("table1-{}-p{}{}{}", table.quick ? "quick" : "full", table.p,
                         table.task.empty() ? "" : "-", table.task));
  for (const Cell& cell : table.cells) {
    std::string bounds;
    for (const Bound& bound : cell.bounds)
      if (bound.applies) bounds += (bounds.empty() ? "" : "; ") + bound.statement;
    if (!bounds.empty())
      page.paragraph(fmt::format("Lower bound for {}, at the best construction's largest size: {}.",
                                 title_of(cell), bounds));
  }
  page.open_figures();
  for (const Chart& chart : charts_of(table)) page.figure(chart);
  page.close_figures();
  page.close_details();
  for (const Cell& cell : table.cells)
    if (!cell.series.empty()) add_cell(page, table, cell);
}

}  // namespace roundoff::cli
