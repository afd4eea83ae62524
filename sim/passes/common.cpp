// Common subexpressions: two nodes with the same operation on the same operands are one node.
//
// Exact because a node's value is a function of its operation and operands alone. That fails only for
// stochastic rounding, whose draws depend on the place; `optimise` rewrites nothing then. Addition and
// multiplication commute on bits (also for -0 and NaN), so their operands are compared in either order; a
// maximum does not (of -0 and +0 the first wins). A position's embeddings are compared by what their tables
// hold for the tokens allowed there.
#include <algorithm>
#include <unordered_map>

#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"
#include "sim/program/flat_table.hpp"

namespace roundoff::sim {

namespace {

class Merger {
 public:
  explicit Merger(const Program& program) : old_(program), to_(program), tables_(canonical_tables()) {}

  Rewritten run() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      const Node& node = old_.nodes[id];
      if (node.op == Op::constant) {
        to_.copy(id);
        continue;
      }
      key_of(node);
      const NodeId first = seen_.find_or_insert(hash(), id, [&](NodeId other) { return equal(node, other); });
      if (first != id)
        to_.set(id, to_.of(first));
      else
        to_.copy(id);
    }
    return std::move(to_).finish();
  }

 private:
  // Old tables that agree on every token of the vocabulary get one number.
  std::vector<std::uint32_t> canonical_tables() const {
    std::vector<std::uint32_t> first(old_.tables.size());
    std::unordered_map<std::size_t, std::vector<std::uint32_t>> by_hash;
    for (std::uint32_t t = 0; t < old_.tables.size(); ++t) {
      std::size_t h = 0;
      for (const Value& value : old_.tables[t]) h = mixed(h, hash_value(value));
      auto& bucket = by_hash[h];
      const auto same = std::find_if(bucket.begin(), bucket.end(), [&](std::uint32_t other) {
        return old_.tables[other] == old_.tables[t];
      });
      first[t] = same == bucket.end() ? t : *same;
      if (same == bucket.end()) bucket.push_back(t);
    }
    return first;
  }

  // The operands as new nodes (for embeddings and tables, what they look up), the same for equal nodes.
  void key_of(const Node& node) { fill(key_, node); }
  void fill(std::vector<std::uint32_t>& key, const Node& node) const {
    key.clear();
    if (node.op == Op::embed) {
      key = {node.a, tables_[node.b], node.format};
      return;
    }
    for_operands(old_, node, [&](NodeId operand) { key.push_back(to_.of(operand)); });
    if (node.op == Op::table) key.push_back(node.b);
    if ((node.op == Op::add || node.op == Op::mul) && key[0] > key[1]) std::swap(key[0], key[1]);
    key.push_back(static_cast<std::uint32_t>(node.op) | std::uint32_t{node.format} << 8 |
                  std::uint32_t{node.reduction} << 16 | static_cast<std::uint32_t>(node.function) << 24);
  }
  std::uint64_t hash() const {
    std::uint64_t h = key_.size();
    for (std::uint32_t part : key_) h = mixed(h, part);
    return h;
  }
  bool equal(const Node& node, NodeId other) {
    if (old_.nodes[other].op != node.op) return false;
    fill(other_key_, old_.nodes[other]);
    return key_ == other_key_;
  }

  const Program& old_;
  Rewriter to_;
  const std::vector<std::uint32_t> tables_;
  FlatTable seen_;
  std::vector<std::uint32_t> key_, other_key_;
};

}  // namespace

Rewritten merge_common(const Analysed& from) { return Merger(from.program()).run(); }

}  // namespace roundoff::sim
