#include "cli/views/report_page.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/views/evidence.hpp"
#include "cli/views/minimisation.hpp"
#include "cli/views/table1_view.hpp"

namespace roundoff::cli {
namespace {

Table laws_table(const ReportLine& line) {
  Table table{{{"construction", "construction", false},
               {"theorem", "theorem", false},
               {"paper_width", "width in the paper", false},
               {"sizes", "sizes", false},
               {"range", "measured", false},
               {"width_law", "width", false},
               {"bits_law", "bits", false},
               {"evidence", "verdicts", false}},
              {}};
  for (const ReportLaw& law : line.laws)
    table.rows.push_back({law.construction, law.theorem, law.paper.empty() ? "-" : law.paper, law.sizes,
                          law.range, law_text(law.width), law_text(law.bits), counts_text(law.evidence)});
  return table;
}

Table frontier_table(const ReportLine& line) {
  Table table{{{"width", "width", true},
               {"bits", "bits", true},
               {"format", "format", false},
               {"construction", "construction", false},
               {"evidence", "evidence", false}},
              {}};
  for (const ReportRow* row : line.frontier)
    table.rows.push_back({std::to_string(row->question.shape.width), std::to_string(row->bits), row->format,
                          row->name, evidence_text(row->result)});
  return table;
}

Table counterexamples(const std::vector<ReportRow>& rows) {
  Table table{{{"construction", "construction", false},
               {"size", "size", false},
               {"format", "format", false},
               {"input", "input", false, true},
               {"gives", "gives", false, true},
               {"right", "right is", false, true},
               {"replay", "replay", false, true}},
              {}};
  for (const ReportRow& row : rows) {
    if (!row.result.counterexample) continue;
    const Counterexample& found = *row.result.counterexample;
    table.rows.push_back(
        {row.name, describe(row.question.size), row.format, found.input, found.got, found.want, row.replay});
  }
  return table;
}

Table verdicts(const std::vector<ReportRow>& rows) {
  Table table{{{"key", "key", false, true},
               {"task", "task", false},
               {"construction", "construction", false},
               {"size", "size", false},
               {"format", "format", false},
               {"bits", "bits", true},
               {"width", "width", true},
               {"layers", "layers", true},
               {"verdict", "verdict", false},
               {"method", "method", false},
               {"covered", "covered", true},
               {"of", "of", true},
               {"note", "note", false},
               {"semantics", "semantics", true}},
              {}};
  for (const ReportRow& row : rows) {
    const Result& result = row.result;
    table.rows.push_back({row.key.substr(0, 12), row.question.task, row.name, describe(row.question.size),
                          row.format, std::to_string(row.bits), std::to_string(row.question.shape.width),
                          std::to_string(row.question.shape.layers), std::string(name(result.verdict)),
                          method_text(result), count_text(result.covered), count_text(result.of),
                          note_text(result, outside_the_theorem(row.question.policy)),
                          std::to_string(row.question.semantics)});
  }
  return table;
}

void add(html::Page& page, const ReportLine& line) {
  page.heading(line.title);
  page.table(laws_table(line), "Least width and least bits that work, and how they grow", line.id + "-laws");
  if (!line.bounds.empty()) {
    page.paragraph("Lower bounds for " + line.bounds_of + ":");
    Table table{{{"bound", "bound", false},
                 {"statement", "statement", false},
                 {"applies", "applies", false},
                 {"condition", "condition", false},
                 {"source", "source", false}},
                {}};
    for (const Bound& bound : line.bounds)
      table.rows.push_back(
          {bound.name, bound.statement, bound.applies ? "yes" : "no", bound.condition, bound.source});
    page.table(table, "Beside the measured widths", line.id + "-bounds");
  }
  page.open_figures();
  for (const Chart& chart : line.charts) page.figure(chart);
  page.close_figures();
  if (!line.frontier.empty())
    page.table(
        frontier_table(line),
        fmt::format("Frontier at {} = {:g}: nothing that was tried undercuts these in width and in both "
                    "parameters of the format",
                    line.variable, line.frontier_size),
        line.id + "-frontier");
}

}  // namespace

html::Page report_page(const Report& report) {
  EvidenceCounts counts;
  int old = 0;
  for (const ReportRow& row : report.rows) {
    if (row.question.semantics == semantics_version)
      counts.add(row.result);
    else
      ++old;
  }
  std::string lead;
  const auto say = [&](int count, std::string_view what) {
    if (count > 0) lead += fmt::format("{}{} {}", lead.empty() ? "" : ", ", count, what);
  };
  say(counts.certified, "certified for all inputs by decision diagrams");
  say(counts.all, "right on all inputs, by running them");
  say(counts.part, "right on adversarial inputs and samples, which is no proof");
  say(counts.refuted, "refuted by a counterexample");
  say(old, "under an earlier version of the semantics, listed but not used");
  html::Page page(
      "How many bits, and how wide?",
      fmt::format("{} verdicts on transformers that were run bit for bit in the number formats named: {}.",
                  report.rows.size(), lead));
  for (const Table1& table : report.tables) add_to(page, table);
  for (const ReportLine& line : report.lines) add(page, line);
  if (counts.refuted > 0) {
    page.heading("Counterexamples");
    page.paragraph("Each line's command shows the wrong answer again, and what is right.");
    page.open_details(fmt::format("{} counterexamples", counts.refuted));
    page.table(counterexamples(report.rows), "The smallest that was found for each refuted verdict",
               "counterexamples");
    page.close_details();
  }
  page.heading("Every verdict");
  page.paragraph("A key is the hash of the whole question: model, format, semantics, task, size and method.");
  page.open_details(fmt::format("{} verdicts", report.rows.size()));
  page.table(verdicts(report.rows), "All verdicts", "verdicts");
  page.close_details();
  return page;
}

}  // namespace roundoff::cli
