// The registry of commands, made from commands.inc.
#include <array>

#include "cli/shell/command.hpp"

namespace roundoff::cli {

#define ROUNDOFF_COMMAND(name) Command name##_command();
#include "cli/commands/commands.inc"
#undef ROUNDOFF_COMMAND

std::span<const Command> commands() {
  static const std::array list = {
#define ROUNDOFF_COMMAND(name) name##_command(),
#include "cli/commands/commands.inc"
#undef ROUNDOFF_COMMAND
  };
  return list;
}

}  // namespace roundoff::cli
