// A command: a record in the registry (commands.cpp), and a file of its own with its options, its call and
// its answer.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cli/names.hpp"
#include "cli/options/arguments.hpp"
#include "cli/shell/session.hpp"

namespace roundoff::cli {

struct Command {
  std::string_view name;
  std::string_view summary;   ///< one line, for `roundoff --help`
  std::string_view examples;  ///< at the end of `roundoff NAME --help`
  /// Declares the options, and gives what runs with them once they are parsed: its result is the exit code.
  std::function<int(Session&)> (*declare)(Arguments&);
};

/// A command from its three parts: a struct of options that holds the defaults, their declaration, and the
/// run.
template <class Options, void (*declare)(Arguments&, Options&), int (*run)(const Options&, Session&)>
Command make_command(std::string_view name, std::string_view summary, std::string_view examples) {
  return {name, summary, examples, [](Arguments& arguments) -> std::function<int(Session&)> {
            auto options = std::make_shared<Options>();
            declare(arguments, *options);
            return [options](Session& session) { return run(*options, session); };
          }};
}

std::span<const Command> commands();

/// The command of this name; UsageError with the nearest name for any other.
const Command& find_command(const std::string& name);

/// What `roundoff --help` prints: what the program is, a first ten minutes, the commands.
std::string overview();
/// What `roundoff NAME --help` prints.
std::string help_of(const Command& command);
/// The options of a command, the common ones included.
std::vector<OptionFacts> options_of(const Command& command);

/// Runs one command line (without the program's name) and returns the exit code. Errors are thrown. A listener is told
/// in the place of the terminal.
int dispatch(const std::vector<std::string>& words, Listener* listener = nullptr);

/// Maps the errors of formats/error.hpp to exit codes, and prints them: the whole program.
int main_program(int argc, const char* const* argv);

}  // namespace roundoff::cli
