// From the words on the command line to a command, and from an error to an exit code.
#include <csignal>
#include <exception>
#include <iostream>
#include <new>

#include <nlohmann/json.hpp>

#include "cli/shell/citation.hpp"
#include "cli/shell/command.hpp"
#include "cli/shell/interrupt.hpp"
#include "cli/shell/memory.hpp"
#include "cli/shell/printable.hpp"
#include "cli/shell/terminal.hpp"
#include "cli/views/answer.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {

std::string overview() {
  std::string text =
      "Roundoff runs transformers bit for bit in any number format, and measures how many bits, and how wide "
      "a\n"
      "transformer, a computation needs.\n\n"
      "A first ten minutes:\n"
      "  roundoff run add-hinge --p 10 '0123+0456='           # a hand-built transformer adds, in 4-digit "
      "decimals\n"
      "  roundoff verify add-hinge --n 8                      # is it right on every input, in its own number "
      "format?\n"
      "  roundoff verify add-hinge --n 8 --format 'fixed(4,0)'    # and in a format too short for it?\n"
      "  roundoff analyze add-hinge --minimize bits --n 2..8  # how many bits does it need, as the numbers "
      "grow?\n"
      "  roundoff table1 --task add                           # the table that all this is for\n\n"
      "Commands (roundoff COMMAND --help has the options and more examples):\n";
  Table table{{{"", "", false}, {"", "", false}}, {}};
  for (const Command& command : commands())
    text += "  " + std::string(command.name) + std::string(14 - command.name.size(), ' ') +
            std::string(command.summary) + '\n';
  text +=
      "\nEvery command takes --json, --quiet, --wide, --seed N and --threads N; --csv where the answer is a table.\n"
      "roundoff --cite prints how to cite it, --version what it is.\n"
      "Exit codes: 0 done, or the claim holds; 1 refuted; 2 wrong usage; 3 bad input file; 4 interrupted, "
      "can be resumed;\n"
      "5 unknown; 70 internal error.\n";
  return text;
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == name) return command;
    names.emplace_back(command.name);
  }
  if (name.starts_with("-"))
    throw UsageError("option '" + name + "' stands before a command; write roundoff COMMAND " + name +
                     " (see roundoff --help)");
  throw UsageError(unknown("command", name, names) + " (see roundoff --help)");
}

namespace {

/// A command's options as it declares them, with the common ones; nothing is run.
template <class Ask>
auto declared(const Command& command, Ask ask) {
  Session session;
  Arguments arguments(std::string(command.name), std::string(command.summary));
  const auto run = command.declare(arguments);
  declare_common(arguments, session);
  arguments.examples(std::string(command.examples));
  return ask(arguments);
}

}  // namespace

std::string help_of(const Command& command) {
  return declared(command, [](const Arguments& arguments) { return arguments.help(); });
}

std::vector<OptionFacts> options_of(const Command& command) {
  return declared(command, [](const Arguments& arguments) { return arguments.options(); });
}

int dispatch(const std::vector<std::string>& words, Listener* listener) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") {
    std::cout << overview();
    return words.empty() ? exit_usage : exit_done;
  }
  if (words[0] == "--version") {
    std::cout << version_line() << '\n';
    return exit_done;
  }
  if (words[0] == "--cite") {
    std::cout << citation();
    return exit_done;
  }
  const Command& command = find_command(words[0]);
  Session session;
  session.command = command.name;
  session.command_line = question_line(words);
  Arguments arguments(std::string(command.name), std::string(command.summary));
  const auto run = command.declare(arguments);
  declare_common(arguments, session);
  arguments.examples(std::string(command.examples));
  if (!arguments.parse({words.begin() + 1, words.end()})) {
    std::cout << arguments.help();
    return exit_done;
  }
  session.listener = listener;
  if (listener != nullptr) session.json = true;  // its answer is the document, whatever else it hears
  if (session.json && session.csv) throw UsageError("--json and --csv exclude each other; take one");
  if (listener == nullptr) fit_tables_to_terminal();
  try {
    return run(session);
  } catch (const Trap& trap) {
    // What a command does not show in an answer of its own: the computation stops, whatever it is asked on.
    if (!session.json) throw;
    print_json(session, {{"verdict", "refuted"}, {"trap", trap.what()}, {"input", session.command_line}}, "trap");
    return exit_refuted;
  }
}

int main_program(int argc, const char* const* argv) {
  std::ios::sync_with_stdio(false);
  std::signal(SIGPIPE, SIG_DFL);
  catch_interrupts();
  const auto fail = [](const std::string& message, int code) {
    std::cout.flush();
    std::cerr << "roundoff: " << printable_line(message) << '\n';
    return code;
  };
  try {
    limit_memory();
    const int code = dispatch({argv + 1, argv + argc});
    std::cout.flush();
    if (!std::cout) return fail("standard output cannot be written", exit_internal);
    return code;
  } catch (const UsageError& error) {
    return fail(error.what(), exit_usage);
  } catch (const FileError& error) {
    return fail(error.what(), exit_file);
  } catch (const Trap& error) {
    return fail(std::string("trap: ") + error.what(), exit_refuted);
  } catch (const Interrupted& error) {
    return fail(error.what(), exit_interrupted);
  } catch (const std::bad_alloc&) {
    return fail(out_of_memory(), exit_usage);
  } catch (const std::exception& error) {
    return fail(std::string("internal error: ") + error.what(), exit_internal);
  }
}

}  // namespace roundoff::cli
