// roundoff table1: the paper's table, measured by execution.
#include "analyzer/table1/table1.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/html.hpp"
#include "cli/views/paper_table.hpp"
#include "cli/views/table1_view.hpp"
#include "constructions/tasks/task.hpp"
#include "sim/files/write_file.hpp"

namespace roundoff::cli {
namespace {

struct Table1Arguments {
  std::string task = "all";
  int p = 2;
  bool full = false, latex = false;
  std::string page, store;
  std::optional<double> work;
};

void declare_table1(Arguments& arguments, Table1Arguments& options) {
  arguments.group("Table");
  std::vector<std::string> rows = {"all"};
  for (const TaskEntry& entry : tasks()) rows.emplace_back(entry.name);
  arguments.choice("--task", options.task, rows, "The rows");
  arguments.number("--p", options.p, 2, 36, "Base");
  arguments.flag("--full", options.full, "Larger sizes and more evidence: may run an hour");
  arguments.number("--work", options.work, "OPERATIONS",
                   "Rounded operations that a verdict may take: less for a smaller table");
  arguments.flag("--latex", options.latex, "The table as the paper prints it, for LaTeX (booktabs)");
  arguments.text("--page", options.page, "FILE.html", "Write the answer as one self-contained page too");
  arguments.text("--store", options.store, "FILE.sqlite",
                 "Keep every verdict here; what is known is not asked again");
}

int run_table1(const Table1Arguments& options, Session& session) {
  ProgressLine progress(session);
  std::optional<Store> store = open_store(options.store);
  Table1Options how;
  how.quick = !options.full;
  how.task = options.task == "all" ? "" : options.task;
  how.p = options.p;
  how.work = options.work.value_or(0);
  how.seed = session.seed;
  how.threads = session.threads;
  how.store = store ? &*store : nullptr;
  how.progress = [&](const std::string& what, int done, int of) {
    progress.overall(fmt::format("series {} of {}: {}", done + 1, of, what), done, of);
  };
  how.interrupted = interruption(session);
  const Table1 table = table1(how);
  Json document = as_json(table);
  document.update(Json{{"task", options.task}, {"work", how.work}});
  document["paper_table"] = Json::array();
  for (const auto& row : paper_table(table).rows)
    document["paper_table"].push_back({{"task", row[0]},
                                       {"precision", row[1]},
                                       {"paper", row[2]},
                                       {"best", row[3]},
                                       {"law", row[4]},
                                       {"evidence", row[5]},
                                       {"papers_construction", row[6]}});
  // The page first: an answer beside an error would be none.
  if (!options.page.empty() && !table.interrupted) {
    html::Page page(fmt::format("How many bits, and how wide? Base {}", options.p),
                    "The smallest number formats and the smallest transformers that were found to compute a "
                    "task, by running "
                    "them bit for bit in those formats. Every figure has its evidence, and a counterexample "
                    "one step below it.");
    add_to(page, table);
    write_file(options.page, page.finish(provenance(session)));
    progress.note("The page: " + options.page);
  }
  print(session, options.latex ? paper_latex(table) : paper_text(table) + as_text(table),
        all_points_table(table), document);
  if (table.interrupted) throw Interrupted(resume_hint(options.store));
  return exit_done;
}

}  // namespace

Command table1_command() {
  return make_command<Table1Arguments, declare_table1, run_table1>(
      "table1", "The paper's Table 1, measured: least bits and width per cell",
      "Examples:\n"
      "  roundoff table1 --task add --page add.html\n"
      "  roundoff table1 --task add --p 10 --full --store verdicts.sqlite\n");
}

}  // namespace roundoff::cli
