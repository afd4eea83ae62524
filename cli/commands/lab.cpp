// roundoff lab: the page of lab/, opened at a state, or where it is. The page runs these same commands in the browser.
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/shell/command.hpp"
#include "cli/views/answer.hpp"
#include "cli/views/lab_state.hpp"
#include "formats/error.hpp"

namespace roundoff::cli {
namespace {

struct LabArguments {
  std::string state, page;
  bool url = false;
};

void declare_lab(Arguments& arguments, LabArguments& options) {
  arguments.positional("STATE", options.state, "A view and its state, as the page's address has it behind the #", false);
  arguments.text("--page", options.page, "PAGE",
                 "The page: a file, or an address that begins with http [the one installed with the program]");
  arguments.flag("--url", options.url, "Print the address, and open nothing");
}

/// Beside the program as it is installed (bin/, share/), and in a folder of builds (build/release, build/lab).
std::string installed_page() {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const char* place : {"../share/roundoff/lab/index.html", "../lab/index.html"}) {
    const std::filesystem::path page = (folder / place).lexically_normal();
    if (std::filesystem::is_regular_file(page, ignored)) return page;
  }
  throw FileError("lab: the page is not installed with this program; scripts/lab builds it, and --page names it");
}

/// A file as an address: what an address cannot hold, as %20.
std::string address_of(const std::string& page) {
  if (page.starts_with("http://") || page.starts_with("https://")) return page;
  std::error_code error;
  const std::string path = std::filesystem::canonical(page, error);
  if (error || !std::filesystem::is_regular_file(path)) throw FileError(fmt::format("lab: {} is no file", page));
  return "file://" + address_text(path, "/-_.~");
}

/// Hands the address to the desktop; whether there is one that took it.
bool opened(const std::string& url) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return false;
  std::string program = "xdg-open", argument = url;
  char* const words[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, program.c_str(), nullptr, nullptr, words, environ) != 0) return false;
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int run_lab(const LabArguments& options, Session& session) {
  if (session.csv) throw UsageError("lab: there is no table here; leave out --csv");
  for (const char c : options.state)
    if (static_cast<unsigned char>(c) <= ' ')
      throw UsageError(fmt::format("lab: a state has no blanks, as in number?format=e4m3&x=16; not '{}'", options.state));
  std::string url = address_of(options.page.empty() ? installed_page() : options.page);
  if (!options.state.empty()) url += '#' + options.state.substr(options.state.starts_with('#') ? 1 : 0);
  const bool shown = !options.url && session.listener == nullptr && opened(url);
  print(session, shown ? "" : url + '\n', {}, {{"url", url}, {"opened", shown}});
  return exit_done;
}

}  // namespace

Command lab_command() {
  return make_command<LabArguments, declare_lab, run_lab>(
      "lab", "The page in the browser: roundings, sums and transformers to see and to drag",
      "Without a display, the address is printed.\n\n"
      "Examples:\n"
      "  roundoff lab\n"
      "  roundoff lab 'number?format=bfloat16&op=add&x=256&y=1' --url\n"
      "  roundoff lab 'transformer?name=add-hinge&format=fixed(5,0)&input=000%2B000='\n");
}

}  // namespace roundoff::cli
