// The registry of commands, made from commands.inc, or from the list that a build names (the page: lab/engine/commands.inc).
#include <array>

#include "cli/shell/command.hpp"

#ifndef ROUNDOFF_COMMANDS
#define ROUNDOFF_COMMANDS "cli/commands/commands.inc"
#endif

namespace roundoff::cli {

#define ROUNDOFF_COMMAND(name) Command name##_command();
#include ROUNDOFF_COMMANDS
#undef ROUNDOFF_COMMAND

std::span<const Command> commands() {
  static const std::array list = {
#define ROUNDOFF_COMMAND(name) name##_command(),
#include ROUNDOFF_COMMANDS
#undef ROUNDOFF_COMMAND
  };
  return list;
}

}  // namespace roundoff::cli
