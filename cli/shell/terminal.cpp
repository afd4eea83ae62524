#include "cli/shell/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

namespace roundoff::cli {
namespace {

std::size_t fitted_width = 0;
bool unfitted = false;

}  // namespace

bool& wide_tables() { return unfitted; }

void fit_tables_to_terminal() {
  if (unfitted || isatty(STDOUT_FILENO) == 0) return;
  constexpr std::size_t usual = 80;
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  fitted_width = known ? size.ws_col : usual;
}

std::size_t table_width() { return fitted_width; }

}  // namespace roundoff::cli
