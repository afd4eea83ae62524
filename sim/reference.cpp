// The reference interpreter: every node by the definitions of formats/arithmetic.hpp.
#include "sim/reference.hpp"

#include <stdexcept>

#include "formats/error.hpp"

namespace roundoff {

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

Rounded evaluate(const Program& program, NodeId id, std::span<const Value> values,
                 std::span<const Token> tokens, Scratch& scratch) {
  const Node& node = program.nodes[id];
  const Format& format = program.formats[node.format];
  const Draw draw{format.rounding == Rounding::sr ? draw_place(program, id) : 0, 0};
  const auto gather = [&](std::vector<Value>& into, std::uint32_t offset) {
    into.clear();
    for (NodeId operand : program.list(offset, node.c)) into.push_back(values[operand]);
  };
  switch (node.op) {
    case Op::constant:
      return {program.constants[node.a]};
    case Op::embed:
      return {program.tables[node.b][tokens[node.a]]};
    case Op::round:
      return round(values[node.a], format, draw);
    case Op::add:
      return add(values[node.a], values[node.b], format, draw);
    case Op::sub:
      return sub(values[node.a], values[node.b], format, draw);
    case Op::mul:
      return mul(values[node.a], values[node.b], format, draw);
    case Op::div:
      return div(values[node.a], values[node.b], format, draw);
    case Op::fma:
      return fma(values[node.a], values[node.b], values[node.c], format, draw);
    case Op::unary:
      return apply(node.function, values[node.a], format, draw);
    case Op::table:
      for (const auto& [argument, result] : program.maps[node.b])
        if (argument == values[node.a]) return {result};
      throw std::logic_error("a tabulated function was asked for a value outside its range");
    case Op::max: {
      const auto list = program.list(node.a, node.c);
      Value best = values[list[0]];
      if (list.size() == 1 && best.is_nan()) throw Trap("NaN reaches a max");
      for (NodeId operand : list.subspan(1)) best = maximum(best, values[operand]);
      return {best};
    }
    case Op::sum:
      gather(scratch.x, node.a);
      return sum(scratch.x, program.reductions[node.reduction].order, format, draw.place);
    case Op::dot: {
      const Reduction& reduction = program.reductions[node.reduction];
      gather(scratch.x, node.a);
      gather(scratch.y, node.b);
      return dot(scratch.x, scratch.y, reduction.order, reduction.mode, format, draw.place);
    }
    case Op::arg_max: {
      const auto list = program.list(node.a, node.c);
      std::size_t best = 0;
      for (std::size_t j = 0; j < list.size(); ++j) {
        if (values[list[j]].is_nan()) throw Trap("NaN reaches an arg max");
        if (compare(values[list[j]], values[list[best]]) > 0) best = j;
      }
      return {Value::integer(static_cast<std::int64_t>(best))};
    }
  }
  throw std::logic_error("unknown operation");
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
  Decoded decoded{{question.begin(), question.end()}, false};
  reference.start(question);
  for (int position = program.shape.first_output; position < program.shape.positions(); ++position) {
    reference.advance(position);
    const Token next = reference.output(position - program.shape.first_output);
    decoded.tokens.push_back(next);
    reference.append(next);
    if (next == stop) {
      decoded.stopped = true;
      break;
    }
  }
  return decoded;
}

}  // namespace roundoff
