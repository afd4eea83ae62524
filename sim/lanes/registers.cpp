// Linear scan. A kernel's `out` may be one of its inputs only for elementwise operations: the operands of these are
// released before the result takes a register, those of lists after.
#include "sim/lanes/registers.hpp"

#include <utility>

#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

class LinearScan {
 public:
  LinearScan(const Program& program, const Fusion& fusion, bool keep_all)
      : program_(program), fusion_(fusion), keep_all_(keep_all), last_(program.nodes.size(), no_node) {}

  Registers run() {
    const auto count = static_cast<NodeId>(program_.nodes.size());
    for (NodeId id = 0; id < count; ++id)
      if (fusion_.computed(id))
        for (NodeId operand : fusion_.reads(id)) last_[operand] = id;
    registers_.of.assign(count, 0);
    registers_.read.assign(count, false);
    for (NodeId id = 0; id < count; ++id) registers_.read[id] = last_[id] != no_node;
    for (NodeId id = 0; id < count; ++id)
      if (program_.nodes[id].op != Op::constant && fusion_.computed(id)) place(id);
    for (NodeId id = 0; id < count; ++id)
      if (program_.nodes[id].op == Op::constant && fusion_.computed(id)) registers_.of[id] = registers_.count++;
    return std::move(registers_);
  }

 private:
  void place(NodeId id) {
    const bool elementwise = lists_of(program_.nodes[id].op) == 0;
    if (elementwise) release_operands(id);
    if (free_.empty()) {
      registers_.of[id] = registers_.count++;
    } else {
      registers_.of[id] = free_.back();
      free_.pop_back();
    }
    if (!elementwise) release_operands(id);
    if (!keep_all_ && last_[id] == no_node) free_.push_back(registers_.of[id]);
  }
  void release_operands(NodeId id) {
    if (keep_all_) return;
    for (NodeId operand : fusion_.reads(id)) {
      if (last_[operand] != id || program_.nodes[operand].op == Op::constant) continue;
      last_[operand] = no_node - 1;  // once, however often it is named
      free_.push_back(registers_.of[operand]);
    }
  }

  const Program& program_;
  const Fusion& fusion_;
  const bool keep_all_;
  std::vector<NodeId> last_;  // by node: the last that reads it
  std::vector<std::uint32_t> free_;
  Registers registers_;
};

}  // namespace

Registers allocate_registers(const Program& program, const Fusion& fusion, bool keep_all) {
  return LinearScan(program, fusion, keep_all).run();
}

}  // namespace roundoff::sim
