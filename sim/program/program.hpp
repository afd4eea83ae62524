// The program is the interface: model + policy + sequence shape become a flat single-assignment list of
// rounded operations, each with its format and its site. Passes rewrite it, interpreters run it, and all must
// agree on bits.
//
// A node's value depends only on nodes before it. Nodes are recorded position by position, every layer of a
// position before the next position, so that greedy decoding can run a prefix, choose a token, and go on.
// Operand lists live in `operands`, a pool of node ids; constants are nodes, one per distinct (value).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/model/model.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::sim {

using NodeId = std::uint32_t;
inline constexpr NodeId no_node = 0xffffffff;

enum class Op : std::uint8_t {
  constant,  ///< a: index in constants
  embed,     ///< a: position, b: index in tables; the table's entry for the token at that position
  round,     ///< a: node; conversion to another format
  add,       ///< a, b: nodes
  sub,       ///< a, b
  mul,       ///< a, b
  div,       ///< a, b
  fma,       ///< a, b, c: a*b + c
  max,       ///< n-ary: operands [a, a+c)
  unary,     ///< a: node; function
  sum,       ///< n-ary: operands [a, a+c); order
  dot,       ///< n-ary: operands [a, a+c) times operands [b, b+c); order, mode
  table,     ///< a: node, b: index in maps; a function of one value, tabulated (made by passes only)
  arg_max,   ///< n-ary: operands [a, a+c); the value is the index of the first largest, as an integer
};
std::string_view name(Op op);

/// Where a value stands in the model: commands.md, `run --trace`. `inner` marks intermediate steps of a site,
/// which a trace leaves out (a dot before its bias, a score before its maximum is subtracted).
enum class SiteName : std::uint8_t {
  none,
  emb,
  q,
  k,
  v,
  score,
  exp,
  z,
  weight,
  head,
  attn,
  mid,
  pre,
  act,
  ffn,
  out,
  logits,
  next,
  gate,
  norm_attn,  ///< before attention
  norm_q,
  norm_k,
  norm_mid,  ///< after attention
  norm_ffn,  ///< before the feed-forward block
  norm_out,  ///< after it
  norm_final,
  rope_q,  ///< after the rotation
  rope_k,
  proj,          ///< the projection that a layer may start with
  norm_of_attn,  ///< of what attention adds
  norm_of_ffn    ///< of what the feed-forward block adds
};
std::string_view name(SiteName name);

struct Site {
  SiteName name = SiteName::none;
  bool inner = false;
  std::int16_t layer = -1;
  std::int16_t head = -1;
  std::int32_t position = -1;
  std::int32_t key = -1;
  std::int32_t index = -1;
  friend bool operator==(const Site&, const Site&) = default;
};
/// "layer 2, score at position 5, head 0, key 3".
std::string describe(const Site& site);

struct Node {
  Op op = Op::constant;
  std::uint8_t format = 0;     ///< index in Program::formats
  std::uint8_t reduction = 0;  ///< index in Program::reductions (sum, dot)
  Function function = Function::identity;
  bool nonzero_divisor = false;  ///< div: proved not to be 0/0 (stable softmax), so that it cannot trap
  // Proved for every input of the shape (by passes only):
  bool never_traps = false;
  bool exact = false;  ///< add, sub, mul, sum, dot: no product and no sum of some of the terms, in any order,
                       ///< is rounded, overflows or is -0
  std::uint32_t a = 0, b = 0, c = 0;
};

/// How a sum or dot is formed. Its terms and result have the node's format.
struct Reduction {
  SumOrder order;
  DotMode mode = DotMode::rounded;
  friend bool operator==(const Reduction&, const Reduction&) = default;
};

/// Tokens that may stand at each position, and where the model's choice is read.
struct SequenceShape {
  int vocabulary = 0;
  std::vector<std::vector<Token>>
      tokens;            ///< per position, sorted: the tokens that verified inputs can have there
  int first_output = 0;  ///< outputs are read at positions first_output .. tokens.size()-1
  /// All tokens are given from the start: no output is the token of the next position.
  bool one_pass = false;

  int positions() const { return static_cast<int>(tokens.size()); }
};

struct Program {
  SequenceShape shape;
  NanRule nan = NanRule::trap;  ///< of every max and arg_max
  std::vector<Format> formats;
  std::vector<Reduction> reductions;
  std::vector<Value> constants;
  std::vector<std::vector<Value>> tables;  ///< per embedding table: one member a token of the vocabulary
  std::vector<std::vector<std::pair<Value, Value>>>
      maps;  ///< of Op::table: argument -> result, sorted by nothing, arguments distinct
  std::vector<Node> nodes;
  std::vector<Site> sites;  ///< parallel to nodes
  std::vector<NodeId> operands;
  std::vector<NodeId>
      outputs;  ///< arg_max node of each output position; entry o is position first_output + o
  std::vector<NodeId>
      position_end;  ///< nodes [0, position_end[i]) suffice for positions 0..i (unoptimised programs)

  std::span<const NodeId> list(std::uint32_t offset, std::uint32_t count) const {
    return {operands.data() + offset, count};
  }
};

/// Told what long work does and how far it is (`of` = 0: not known). It may throw Stopped, which ends the
/// work and is for the one who started it to catch.
using Watch = std::function<void(std::string_view what, double done, double of)>;
struct Stopped : std::runtime_error {
  Stopped() : std::runtime_error("interrupted") {}
};

/// Checks single assignment, ranges of all indices and formats; throws std::logic_error naming the node.
void validate(const Program& program);

/// One line a node, for people and for golden tests.
std::string print(const Program& program);

}  // namespace roundoff::sim
