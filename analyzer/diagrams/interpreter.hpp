// The diagram interpreter: runs a Program on all inputs at once. A node's value is a diagram over the
// question's variables; the answer's tokens are given (teacher forcing).
//
// Demand driven, by value: a term 0 * x never asks for x, so that registers that nobody reads cost nothing.
// Nothing that can trap may be skipped that way; `trapping_nodes` lists those, and certify asks for each of
// them.
//
// Four ways to a value, chosen per node: position-wise blocks by tuples (blocks.cpp), attention as a contest of
// its keys (contests.cpp), reductions in the best order that keeps the bits (reductions.cpp), and node by node.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "analyzer/diagrams/algebra.hpp"
#include "analyzer/names.hpp"
#include "sim/program/program.hpp"
#include "sim/program/spans.hpp"

namespace roundoff::analyzer::diagrams {

/// A column of the specification, or a group of columns, whose sum is a variable of its own (cuts.cpp).
struct Column {
  Ref sum = no_ref;        ///< the variable
  std::vector<Ref> terms;  ///< over the digits: what the sum stands for, term by term, with their weights
};

class Interpreter {
 public:
  /// `tokens`: a diagram of token ids a position. The program must outlive the interpreter. Throws Exhausted
  /// where the program has operations that diagrams cannot do (stochastic rounding). Of the limits it heeds the
  /// tuples (0: no blocks); the algebra's manager heeds the others.
  Interpreter(const Program& program, Algebra& algebra, std::vector<Ref> tokens, const Limits& limits = {});
  ~Interpreter();

  /// The node's diagram; valid until the next call. Throws Exhausted.
  Ref value(NodeId node);
  /// The nodes that will be asked for; the values that none of them needs are dropped at collections (and
  /// computed again if asked for after all).
  void expect(std::vector<NodeId> nodes) { expected_ = std::move(nodes); }

  /// From now on nodes that are proved to be linear forms in column sums are replaced by these. Nothing is
  /// collected any more.
  void cut(std::vector<Column> columns);

  Algebra& algebra() { return algebra_; }

  struct Statistics {
    std::size_t nodes = 0, blocks = 0, tuples = 0, refused = 0, cuts = 0, contests = 0, floors = 0;
  };
  const Statistics& statistics() const { return statistics_; }

 private:
  struct Segment {
    std::vector<NodeId> targets;  ///< its nodes that are read from outside
    bool refused = false;         ///< as a whole: then target by target
  };

  void need(NodeId node);
  Ref compute(NodeId node);
  void drop();

  // node by node
  Ref compute_max(const Node& node);
  Ref compute_arg_max(const Node& node);
  Ref compute_sum(const Node& node);
  Ref compute_dot(const Node& node);

  // contests.cpp: softmax attention, key by key
  struct Contest;
  struct Floor;
  std::optional<Contest> contest_of(const Node& dot) const;
  Ref by_contest(const Node& dot);
  void prepare(Contest& contest, std::size_t key);
  using Assignment = std::vector<std::uint16_t>;
  void draw_samples();
  Id largest_score(const Contest& contest, const Assignment& assignment);
  Ref fold_states(const Contest& contest, Id floor);
  std::int64_t most_that_vanishes(const Floor& floor, std::uint8_t format);
  Id outcome(const Contest& contest, const Node& dot, Id state);

  // products.cpp: dots of two vectors of diagrams
  struct Side;
  struct TwoSides;
  const Side* side(const std::vector<std::pair<Ref, std::uint8_t>>& parts);
  std::optional<TwoSides> two_sides(const Node& dot, const std::vector<std::size_t>& kept);
  Id product_at(const TwoSides& dot, const std::vector<Id> (&entries)[2]);
  Ref product(const TwoSides& dot, const Floor* floor = nullptr);

  // reductions.cpp
  std::vector<std::size_t> kept_terms(const Node& dot);
  Ref sum(Roots& terms, const SumOrder& order, const Format& format, bool members);
  Ref sequential(Roots& terms, std::size_t first, std::size_t count, const Format& format, bool members);
  Ref tree(Roots& terms, std::size_t first, std::size_t count, const Format& format, bool members);
  Ref fold(std::uint32_t code, Roots& terms, std::size_t first, std::size_t count, bool members);
  void deepest_first(Roots& terms, std::size_t first, std::size_t count);
  bool exact_in_any_order(const Roots& terms, std::size_t first, std::size_t count,
                          const Format& format) const;

  // blocks.cpp
  void find_segments();
  std::int64_t segment_of(NodeId node) const;
  bool by_tuples(NodeId node);
  bool tabulate(const std::vector<NodeId>& targets);
  std::vector<NodeId> cone(const std::vector<NodeId>& targets, std::vector<NodeId>& leaves);
  Id scalar(NodeId node);

  // cuts.cpp: a sum of functions of at most two digits each, by the digits
  using Form = std::map<std::uint64_t, Ref>;
  bool by_cut(NodeId node);
  const Form* form_of(NodeId node);
  std::optional<Form> find_form(NodeId node);
  bool gather(Form& form, Ref f, const Value& weight);
  std::optional<Value> exact_magnitude(const Form& form, const Value& weight, const Format& format);

  bool skips_zero(const Node& node) const;
  bool skips_term(const Node& node, std::size_t j) const;
  bool is_zero_constant(NodeId node) const;
  bool member(NodeId node, std::uint8_t format);
  std::uint32_t code(Operation::Kind kind, const Format& format, Function function = Function::identity,
                     std::uint32_t parameter = 0) {
    return algebra_.scalars().code({kind, function, parameter, format});
  }
  /// The code of a binary or unary rounded operation of the program's formats.
  std::uint32_t code(Operation::Kind kind, std::uint8_t format, Function function = Function::identity);

  const Program& program_;
  Algebra& algebra_;
  Manager& manager_;
  std::size_t most_tuples_;  ///< distinct inputs of a block
  Roots tokens_, values_;
  std::vector<NodeId> expected_, active_;
  std::vector<std::uint32_t> codes_;   ///< by kind, function and format
  std::vector<std::uint8_t> members_;  ///< by format and constant: 0 unknown, 1 a member, 2 not
  std::unordered_map<std::int64_t, Segment> segments_;
  std::vector<bool> refused_;        ///< by node: not by tuples
  std::vector<Id> ids_;              ///< by node: the value on one tuple
  std::vector<std::uint32_t> seen_;  ///< by node: the search that saw it
  std::uint32_t search_ = 0;
  int last_layer_ = -1;
  std::optional<std::vector<Column>> columns_;
  std::unordered_map<std::uint64_t, std::size_t> column_of_;  ///< by the digits of its first term
  std::optional<Manager::Pause> pause_;
  std::unordered_map<NodeId, std::optional<Form>> forms_;
  std::unordered_map<std::uint64_t, Id> outcomes_;  ///< of contests: by kind and state
  std::vector<std::array<std::uint32_t, 5>> contest_kinds_;
  std::vector<Assignment> samples_;  ///< inputs that bounds are guessed from
  sim::Spans spans_;
  std::map<std::vector<std::pair<Ref, std::uint8_t>>, std::unique_ptr<Side>> sides_;
  std::size_t sides_at_ = 0;  ///< collections when they were made
  std::uint32_t exact_add_ = 0, exact_mul_ = 0;
  Statistics statistics_;
};

/// Nodes that may trap on some input: the ones that a certificate must look at even where no output reads
/// them.
std::vector<NodeId> trapping_nodes(const Program& program);

}  // namespace roundoff::analyzer::diagrams
