// roundoff help: the overview, one command's options, and the same registry for shells, man and programs.
#include <iostream>

#include <nlohmann/json.hpp>

#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/shell_faces.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

struct HelpArguments {
  std::string command;
  std::string shell;
  bool man = false;
};

void declare_help(Arguments& arguments, HelpArguments& options) {
  arguments.positional("COMMAND", options.command, "The command to explain; without it, the overview", false);
  arguments.text("--completions", options.shell, "SHELL", "A completion script for bash, zsh or fish");
  arguments.flag("--man", options.man, "The man page, in roff");
}

int run_help(const HelpArguments& options, Session& session) {
  if (session.csv) throw UsageError("help: there is no table here; leave out --csv");
  const int faces =
      (options.command.empty() ? 0 : 1) + (options.shell.empty() ? 0 : 1) + (options.man ? 1 : 0);
  if (faces + (session.json ? 1 : 0) > 1)
    throw UsageError("help: COMMAND, --completions, --man and --json exclude each other; take one");
  if (session.json) {
    print_json(session, commands_json());
  } else if (options.man) {
    std::cout << man_page();
  } else if (!options.shell.empty()) {
    std::cout << completions(options.shell);
  } else {
    std::cout << (options.command.empty() ? overview() : help_of(find_command(options.command)));
  }
  return exit_done;
}

}  // namespace

Command help_command() {
  return make_command<HelpArguments, declare_help, run_help>(
      "help", "This overview, a command's options; completions for shells, the man page",
      "Examples:\n"
      "  roundoff help verify\n"
      "  roundoff help --completions bash > roundoff.bash  # for /etc/bash_completion.d\n"
      "  roundoff help --json\n");
}

}  // namespace roundoff::cli
