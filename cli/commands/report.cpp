// roundoff report: what a store knows, as one self-contained page, and as CSV and SVG beside it.
#include "analyzer/report/report.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "cli/views/evidence.hpp"
#include "cli/views/report_page.hpp"
#include "formats/error.hpp"
#include "sim/files/write_file.hpp"

namespace roundoff::cli {
namespace {

struct ReportArguments {
  std::string store, directory;
};

void declare_report(Arguments& arguments, ReportArguments& options) {
  arguments.positional("STORE", options.store, "A file that --store made", true);
  arguments.group("Report");
  arguments.text("-o,--output", options.directory, "DIR", "Where index.html, the CSV and the SVG go");
}

int run_report(const ReportArguments& options, Session& session) {
  if (options.directory.empty()) throw UsageError("report: say where to with -o DIR");
  if (!std::filesystem::exists(options.store))
    throw FileError("store " + options.store +
                    " does not exist; --store of verify, analyze, sweep or table1 makes one");
  Store store(options.store, version_line());
  ProgressLine progress(session);
  const Report report = make_report(store, warnings(session));
  const html::Page page = report_page(report);
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) throw FileError(options.directory + " cannot be made: " + error.message());
  const std::filesystem::path directory = options.directory;
  // The same verdicts give the same page: no command line, no time, no path stands in it.
  Json source = provenance(session);
  source.erase("command");
  source.erase("seed");
  source["verdicts"] = report.rows.size();
  source["digest of the verdicts"] = report.digest;
  write_file(directory / "index.html", page.finish(source));
  Table table{{{"file", "file", false}, {"bytes", "bytes", true}}, {}};
  Json files = Json::array();
  for (const auto& [file, bytes] : page.files()) {
    write_file(directory / file, bytes);
    table.rows.push_back({file, std::to_string(bytes.size())});
    files.push_back(file);
  }
  const std::string index = (directory / "index.html").string();
  print(session,
        fmt::format("{}: {} verdicts, {} tables and plots beside it\n", index, report.rows.size(),
                    page.files().size()),
        table, {{"page", index}, {"verdicts", report.rows.size()}, {"files", std::move(files)}});
  return exit_done;
}

}  // namespace

Command report_command() {
  return make_command<ReportArguments, declare_report, run_report>(
      "report", "A store's verdicts as one page with tables and plots, and as CSV and SVG",
      "The page needs no network, and the same verdicts give the same bytes.\n\n"
      "Examples:\n"
      "  roundoff table1 --store verdicts.sqlite\n"
      "  roundoff report verdicts.sqlite -o report\n");
}

}  // namespace roundoff::cli
