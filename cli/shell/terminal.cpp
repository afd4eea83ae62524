#include "cli/shell/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

namespace roundoff::cli {
namespace {

std::size_t width = 0;
bool wide = false;

}  // namespace

bool& wide_tables() { return wide; }

void fit_tables_to_terminal() {
  if (wide || isatty(STDOUT_FILENO) == 0) return;
  constexpr std::size_t usual = 80;
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  width = known ? size.ws_col : usual;
}

std::size_t table_width() { return width; }

}  // namespace roundoff::cli
