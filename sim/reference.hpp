// The reference interpreter: one input, one node at a time, by definition.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "sim/program.hpp"

namespace roundoff {

class Reference {
 public:
  explicit Reference(const Program& program);

  /// Starts over with these tokens (a prefix is enough for decoding).
  void start(std::span<const Token> tokens);
  /// Appends a token.
  void append(Token token);
  /// Computes every node of positions 0 .. position. Throws Trap naming the site.
  void advance(int position);
  /// The value of a node computed so far.
  const Value& value(NodeId node) const { return values_[node]; }
  Flags flags(NodeId node) const { return flags_[node]; }
  /// The token chosen at output o.
  Token output(int o) const;

 private:
  const Program* program_;
  std::vector<Token> tokens_;
  std::vector<Value> values_;
  std::vector<Flags> flags_;
  NodeId done_ = 0;
};

struct Decoded {
  std::vector<Token> tokens;  ///< the whole sequence, question and answer, `stop` included when it was written
  bool stopped = false;       ///< `stop` was written before the positions ran out
};
/// Greedy decoding from a question until `stop` or the last position.
Decoded decode(const Program& program, std::span<const Token> question, Token stop);

}  // namespace roundoff
