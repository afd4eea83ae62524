// roundoff table1: the paper's table, measured by execution.
#include "analyzer/table1.hpp"

#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/command.hpp"
#include "cli/evidence.hpp"
#include "cli/interrupt.hpp"
#include "cli/table1_view.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

struct Options {
  std::string task = "all";
  int p = 2;
  bool full = false;
  std::string page, store;
};

void declare(Arguments& arguments, Options& options) {
  arguments.group("Table");
  arguments.choice("--task", options.task, {"all", "add", "iteradd", "mul"}, "The rows");
  arguments.number("--p", options.p, 2, 36, "Base");
  arguments.flag("--full", options.full, "Larger sizes and more evidence: may run an hour");
  arguments.text("--page", options.page, "FILE.html", "Write the answer as one self-contained page too");
  arguments.text("--store", options.store, "FILE.sqlite",
                 "Keep every verdict here; what is known is not asked again");
}

void write_page(const std::string& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary);
  file << page;
  file.flush();
  if (!file) throw FileError(path + " cannot be written; does its folder exist?");
}

int run(const Options& options, Session& session) {
  ProgressLine progress(session);
  std::optional<Store> store = open_store(options.store);
  Table1Options how;
  how.quick = !options.full;
  how.task = options.task == "all" ? "" : options.task;
  how.p = options.p;
  how.seed = session.seed;
  how.threads = session.threads;
  how.store = store ? &*store : nullptr;
  how.progress = [&](const std::string& what, int done, int of) { progress.show(what, done, of); };
  how.interrupted = interrupted;
  const Table1 table = table1(how);
  Json document = as_json(table);
  document["p"] = options.p;
  print(session, as_text(table), all_points_table(table), document);
  if (table.interrupted) throw Interrupted(resume_hint(options.store));
  if (!options.page.empty()) {
    write_page(options.page, as_page(table, options.p, session));
    progress.note("The page: " + options.page);
  }
  return exit_done;
}

}  // namespace

Command table1_command() {
  return make_command<Options, declare, run>("table1",
                                             "The paper's Table 1, measured: least bits and width per cell",
                                             "Examples:\n"
                                             "  roundoff table1 --task add --page add.html\n"
                                             "  roundoff table1 --p 10 --full --store verdicts.sqlite\n");
}

}  // namespace roundoff::cli
