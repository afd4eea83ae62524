// The registry of commands, in the order that help shows them. A new command is a file and two lines here.
#include <array>

#include "cli/shell/command.hpp"

namespace roundoff::cli {

Command formats_command();
Command eval_command();
Command constructions_command();
Command run_command();
Command explain_command();
Command verify_command();
Command compare_command();
Command analyze_command();
Command frontier_command();
Command pairs_command();
Command table1_command();
Command sweep_command();
Command store_command();
Command report_command();
Command export_command();
Command forward_command();
Command policies_command();

std::span<const Command> commands() {
  static const std::array list = {
      formats_command(), eval_command(),     policies_command(),      constructions_command(), run_command(),
      explain_command(), verify_command(),   compare_command(),       pairs_command(),
      analyze_command(), frontier_command(), table1_command(),        sweep_command(),
      store_command(),   report_command(),   export_command(),        forward_command(),
  };
  return list;
}

}  // namespace roundoff::cli
