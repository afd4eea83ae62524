// roundoff table1: the paper's table, measured by execution.
#include "cli/table1.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/answer.hpp"
#include "cli/command.hpp"
#include "cli/evidence.hpp"
#include "cli/interrupt.hpp"
#include "cli/minima.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

struct Options {
  std::string task = "all";
  Table1Options table;
  EvidenceOptions evidence;
  std::string page;
};

void declare(Arguments& arguments, Options& options) {
  arguments.group("Table");
  arguments.choice("--task", options.task, {"all", "add", "iteradd", "mul"}, "The rows");
  arguments.number("--p", options.table.p, 2, 36, "Base");
  arguments.text("--n", options.table.sizes, "SIZES",
                 "Digits per operand, instead of the table's own sizes: 2..64*2");
  arguments.flag("--full", options.table.full, "Larger sizes, more samples: up to an hour");
  arguments.text("--page", options.page, "FILE.html", "Write the answer as one self-contained page too");
  declare_evidence(arguments, options.evidence);
}

Json cell_json(const MeasuredCell& measured) {
  const Cell& cell = *measured.cell;
  Json document = {{"task", cell.task},
                   {"regime", name(cell.regime)},
                   {"paper", {{"width", cell.bound}, {"theorem", cell.theorem}}}};
  if (measured.empty()) {
    document["note"] = "no construction in this build";
    return document;
  }
  document["bits"] = as_json(measured.bits, Policy{});
  document["width"] = as_json(measured.width, Policy{});
  if (measured.papers_format) document["papers_format"] = as_json(*measured.papers_format, Policy{});
  Json curves = Json::array();
  for (const WidthCurve& curve : measured.curves)
    curves.push_back({{"construction", curve.construction},
                      {"claimed_width", curve.claimed},
                      {"theorem", curve.theorem},
                      {"law", curve.law.statement}});
  document["constructions"] = std::move(curves);
  return document;
}

std::string cell_text(const MeasuredCell& measured) {
  const Cell& cell = *measured.cell;
  std::string text = fmt::format("== {} in {} precision; the paper's width: {} ({}) ==\n", cell.task,
                                 name(cell.regime), cell.bound, cell.theorem);
  if (measured.empty()) return text + "no construction in this build\n";
  text += "Least bits\n" + as_text(measured.bits, Policy{}) + "\nLeast width\n" +
          as_text(measured.width, Policy{});
  for (const WidthCurve& curve : measured.curves)
    text += fmt::format("width of {}: {}; claimed {} ({})\n", curve.construction, curve.law.statement,
                        curve.claimed, curve.theorem);
  if (measured.papers_format)
    text += "\nLeast s of the paper's format F(0,s)\n" + as_text(*measured.papers_format, Policy{});
  return text;
}

/// Every minimum of every cell in one table.
Table long_table(const std::vector<MeasuredCell>& cells) {
  Table table;
  for (const MeasuredCell& measured : cells) {
    for (const Minimisation* each : {&measured.bits, &measured.width}) {
      Table part = as_table(*each);
      if (table.columns.empty()) {
        table.columns = {{"task", "", false}, {"regime", "", false}, {"quantity", "", false}};
        for (Column& column : part.columns) table.columns.push_back(column);
        table.columns[6].name = "value";
        table.columns[8].name = "other";
      }
      for (auto& row : part.rows) {
        row.insert(row.begin(), {std::string(measured.cell->task), std::string(name(measured.cell->regime)),
                                 std::string(name(each->quantity))});
        table.rows.push_back(std::move(row));
      }
    }
  }
  return table;
}

void write_page(const std::string& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary);
  file << page;
  file.flush();
  if (!file) throw FileError(path + " cannot be written; does its folder exist?");
}

int run(const Options& options, Session& session) {
  ProgressLine progress(session);
  Table1Options how = options.table;
  how.verify = verify_options(options.evidence, session, progress);
  if (options.table.full) how.verify.count = std::max<std::uint64_t>(how.verify.count, 1000000);
  std::optional<Store> store = open_store(options.evidence);
  how.store = store ? &*store : nullptr;
  how.progress = [&](const std::string& what, int done, int of) { progress.show(what, done, of); };

  std::vector<MeasuredCell> cells;
  std::string text;
  Json document = Json::array();
  for (const Cell& cell : table1_cells()) {
    if (options.task != "all" && cell.task != options.task) continue;
    if (interrupted()) break;
    progress.note(fmt::format("Measuring {} in {} precision", cell.task, name(cell.regime)));
    cells.push_back(measure(cell, how));
    text += (text.empty() ? "" : "\n") + cell_text(cells.back());
    document.push_back(cell_json(cells.back()));
  }
  print(session, text, long_table(cells),
        {{"p", how.p}, {"cells", std::move(document)}, {"interrupted", interrupted()}});
  if (interrupted()) throw Interrupted(resume_hint(options.evidence));
  if (!options.page.empty()) {
    write_page(options.page, table1_page(cells, how, session));
    progress.note("The page is " + options.page);
  }
  return exit_done;
}

}  // namespace

Command table1_command() {
  return make_command<Options, declare, run>(
      "table1", "The paper's Table 1, measured: least bits and width per cell",
      "Examples:\n"
      "  roundoff table1 --task add --page add.html\n"
      "  roundoff table1 --task add --p 10 --n 2..16*2 --store verdicts.sqlite\n");
}

}  // namespace roundoff::cli
