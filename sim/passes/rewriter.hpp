// What every pass is made of: reading an old program node by node, in order, while a new one is built. A pass
// decides what becomes of a node; lists, constants, outputs and the map from old to new are kept here.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "sim/passes/passes.hpp"
#include "sim/program/flat_table.hpp"

namespace roundoff::sim {

class Rewriter {
 public:
  explicit Rewriter(const Program& old);

  const Program& old() const { return old_; }
  /// The new program so far. Nodes may be read and marked, never rewritten.
  const Program& built() const { return built_; }

  /// The new node with the value of an old one, or no_node when it was not kept.
  NodeId of(NodeId old_node) const { return map_[old_node]; }
  void set(NodeId old_node, NodeId new_node) { map_[old_node] = new_node; }

  /// The value of a new node if it is a constant, else null. Valid until the next constant is made.
  const Value* value(NodeId new_node) const {
    const Node& node = built_.nodes[new_node];
    return node.op == Op::constant ? &built_.constants[node.a] : nullptr;
  }

  /// The node of a constant, one per value and format.
  NodeId constant(const Value& value, std::uint8_t format);
  /// Appends a node whose operands are new nodes (and, for n-ary operations, lists of the new program).
  NodeId push(const Node& node, const Site& site);
  /// Appends an operand list of new nodes and returns its offset.
  std::uint32_t list(std::span<const NodeId> nodes);
  /// Appends the old node with its operands mapped. Old lists that are shared stay shared.
  NodeId copy(NodeId old_node);
  /// Marks a new node with what was proved of it.
  void never_traps(NodeId new_node) { built_.nodes[new_node].never_traps = true; }
  void exact(NodeId new_node) { built_.nodes[new_node].exact = true; }
  void nonzero_divisor(NodeId new_node) { built_.nodes[new_node].nonzero_divisor = true; }
  std::uint8_t format(const Format& format);
  std::uint8_t reduction(const Reduction& reduction);
  /// An embedding table, or a map of Op::table; equal ones get one number.
  std::uint32_t table(std::vector<Value> table);
  std::uint32_t map(std::vector<std::pair<Value, Value>> map);

  /// The new program with the outputs of the old one; every output must have been kept.
  Rewritten finish() &&;

 private:
  std::uint32_t mapped_list(std::uint32_t offset, std::uint32_t count);

  const Program& old_;
  Program built_;
  std::vector<NodeId> map_;
  struct Key {
    Value value;
    std::uint8_t format;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return hash_value(key.value) * 31 + key.format; }
  };
  std::unordered_map<Key, NodeId, Hash> constants_;
  std::unordered_map<std::size_t, std::vector<std::uint32_t>> tables_, maps_;  // by hash
  struct OldList {
    std::uint32_t offset, count, made;  // made: the new offset
  };
  std::vector<OldList> lists_;
  FlatTable list_numbers_;                          // in lists_
  std::vector<std::uint32_t> new_table_, new_map_;  // by old index
};

/// The number of operand lists of a node: 2 for a dot, 1 for other n-ary operations, 0 otherwise.
int lists_of(Op op);

/// Calls visit(NodeId) for every operand of a node, with repetition, in order.
template <class Visit>
void for_operands(const Program& program, const Node& node, Visit&& visit) {
  switch (node.op) {
    case Op::constant:
    case Op::embed:
      return;
    case Op::round:
    case Op::unary:
    case Op::table:
      visit(node.a);
      return;
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
      visit(node.a), visit(node.b);
      return;
    case Op::fma:
      visit(node.a), visit(node.b), visit(node.c);
      return;
    case Op::dot:
    case Op::sum:
    case Op::max:
    case Op::arg_max:
      for (NodeId operand : program.list(node.a, node.c)) visit(operand);
      if (node.op == Op::dot)
        for (NodeId operand : program.list(node.b, node.c)) visit(operand);
      return;
  }
}

/// Whether an operand of a node can be NaN, going by constants and formats.
bool may_read_nan(const Program& program, const Node& node);

/// Whether a node can throw Trap on some operands of its operands' formats: overflow under `trap`, an
/// undefined result in a format without NaN, a NaN at a max. Only what cannot may be dropped.
bool can_trap(const Program& program, const Node& node);

/// Whether any format of the program rounds stochastically: then a result depends on its place and on how
/// many roundings came before it there, and nothing may be rewritten.
bool stochastic(const Program& program);

}  // namespace roundoff::sim
