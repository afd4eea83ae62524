// Building a program while reading another.
#include "sim/passes/rewriter.hpp"

#include <algorithm>
#include <stdexcept>

namespace roundoff::sim {

Rewriter::Rewriter(const Program& old) : old_(old), map_(old.nodes.size(), no_node) {
  built_.shape = old.shape;
  built_.nan = old.nan;
  built_.formats = old.formats;
  built_.reductions = old.reductions;
  new_table_.assign(old.tables.size(), no_node);
  new_map_.assign(old.maps.size(), no_node);
}

NodeId Rewriter::constant(const Value& value, std::uint8_t format) {
  const auto [found, fresh] = constants_.try_emplace({value, format}, no_node);
  if (fresh) {
    built_.constants.push_back(value);
    found->second = push(
        {.op = Op::constant, .format = format, .a = static_cast<std::uint32_t>(built_.constants.size() - 1)},
        {});
  }
  return found->second;
}

NodeId Rewriter::push(const Node& node, const Site& site) {
  built_.nodes.push_back(node);
  built_.sites.push_back(site);
  return static_cast<NodeId>(built_.nodes.size() - 1);
}

std::uint32_t Rewriter::list(std::span<const NodeId> nodes) {
  const auto offset = static_cast<std::uint32_t>(built_.operands.size());
  built_.operands.insert(built_.operands.end(), nodes.begin(), nodes.end());
  return offset;
}

std::uint32_t Rewriter::mapped_list(std::uint32_t offset, std::uint32_t count) {
  const auto number = static_cast<std::uint32_t>(lists_.size());
  const std::uint64_t key = std::uint64_t{offset} << 32 | count;
  const std::uint32_t known = list_numbers_.find_or_insert(
      key * 0x9e3779b97f4a7c15ULL, number,
      [&](std::uint32_t list) { return lists_[list].offset == offset && lists_[list].count == count; });
  if (known != number) return lists_[known].made;
  lists_.push_back({offset, count, static_cast<std::uint32_t>(built_.operands.size())});
  for (NodeId operand : old_.list(offset, count)) built_.operands.push_back(map_[operand]);
  return lists_.back().made;
}

NodeId Rewriter::copy(NodeId old_node) {
  Node node = old_.nodes[old_node];
  switch (node.op) {
    case Op::constant:
      return map_[old_node] = constant(old_.constants[node.a], node.format);
    case Op::embed:
      if (new_table_[node.b] == no_node) new_table_[node.b] = table(old_.tables[node.b]);
      node.b = new_table_[node.b];
      break;
    case Op::table:
      if (new_map_[node.b] == no_node) new_map_[node.b] = map(old_.maps[node.b]);
      node.b = new_map_[node.b];
      node.a = map_[node.a];
      break;
    case Op::fma:
      node.c = map_[node.c];
      [[fallthrough]];
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
      node.b = map_[node.b];
      [[fallthrough]];
    case Op::round:
    case Op::unary:
      node.a = map_[node.a];
      break;
    case Op::dot:
      node.b = mapped_list(node.b, node.c);
      [[fallthrough]];
    case Op::sum:
    case Op::max:
    case Op::arg_max:
      node.a = mapped_list(node.a, node.c);
      break;
  }
  return map_[old_node] = push(node, old_.sites[old_node]);
}

namespace {

template <class T>
std::size_t index_of(std::vector<T>& items, const T& item) {
  const auto found = std::find(items.begin(), items.end(), item);
  if (found != items.end()) return static_cast<std::size_t>(found - items.begin());
  items.push_back(item);
  return items.size() - 1;
}

}  // namespace

std::uint8_t Rewriter::format(const Format& format) {
  return static_cast<std::uint8_t>(index_of(built_.formats, format));
}

std::uint8_t Rewriter::reduction(const Reduction& reduction) {
  return static_cast<std::uint8_t>(index_of(built_.reductions, reduction));
}

namespace {

std::size_t hash_of(const Value& value) { return hash_value(value); }
std::size_t hash_of(const std::pair<Value, Value>& pair) {
  return hash_value(pair.first) * 31 + hash_value(pair.second);
}

// The index of an equal item, which is appended if there is none.
template <class Item>
std::uint32_t intern(std::vector<Item>& items, Item&& item,
                     std::unordered_map<std::size_t, std::vector<std::uint32_t>>& by_hash) {
  std::size_t h = item.size();
  for (const auto& part : item) h = mixed(h, hash_of(part));
  std::vector<std::uint32_t>& bucket = by_hash[h];
  for (std::uint32_t index : bucket)
    if (items[index] == item) return index;
  bucket.push_back(static_cast<std::uint32_t>(items.size()));
  items.push_back(std::move(item));
  return bucket.back();
}

}  // namespace

std::uint32_t Rewriter::table(std::vector<Value> table) {
  return intern(built_.tables, std::move(table), tables_);
}

std::uint32_t Rewriter::map(std::vector<std::pair<Value, Value>> map) {
  return intern(built_.maps, std::move(map), maps_);
}

Rewritten Rewriter::finish() && {
  for (NodeId output : old_.outputs) {
    if (map_[output] == no_node) throw std::logic_error("a pass dropped an output");
    built_.outputs.push_back(map_[output]);
  }
  return {std::move(built_), std::move(map_)};
}

int lists_of(Op op) {
  switch (op) {
    case Op::dot:
      return 2;
    case Op::sum:
    case Op::max:
    case Op::arg_max:
      return 1;
    default:
      return 0;
  }
}

namespace {

bool has_infinity(const Format& format) { return format.has_infinity || format.overflow == Overflow::inf; }

// Undefined for some finite argument: needs a NaN.
bool partial(Function function) {
  switch (function) {
    case Function::sqrt:
    case Function::rsqrt:
    case Function::log:
    case Function::reciprocal:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool may_read_nan(const Program& program, const Node& node) {
  bool nan = false;
  for_operands(program, node, [&](NodeId operand) {
    const Node& from = program.nodes[operand];
    nan = nan || (from.op == Op::constant ? program.constants[from.a].is_nan()
                                          : program.formats[from.format].has_nan);
  });
  return nan;
}

bool can_trap(const Program& program, const Node& node) {
  if (node.op == Op::constant || node.op == Op::embed || node.op == Op::table || node.never_traps)
    return false;
  bool nan = may_read_nan(program, node), infinite = false;
  if (node.op == Op::max || node.op == Op::arg_max) return nan && program.nan == NanRule::trap;
  for_operands(program, node, [&](NodeId operand) {
    const Node& from = program.nodes[operand];
    infinite = infinite || (from.op == Op::constant ? program.constants[from.a].is_infinite()
                                                    : has_infinity(program.formats[from.format]));
  });
  // Rounding into one format: `undefined` says whether the exact result may be no number.
  const auto into = [&](const Format& format, bool undefined) {
    return format.overflow == Overflow::trap || !format.has_zero || (!format.has_nan && (nan || undefined));
  };
  const Format& format = program.formats[node.format];
  switch (node.op) {
    case Op::sum:
    case Op::dot: {
      // inf - inf and 0 * inf; a sum may overflow to an infinity on the way
      const SumOrder& order = program.reductions[node.reduction].order;
      if (order.kind == SumOrder::wide) {
        if (into(order.wide_format, infinite || has_infinity(format) || has_infinity(order.wide_format)))
          return true;
        nan = nan || order.wide_format.has_nan;
        infinite = infinite || has_infinity(order.wide_format);
      }
      return into(format, infinite || has_infinity(format));
    }
    case Op::div:
      // 0/0; under wrap x/0 as well
      return into(format, infinite || !node.nonzero_divisor) ||
             (format.overflow == Overflow::wrap && !node.nonzero_divisor);
    case Op::unary:
      return into(format, infinite || partial(node.function));
    default:
      return into(format, infinite);
  }
}

bool stochastic(const Program& program) {
  return std::any_of(program.formats.begin(), program.formats.end(),
                     [](const Format& format) { return format.is_stochastic(); }) ||
         std::any_of(program.reductions.begin(), program.reductions.end(), [](const Reduction& reduction) {
           return reduction.order.kind == SumOrder::wide &&
                  reduction.order.wide_format.is_stochastic();
         });
}

}  // namespace roundoff::sim
