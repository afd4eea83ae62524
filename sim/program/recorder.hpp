// The tape: what the blocks of sim/blocks/ write their operations on. It knows nodes, sites, lists and linear
// maps, and nothing of transformers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sim/model/quantise.hpp"
#include "sim/program/flat_table.hpp"
#include "sim/program/fold.hpp"
#include "sim/program/record.hpp"
#include "sim/program/spans.hpp"

namespace roundoff::sim {

/// A list of nodes in Program::operands.
struct OperandList {
  std::uint32_t offset = 0, count = 0;
};

/// A linear map prepared once: its rows as lists of constants, its bias as constants.
struct RecordedLinear {
  std::vector<OperandList> rows;
  std::vector<std::vector<std::uint32_t>> kept;  ///< columns of each row, when zero weights are left out
  std::vector<NodeId> bias;
  /// While folding, of the last position: a row of the same inputs is the same nodes.
  std::vector<NodeId> last_x, last_y;
};

class Recorder {
 public:
  Recorder(const Policy& policy, const SequenceShape& shape, const RecordOptions& options);

  Program& program() { return program_; }
  const Policy& policy() const { return policy_; }
  int position() const { return position_; }
  /// Sites recorded from now on stand here; layer -1 is outside the layers.
  void stand_at(int position, int layer) { position_ = position, layer_ = layer; }

  Site site(SiteName name, int index = -1, int head = -1, int key = -1, bool inner = false) const;
  static Site inner(Site site) {
    site.inner = true;
    return site;
  }

  /// A weight as the model is loaded: rounded to a role's format (or kept, under exact_weights).
  Value loaded(const Value& value, Role role, std::uint64_t place) const;
  /// A constant rounded to a role's format; `place` tells weights apart for stochastic rounding.
  NodeId constant(const Value& value, Role role, std::uint64_t place = 0);
  /// A constant that is in the format already.
  NodeId member(const Value& value, std::uint8_t format);
  std::uint8_t format_of(Role role) const { return at(role); }
  /// What recorded values can be, while folding (RecordOptions::fold); else null.
  Spans* spans() { return folder_ ? &spans_ : nullptr; }
  /// Of a dot product as `dot` would record it.
  Span span_of_dot(OperandList x, OperandList y, Role role);
  /// The index of a format that is no role's own.
  std::uint8_t format(const Format& format);
  OperandList list(const std::vector<NodeId>& nodes);
  /// A list of `count` entries that are still to be written, for no one else.
  OperandList open_list(std::size_t count);
  NodeId embed(int table, const Site& where);
  NodeId unary(Function function, NodeId a, Role role, const Site& where);
  NodeId binary(Op op, NodeId a, NodeId b, Role role, const Site& where) {
    return binary(op, a, b, at(role), where);
  }
  NodeId binary(Op op, NodeId a, NodeId b, std::uint8_t format, const Site& where);
  NodeId round(NodeId a, std::uint8_t format, const Site& where);
  NodeId max(OperandList terms, Role role, const Site& where) { return max(terms, at(role), where); }
  NodeId max(OperandList terms, std::uint8_t format, const Site& where);
  NodeId sum(OperandList terms, Role role, const Site& where);
  NodeId arg_max(OperandList terms, const Site& where);
  /// e / Z, proved not to be 0/0 where `positive`.
  NodeId quotient(NodeId a, NodeId b, Role role, bool positive, const Site& where);
  /// A dot product formed in `accumulators` and rounded once more to `role`; the last operation stands at
  /// `where`.
  NodeId dot(OperandList x, OperandList y, Role role, const Site& where);
  /// The value in another role's format: no operation within one format.
  NodeId convert(NodeId a, Role from, Role to, const Site& where);
  bool same_format(Role a, Role b) const { return at(a) == at(b); }

  /// Weights are rounded once, when the model is loaded; those of a layer's maps by the policy's quantiser
  /// first.
  RecordedLinear prepare(const Linear& map, bool in_layer = true);
  /// rnd(dot(W_i, x) + b_i), formed in `accumulators`: the bias comes last; no bias, no addition.
  std::vector<NodeId> apply(RecordedLinear& map, const std::vector<NodeId>& x, Role role, SiteName name);

 private:
  std::uint8_t at(Role role) const { return role_format_[static_cast<std::size_t>(role)]; }
  std::uint8_t reduction(const Reduction& r);
  NodeId push(Node node, const Site& where);
  NodeId append(const Node& node, const Site& where);
  /// The constant that a node is for every input, or no_node.
  NodeId folded(const Node& node);
  /// Leaves the terms 0 * x out of a dot where that changes no bit; the zero that is left when all go, or
  /// no_node.
  NodeId without_zero_terms(Node& dot);
  /// Makes the constant products that a dot starts with one.
  void fold_start(const Node& dot, std::vector<NodeId>& left, std::vector<NodeId>& right);

  const Policy& policy_;
  Program program_;
  std::array<std::uint8_t, role_count> role_format_{};
  std::uint8_t dot_reduction_ = 0, sum_reduction_ = 0;
  bool skip_zero_ = false, exact_weights_ = false;
  std::unordered_map<Value, NodeId> constants_;
  std::optional<ConstantFolder> folder_;
  Spans spans_{program_};  // of every node, while folding
  // While folding, lists with equal entries are one, and so are nodes with equal fields.
  std::vector<OperandList> lists_;
  FlatTable list_numbers_, node_numbers_;
  std::optional<Quantiser> weight_quantiser_;
  std::uint64_t matrices_ = 0;
  int position_ = -1, layer_ = -1;
};

}  // namespace roundoff::sim
