// Uniform folding: a node whose operands are all constants is a constant.
//
// Positions, and all that attention makes of them alone, are the same for every input, and that is most of a
// construction: which key an output reads, and with what weight. The value is the one the reference
// arithmetic gives, once, so nothing is left to prove; a node that traps on its constants stays, and traps in
// every run. An embedding whose position allows one token only (the `+` and `=` of a task), or whose table is
// the same for all that it allows, is a constant too.
#include "formats/error.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"
#include "sim/record.hpp"
#include "sim/reference.hpp"

namespace roundoff {

namespace {

class Folder {
 public:
  explicit Folder(const Program& program) : old_(program), to_(program) {
    for (const Reduction& reduction : program.reductions)
      for (const Format& format : program.formats)
        skips_zero_.push_back(zero_weights_exact(format, reduction));
  }

  Rewritten run() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      const Node& node = old_.nodes[id];
      if (node.op == Op::embed) {
        embed(id, node);
      } else if (node.op == Op::constant || node.op == Op::arg_max || !gather(node)) {
        to_.copy(id);
      } else {
        try {
          to_.set(id, to_.constant(evaluate(old_, node, x_, y_).value, node.format));
        } catch (const Trap&) {
          to_.copy(id);
        }
      }
    }
    return std::move(to_).finish();
  }

 private:
  void embed(NodeId id, const Node& node) {
    const auto& table = old_.tables[node.b];
    const auto& allowed = old_.shape.tokens[node.a];
    const Value& first = table[allowed[0]];
    for (Token token : allowed)
      if (table[token] != first) {
        to_.copy(id);
        return;
      }
    to_.set(id, to_.constant(first, node.format));
  }

  // The values of the operands into x_ and y_, if all are constants.
  bool gather(const Node& node) {
    x_.clear(), y_.clear();
    if (lists_of(node.op) == 0) {
      bool all = true;
      for_operands(old_, node, [&](NodeId operand) { all = all && push(x_, operand); });
      return all;
    }
    const auto x = old_.list(node.a, node.c);
    if (node.op != Op::dot) {
      for (NodeId operand : x)
        if (!push(x_, operand)) return false;
      return true;
    }
    // Products with a zero are left out where that changes nothing: long dots of codes are mostly zeros.
    const auto y = old_.list(node.b, node.c);
    const bool skip = skips_zero_[node.reduction * old_.formats.size() + node.format];
    for (std::uint32_t j = 0; j < node.c; ++j) {
      const Value* left = to_.value(to_.of(x[j]));
      const Value* right = to_.value(to_.of(y[j]));
      if (!left || !right) return false;
      if (skip && ((left->is_zero() && right->is_finite()) || (right->is_zero() && left->is_finite())))
        continue;
      x_.push_back(*left);
      y_.push_back(*right);
    }
    if (x_.empty()) {
      x_.push_back(Value::zero());
      y_.push_back(Value::zero());
    }
    return true;
  }
  bool push(std::vector<Value>& into, NodeId operand) const {
    const Value* value = to_.value(to_.of(operand));
    if (value) into.push_back(*value);
    return value != nullptr;
  }

  const Program& old_;
  Rewriter to_;
  std::vector<bool> skips_zero_;  // by reduction and format
  std::vector<Value> x_, y_;
};

}  // namespace

Rewritten fold_constants(const Program& program) { return Folder(program).run(); }

}  // namespace roundoff
