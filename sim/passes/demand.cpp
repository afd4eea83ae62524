// Demand: only what an output needs, directly or through others, stays; and what can trap.
//
// A program computes every register at every position; the outputs read few of them. A node that no output
// needs changes no bit of any output when it goes. But a run also tells whether it trapped, and semantics.md
// stops the run at a trap anywhere: so a node that can trap (can_trap: by its formats, unless the pass
// `ranges` has proved that it does not) is needed, with all that it reads.
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

Rewritten keep_demanded(const Analysed& from) {
  const Program& program = from.program();
  std::vector<bool> needed(program.nodes.size());
  for (NodeId output : program.outputs) needed[output] = true;
  for (NodeId id = static_cast<NodeId>(program.nodes.size()); id-- > 0;) {
    const Node& node = program.nodes[id];
    if (!needed[id] && !can_trap(program, node)) continue;
    needed[id] = true;
    for_operands(program, node, [&](NodeId operand) { needed[operand] = true; });
  }
  Rewriter to(program);
  for (NodeId id = 0; id < program.nodes.size(); ++id)
    if (needed[id]) to.copy(id);
  return std::move(to).finish();
}

}  // namespace roundoff::sim
