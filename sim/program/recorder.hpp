// The tape that records: every operation of the blocks of sim/blocks/ becomes a node. It knows nodes, sites, lists
// and linear maps, and nothing of transformers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sim/blocks/tape.hpp"
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
  std::size_t columns = 0;
  std::vector<NodeId> bias;
  /// While folding, of the last position: a row of the same inputs is the same nodes.
  std::vector<NodeId> last_x, last_y;
};

/// The keys and values of the positions so far, of one attention.
struct RecordedMemory {
  int groups = 0, d_v = 0;
  std::vector<OperandList> keys;      ///< [position * groups + group], d_k nodes
  std::vector<std::uint32_t> values;  ///< [group * d_v + t]: a list with room for every position
  /// The weights are the stable softmax of the scores as they are, and its denominator is above 0.
  bool plain_softmax = false;
};

/// A tape (sim/blocks/tape.hpp) that stands at one position and keeps nodes.
class Recorder {
 public:
  using Entries = std::vector<NodeId>;
  using Map = RecordedLinear;
  using Memory = RecordedMemory;
  using Choice = NodeId;
  using Embedding = int;  ///< its first table

  Recorder(const Policy& policy, const SequenceShape& shape, const RecordOptions& options);

  Program& program() { return program_; }
  const Policy& policy() const { return policy_; }
  /// Sites recorded from now on stand here; layer -1 is outside the layers.
  void stand_at(int position, int layer) { position_ = position, layer_ = layer; }

  std::uint8_t format_of(Role role) const { return role_format_[static_cast<std::size_t>(role)]; }
  /// The index of a format that is no role's own.
  std::uint8_t format(const Format& format);
  bool same_format(Role a, Role b) const { return format_of(a) == format_of(b); }

  /// Numbers rounded to a role's format.
  Entries constant(const Value& value, Role role) { return {weight(value, role, 0)}; }
  Entries constants(const std::vector<Value>& values, Role role);
  /// A number that is in the format already.
  Entries member(const Value& value, std::uint8_t format) { return {member_node(value, format)}; }

  Entries binary(Op op, const Entries& a, const Entries& b, std::uint8_t format, const Place& where);
  Entries binary(Op op, const Entries& a, const Entries& b, Role role, const Place& where) {
    return binary(op, a, b, format_of(role), where);
  }
  Entries unary(Function function, const Entries& x, Role role, const Place& where);
  Entries round(const Entries& x, std::uint8_t format, const Place& where);
  /// The numbers in another role's format: no operation within one format.
  Entries convert(const Entries& x, Role from, Role to, const Place& where);
  /// e / Z, proved not to be 0/0 where `positive`.
  Entries quotient(const Entries& e, const Entries& z, Role role, bool positive, const Place& where);

  Entries max(const Entries& x, std::uint8_t format, const Place& where);
  Entries sum(const Entries& x, Role role, const Place& where);
  /// A dot product formed in `accumulators` and rounded once more to `role`; the last operation stands at
  /// `where`.
  Entries dot(const Entries& x, const Entries& y, Role role, const Place& where) {
    return {dot(list(x), list(y), role, site(where, 0))};
  }
  /// The largest of the entries before each one (behind each one where not `forward`), 0 where there is none.
  Entries running_max(const Entries& x, bool forward, Role role, const Place& where);
  Choice arg_max(const Entries& x, const Place& where);

  static Entries slice(const Entries& x, int first, int count, int stride = 1);
  static Entries interleave(const Entries& x, const Entries& y);
  static Entries join(const std::vector<Entries>& parts);

  /// Weights are rounded once, when the model is loaded; those of a layer's maps by the policy's quantiser
  /// first.
  Map prepare(const Linear& map, bool in_layer = true);
  /// rnd(dot(W_i, x) + b_i), formed in `accumulators`: the bias comes last; no bias, no addition.
  /// `inner`: a step before others of that name.
  Entries apply(Map& map, const Entries& x, Role role, SiteName name, bool inner = false);

  Embedding embedding(const Matrix& table);
  Entries embed(Embedding table, const Place& where);
  Entries position_row(const Matrix& table);
  /// `of(position, entry)`, members of the format of rotary tables.
  template <class Of>
  Entries by_position(const Rotary&, int /*set*/, int count, const Of& of) {
    Entries made;
    for (int t = 0; t < count; ++t) made.push_back(member_node(of(position_, t), format_of(Role::rotary)));
    return made;
  }
  /// `of(position, key)` rounded to the role, for the keys that the position sees.
  template <class Of>
  Entries by_key(const Of& of, Role role) {
    Entries made;
    for (int j = 0; j < visible(); ++j) made.push_back(weight(of(position_, first_visible() + j), role, 0));
    return made;
  }

  /// From now on keys at `window` positions or more before are out of sight (0: none is).
  void look_back(int window) { window_ = window; }
  /// Whether the mask shows this position any key.
  bool sees_any() const { return visible() > 0; }
  Memory memory(int groups, int d_k, int d_v);
  void keep_key(Memory& memory, int group, const Entries& key);
  void keep_value(Memory& memory, int group, const Entries& value);
  /// dot(q, k_j) for every key that the position sees; absent (no_node) for a key whose weight is known to be 0,
  /// while folding. What is computed of an absent entry is absent, and no sum or maximum has it.
  Entries scores(const Memory& memory, int group, const Entries& query, Role role, const Place& where);
  /// sum_j rnd(a_j * v_(j,t)) for every t.
  Entries mix(const Memory& memory, int group, const Entries& weights, Role role, const Place& where);

  /// Independent work, in any order that leaves the record as it is: here, in order.
  template <class Work>
  void each(int count, const Work& work) {
    for (int i = 0; i < count; ++i) work(i);
  }

 private:
  /// The position sees `visible` keys from key `first_visible` on.
  int first_visible() const { return window_ == 0 ? 0 : std::max(0, position_ - window_ + 1); }
  int visible() const { return std::max(0, shown() - first_visible()); }
  /// The mask shows keys 0 .. shown() - 1.
  int shown() const {
    switch (policy_.mask) {
      case Mask::causal:
        return position_ + 1;
      case Mask::strict:
        return position_;
      case Mask::none:
        return program_.shape.positions();
    }
    return 0;
  }
  Site site(const Place& place, std::size_t entry) const;
  /// A weight as the model is loaded: rounded to a role's format (or kept, under exact_weights); `place` tells
  /// weights apart for stochastic rounding.
  Value loaded(const Value& value, Role role, std::uint64_t place) const;
  NodeId weight(const Value& value, Role role, std::uint64_t place) {
    return member_node(loaded(value, role, place), format_of(role));
  }
  NodeId member_node(const Value& value, std::uint8_t format);
  OperandList list(const std::vector<NodeId>& nodes);
  /// A list of `count` entries that are still to be written, for no one else.
  OperandList open_list(std::size_t count);
  NodeId dot(OperandList x, OperandList y, Role role, const Site& where);
  static bool absent(NodeId entry) { return entry == no_node; }
  static Entries present(const Entries& x);
  // recorder_keys.cpp: what is known of attention while folding
  bool zero_keys_change_nothing(const Policy& policy) const;
  /// By key: whether its weight is not known to be 0.
  std::vector<bool> contenders(const Memory& memory, int group, OperandList query, Role role);
  /// No difference of a score and the maximum of all is above 0.
  void note_differences(const Entries& scores, NodeId largest, const Entries& differences);
  /// A softmax's denominator has the term rnd(exp(0)), and no term below 0.
  void note_total(OperandList terms, NodeId total);
  NodeId converted(NodeId a, Role from, Role to, const Site& where);
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
  bool starts_sum(NodeId w, NodeId x) const;

  const Policy& policy_;
  Program program_;
  std::array<std::uint8_t, role_count> role_format_{};
  std::uint8_t dot_reduction_ = 0, sum_reduction_ = 0;
  bool skip_zero_ = false, exact_weights_ = false, zero_keys_go_ = false;
  /// Zero weights are left out although formats have -0: rows start with the entry 0, as long as its product is
  /// known and no -0 (recorder.cpp, starts_sum).
  bool after_start_ = false;
  std::unordered_map<Value, NodeId> constants_;
  std::optional<ConstantFolder> folder_;
  Spans spans_{program_};  // of every node, while folding
  // While folding, lists with equal entries are one, and so are nodes with equal fields.
  std::vector<OperandList> lists_;
  FlatTable list_numbers_, node_numbers_;
  std::optional<Quantiser> weight_quantiser_;
  std::uint64_t matrices_ = 0;
  int position_ = -1, layer_ = -1, window_ = 0;
};

}  // namespace roundoff::sim
