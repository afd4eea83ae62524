// The reference interpreter: every node by the definitions of formats/rounding/arithmetic.hpp.
#include "sim/program/reference.hpp"

#include <algorithm>
#include <stdexcept>

#include "formats/error.hpp"

namespace roundoff::sim {

std::uint64_t draw_place(const Program& program, NodeId id) {
  const Site& site = program.sites[id];
  std::uint64_t h = static_cast<std::uint64_t>(program.nodes[id].op) << 8 |
                    static_cast<std::uint64_t>(site.name) << 1 | static_cast<std::uint64_t>(site.inner);
  for (const std::int64_t part :
       {std::int64_t{site.layer}, std::int64_t{site.head}, std::int64_t{site.position},
        std::int64_t{site.key}, std::int64_t{site.index}}) {
    h = (h ^ static_cast<std::uint64_t>(part + 1)) * 0x9e3779b97f4a7c15ULL;
    h ^= h >> 29;
  }
  return h;
}

Rounded evaluate(const Program& program, const Node& node, std::span<const Value> x, std::span<const Value> y,
                 Draw draw) {
  const Format& format = program.formats[node.format];
  switch (node.op) {
    case Op::round:
      return round(x[0], format, draw);
    case Op::add:
      return add(x[0], x[1], format, draw);
    case Op::sub:
      return sub(x[0], x[1], format, draw);
    case Op::mul:
      return mul(x[0], x[1], format, draw);
    case Op::div:
      return div(x[0], x[1], format, draw);
    case Op::fma:
      return fma(x[0], x[1], x[2], format, draw);
    case Op::unary:
      return apply(node.function, x[0], format, draw);
    case Op::table:
      for (const auto& [argument, result] : program.maps[node.b])
        if (argument == x[0]) return {result};
      throw std::logic_error("a tabulated function was asked for a value outside its range");
    case Op::max: {
      const auto nan = std::find_if(x.begin(), x.end(), [](const Value& value) { return value.is_nan(); });
      if (nan != x.end()) {
        if (program.nan == NanRule::trap) throw Trap("NaN reaches a max");
        return {*nan};
      }
      Value best = x[0];
      for (const Value& value : x.subspan(1)) best = maximum(best, value);
      return {best};
    }
    case Op::sum:
      return sum(x, program.reductions[node.reduction].order, format, draw.place);
    case Op::dot: {
      const Reduction& reduction = program.reductions[node.reduction];
      return dot(x, y, reduction.order, reduction.mode, format, draw.place);
    }
    case Op::arg_max: {
      std::size_t best = 0;
      for (std::size_t j = 0; j < x.size(); ++j) {
        if (x[j].is_nan()) {
          if (program.nan == NanRule::trap) throw Trap("NaN reaches an arg max");
          best = j;  // the first NaN
          break;
        }
        if (compare(x[j], x[best]) > 0) best = j;
      }
      return {Value::integer(static_cast<std::int64_t>(best))};
    }
    case Op::constant:
    case Op::embed:
      break;
  }
  throw std::logic_error("not an operation on values");
}

Rounded evaluate(const Program& program, NodeId id, std::span<const Value> values,
                 std::span<const Token> tokens, Scratch& scratch) {
  const Node& node = program.nodes[id];
  if (node.op == Op::constant) return {program.constants[node.a]};
  if (node.op == Op::embed) return {program.tables[node.b][tokens[node.a]]};
  scratch.x.clear(), scratch.y.clear();
  const bool lists = node.op == Op::sum || node.op == Op::dot || node.op == Op::max || node.op == Op::arg_max;
  if (lists) {
    for (NodeId operand : program.list(node.a, node.c)) scratch.x.push_back(values[operand]);
    if (node.op == Op::dot)
      for (NodeId operand : program.list(node.b, node.c)) scratch.y.push_back(values[operand]);
  } else {
    const bool two = node.op == Op::add || node.op == Op::sub || node.op == Op::mul || node.op == Op::div;
    scratch.x.push_back(values[node.a]);
    if (two || node.op == Op::fma) scratch.x.push_back(values[node.b]);
    if (node.op == Op::fma) scratch.x.push_back(values[node.c]);
  }
  const bool draws = program.formats[node.format].is_stochastic();
  return evaluate(program, node, scratch.x, scratch.y, {draws ? draw_place(program, id) : 0, 0});
}

Reference::Reference(const Program& program)
    : program_(&program), values_(program.nodes.size()), flags_(program.nodes.size()) {}

void Reference::start(std::span<const Token> tokens) {
  tokens_.assign(tokens.begin(), tokens.end());
  done_ = 0;
}

void Reference::append(Token token) { tokens_.push_back(token); }

void Reference::advance(int position) {
  const NodeId end = program_->position_end.empty()
                         ? static_cast<NodeId>(program_->nodes.size())
                         : program_->position_end[static_cast<std::size_t>(position)];
  for (; done_ < end; ++done_) {
    try {
      const Rounded result = evaluate(*program_, done_, values_, tokens_, scratch_);
      values_[done_] = result.value;
      flags_[done_] = result.flags;
    } catch (const Trap& trap) {
      throw Trap(std::string(trap.what()) + " (" + describe(program_->sites[done_]) + ")");
    }
  }
}

Token Reference::output(int o) const {
  return static_cast<Token>(to_double(values_[program_->outputs[static_cast<std::size_t>(o)]]));
}

Decoded decode(Reference& reference, const Program& program, std::span<const Token> question, Token stop) {
  Decoded decoded{{question.begin(), question.end()}, {}, false};
  reference.start(question);
  for (int position = program.shape.first_output; position < program.shape.positions(); ++position) {
    reference.advance(position);
    const Token next = reference.output(position - program.shape.first_output);
    decoded.written.push_back(next);
    if (program.shape.one_pass) continue;
    decoded.tokens.push_back(next);
    reference.append(next);
    if (next == stop) {
      decoded.stopped = true;
      break;
    }
  }
  return decoded;
}

}  // namespace roundoff::sim
