// Uniform folding: a node whose operands are all constants is a constant.
//
// Positions, and all that attention makes of them alone, are the same for every input, and that is most of a
// construction: which key an output reads, and with what weight. The value is the one the reference
// arithmetic gives, once, so nothing is left to prove; a node that traps on its constants stays, and traps in
// every run. An embedding whose position allows one token only (the `+` and `=` of a task), or whose table is
// the same for all that it allows, is a constant too.
#include "sim/program/fold.hpp"

#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

class Folder {
 public:
  explicit Folder(const Program& program) : old_(program), to_(program), folder_(program) {}

  Rewritten run() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      const Node& node = old_.nodes[id];
      if (const auto value = folder_.of(node, [&](NodeId operand) { return to_.value(to_.of(operand)); }))
        to_.set(id, to_.constant(*value, node.format));
      else
        to_.copy(id);
    }
    return std::move(to_).finish();
  }

 private:
  const Program& old_;
  Rewriter to_;
  ConstantFolder folder_;
};

}  // namespace

Rewritten fold_constants(const Analysed& from) { return Folder(from.program()).run(); }

}  // namespace roundoff::sim
