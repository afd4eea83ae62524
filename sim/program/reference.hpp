// The reference interpreter: one input, one node at a time, by definition.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/program/program.hpp"

namespace roundoff::sim {

/// Room for operand lists, kept between calls.
struct Scratch {
  std::vector<Value> x, y;
};

/// One operation by definition, from the values of its operands: x holds the one, two or three operands or
/// the (first) list, y the second list of a dot. Not for constants and embeddings. Throws Trap (without the
/// place).
Rounded evaluate(const Program& program, const Node& node, std::span<const Value> x, std::span<const Value> y,
                 Draw draw = {});

/// One node by definition, from the values of the nodes before it.
Rounded evaluate(const Program& program, NodeId id, std::span<const Value> values,
                 std::span<const Token> tokens, Scratch& scratch);

/// Names a node for stochastic rounding: a function of its site and operation, so that it is the same in
/// every batch.
std::uint64_t draw_place(const Program& program, NodeId id);

/// Runs a program on one input. The program must outlive it.
class Reference {
 public:
  explicit Reference(const Program& program);

  /// Starts over with these tokens (a prefix is enough for decoding).
  void start(std::span<const Token> tokens);
  /// Appends a token.
  void append(Token token);
  /// Computes every node of positions 0 .. position. Throws Trap naming the site.
  void advance(int position);
  /// The value and the flags of a node computed so far.
  const Value& value(NodeId node) const { return values_[node]; }
  Flags flags(NodeId node) const { return flags_[node]; }
  /// Nodes computed so far: after a Trap, the node that trapped.
  NodeId done() const { return done_; }
  /// The token chosen at output o.
  Token output(int o) const;

 private:
  const Program* program_;
  std::vector<Token> tokens_;
  std::vector<Value> values_;
  std::vector<Flags> flags_;
  Scratch scratch_;
  NodeId done_ = 0;
};

struct Decoded {
  std::vector<Token>
      tokens;  ///< the whole sequence, question and answer, `stop` included when it was written
  std::vector<Token> written;  ///< the answer; in one pass it is no part of the sequence
  bool stopped = false;        ///< `stop` was written before the positions ran out
};
/// Greedy decoding from a question until `stop` or the last position, or, where the shape says one pass, the choices
/// at its output positions; `reference` keeps every value for a
/// trace.
Decoded decode(Reference& reference, const Program& program, std::span<const Token> question, Token stop);

}  // namespace roundoff::sim
