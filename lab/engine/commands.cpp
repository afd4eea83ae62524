// The registry of the page's commands, in the place of cli/commands/commands.cpp.
#include <array>

#include "cli/shell/command.hpp"

namespace roundoff::cli {

#define ROUNDOFF_COMMAND(name) Command name##_command();
#include "lab/engine/commands.inc"
#undef ROUNDOFF_COMMAND

std::span<const Command> commands() {
  static const std::array list = {
#define ROUNDOFF_COMMAND(name) name##_command(),
#include "lab/engine/commands.inc"
#undef ROUNDOFF_COMMAND
  };
  return list;
}

}  // namespace roundoff::cli
