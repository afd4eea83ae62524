#include "cli/shell/session.hpp"

#include "roundoff_version.hpp"

#include "analyzer/evidence/replay.hpp"
#include "cli/shell/terminal.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {

void declare_common(Arguments& arguments, Session& session) {
  arguments.group("Output and run");
  arguments.flag("--json", session.json, "One JSON document on standard output");
  arguments.flag("--csv", session.csv, "The answer's table as CSV");
  arguments.flag("--wide", wide_tables(), "Tables as wide as they are, on a terminal too");
  arguments.flag("--quiet", session.quiet, "No progress on standard error");
  arguments.number("--seed", session.seed, "Seed of everything that is drawn");
  arguments.number("--threads", session.threads, 0, 1024,
                   "Threads, 0 for all cores; the answer is the same for any");
}

std::string question_line(const std::vector<std::string>& words) {
  std::string line = "roundoff";
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--quiet" || word == "--json" || word == "--csv" || word == "--wide" ||
        word.starts_with("--threads=")) continue;
    if (word == "--threads") {
      ++i;
      continue;
    }
    line += ' ' + shell_quoted(word);
  }
  return line;
}

std::string version_line() { return std::string("roundoff ") + ROUNDOFF_VERSION + " (" + ROUNDOFF_GIT + ")"; }

}  // namespace roundoff::cli
