// Writing nodes; see recorder.hpp.
#include "sim/program/recorder.hpp"

#include <algorithm>

namespace roundoff::sim {

Recorder::Recorder(const Policy& policy, const SequenceShape& shape, const RecordOptions& options)
    : policy_(policy), exact_weights_(options.exact_weights) {
  program_.shape = shape;
  program_.nan = policy.nan;
  for (std::size_t role = 0; role < role_count; ++role) role_format_[role] = format(policy.formats[role]);
  if (!policy.quantisers.weights.empty()) weight_quantiser_ = parse_quantiser(policy.quantisers.weights);
  dot_reduction_ = reduction({policy.order, policy.dot});
  sum_reduction_ = reduction({policy.order, DotMode::rounded});
  const auto plain = [&](Role role) { return policy[role].is_plain(); };
  skip_zero_ = options.skip_zero_weights &&
               zero_weights_exact(policy[Role::accumulators], program_.reductions[dot_reduction_]) &&
               plain(Role::weights) && plain(Role::activations) && plain(Role::norms);
  // Where nothing is infinite or NaN, 0 * x is a zero; and s + (a zero) = s unless s is -0, which no sum is that
  // starts with another number: IEEE 754 gives -0 for -0 + -0 alone, but in rdn for x - x as well.
  const Format& sums = policy[Role::accumulators];
  after_start_ = !skip_zero_ && options.skip_zero_weights && options.finite &&
                 policy.order.kind == SumOrder::sequential && policy.dot != DotMode::exact_dot &&
                 sums.rounding != Rounding::rdn && !sums.is_stochastic();
  skip_zero_ = skip_zero_ || after_start_;
  const auto stochastic = [](const Format& format) { return format.is_stochastic(); };
  const bool draws = std::any_of(program_.formats.begin(), program_.formats.end(), stochastic) ||
                     (policy.order.kind == SumOrder::wide && stochastic(policy.order.wide_format));
  if (options.fold && !draws) folder_.emplace(program_);
  zero_keys_go_ = folder_ && zero_keys_change_nothing(policy);
}

std::uint8_t Recorder::format(const Format& format) {
  const auto found = std::find(program_.formats.begin(), program_.formats.end(), format);
  const auto index = static_cast<std::uint8_t>(found - program_.formats.begin());
  if (found == program_.formats.end()) program_.formats.push_back(format);
  return index;
}

std::uint8_t Recorder::reduction(const Reduction& r) {
  const auto found = std::find(program_.reductions.begin(), program_.reductions.end(), r);
  if (found != program_.reductions.end())
    return static_cast<std::uint8_t>(found - program_.reductions.begin());
  program_.reductions.push_back(r);
  return static_cast<std::uint8_t>(program_.reductions.size() - 1);
}

NodeId Recorder::folded(const Node& node) {
  const auto value = folder_->of(node, [&](NodeId operand) -> const Value* {
    const Node& from = program_.nodes[operand];
    return from.op == Op::constant ? &program_.constants[from.a] : nullptr;
  });
  return value ? member_node(*value, node.format) : no_node;
}

// s + 0 * x = s by `zero_weights_exact`, where x is finite.
NodeId Recorder::without_zero_terms(Node& dot) {
  const auto plain = [&](NodeId id) {
    const Node& node = program_.nodes[id];
    return node.op == Op::constant ? program_.constants[node.a].is_finite()
                                   : program_.formats[node.format].is_plain();
  };
  const auto zero = [&](NodeId id) {
    const Node& node = program_.nodes[id];
    return node.op == Op::constant && program_.constants[node.a].is_zero();
  };
  std::vector<NodeId> left, right;
  for (std::uint32_t j = 0; j < dot.c; ++j) {
    const NodeId x = program_.operands[dot.a + j], y = program_.operands[dot.b + j];
    if ((zero(x) && plain(y)) || (zero(y) && plain(x))) continue;
    left.push_back(x), right.push_back(y);
  }
  fold_start(dot, left, right);
  if (left.empty()) return member_node(Value::zero(), dot.format);
  if (left.size() < dot.c) {
    dot.a = list(left).offset;
    dot.b = list(right).offset;
    dot.c = static_cast<std::uint32_t>(left.size());
  }
  return no_node;
}

// In index order a sum that starts with constants has one partial sum after them, s; s * 1 is s, and without
// it the sum is the same where s = 0 (`zero_weights_exact`).
void Recorder::fold_start(const Node& dot, std::vector<NodeId>& left, std::vector<NodeId>& right) {
  const Reduction& reduction = program_.reductions[dot.reduction];
  if (reduction.order.kind != SumOrder::sequential || reduction.mode == DotMode::exact_dot) return;
  std::vector<Value> x, y;
  for (std::size_t j = 0; j < left.size(); ++j) {
    const Node &a = program_.nodes[left[j]], &b = program_.nodes[right[j]];
    if (a.op != Op::constant || b.op != Op::constant) break;
    if (!program_.constants[a.a].is_finite() || !program_.constants[b.a].is_finite()) return;
    x.push_back(program_.constants[a.a]);
    y.push_back(program_.constants[b.a]);
  }
  const Format& format = program_.formats[dot.format];
  const Value one = Value::integer(1);
  if (x.size() < 2 || format.overflow == Overflow::trap || formats::round(one, format).value != one) return;
  const Value start = formats::dot(x, y, reduction.order, reduction.mode, format).value;
  const auto count = static_cast<std::ptrdiff_t>(x.size() - (start.is_zero() ? 0 : 1));
  left.erase(left.begin(), left.begin() + count);
  right.erase(right.begin(), right.begin() + count);
  if (start.is_zero()) return;
  left[0] = member_node(start, dot.format);
  right[0] = member_node(one, dot.format);
}

NodeId Recorder::push(Node node, const Site& where) {
  if (!folder_) return append(node, where);
  if (node.op == Op::constant) {
    spans_.append(spans_.of(node));
    return append(node, where);
  }
  if (const NodeId constant = folded(node); constant != no_node) return constant;
  if (node.op == Op::dot && folder_->skips_zero(node))
    if (const NodeId zero = without_zero_terms(node); zero != no_node) return zero;
  if (node.op == Op::sub && node.a == node.b && spans_[node.a].known() &&
      Spans::keeps(program_.formats[node.format]))
    return member_node(Value::zero(), node.format);  // x - x
  const Span span = spans_.of(node);
  if (span.known() && span.single()) return member_node(spans_.value(span.low, node.format), node.format);
  const auto same = [&](NodeId id) {
    const Node& other = program_.nodes[id];
    return node.op == other.op && node.format == other.format && node.reduction == other.reduction &&
           node.function == other.function && node.nonzero_divisor == other.nonzero_divisor &&
           node.a == other.a && node.b == other.b && node.c == other.c;
  };
  const std::uint64_t hash = mixed(
      mixed(mixed(static_cast<std::uint64_t>(node.op) | std::uint64_t{node.format} << 8 |
                      std::uint64_t{node.reduction} << 16 | static_cast<std::uint64_t>(node.function) << 24,
                  node.a),
            node.b),
      node.c);
  const auto fresh = static_cast<NodeId>(program_.nodes.size());
  const NodeId known = node_numbers_.find_or_insert(hash, fresh, same);
  if (known != fresh) return known;
  spans_.append(span);
  return append(node, where);
}

NodeId Recorder::append(const Node& node, const Site& where) {
  program_.nodes.push_back(node);
  program_.sites.push_back(where);
  return static_cast<NodeId>(program_.nodes.size() - 1);
}

namespace {

Site inner(Site site) {
  site.inner = true;
  return site;
}

}  // namespace

Site Recorder::site(const Place& place, std::size_t entry) const {
  const auto number = static_cast<std::int32_t>(entry);
  Site site{.name = place.name,
            .inner = place.inner,
            .layer = static_cast<std::int16_t>(layer_),
            .head = static_cast<std::int16_t>(place.head),
            .position = position_};
  if (place.numbering == Place::by_key) site.key = first_visible() + number;
  if (place.numbering == Place::by_index) site.index = place.first + number * place.stride;
  return site;
}

Value Recorder::loaded(const Value& value, Role role, std::uint64_t place) const {
  return exact_weights_ ? value : formats::round(value, policy_[role], {place, 0}).value;
}

Recorder::Entries Recorder::constants(const std::vector<Value>& values, Role role) {
  Entries made;
  for (const Value& value : values) made.push_back(weight(value, role, 0));
  return made;
}

NodeId Recorder::member_node(const Value& value, std::uint8_t format) {
  const auto [found, fresh] = constants_.try_emplace(value, no_node);
  if (fresh) {
    program_.constants.push_back(value);
    found->second = push({.op = Op::constant,
                          .format = format,
                          .a = static_cast<std::uint32_t>(program_.constants.size() - 1)},
                         {});
  }
  return found->second;
}

OperandList Recorder::list(const std::vector<NodeId>& nodes) {
  const OperandList fresh{static_cast<std::uint32_t>(program_.operands.size()),
                          static_cast<std::uint32_t>(nodes.size())};
  if (folder_) {
    std::uint64_t hash = nodes.size();
    for (const NodeId node : nodes) hash = mixed(hash, node);
    const auto number = static_cast<std::uint32_t>(lists_.size());
    const std::uint32_t known = list_numbers_.find_or_insert(hash, number, [&](std::uint32_t other) {
      const auto entries = program_.list(lists_[other].offset, lists_[other].count);
      return std::equal(entries.begin(), entries.end(), nodes.begin(), nodes.end());
    });
    if (known != number) return lists_[known];
    lists_.push_back(fresh);
  }
  program_.operands.insert(program_.operands.end(), nodes.begin(), nodes.end());
  return fresh;
}

OperandList Recorder::open_list(std::size_t count) {
  const OperandList list{static_cast<std::uint32_t>(program_.operands.size()),
                         static_cast<std::uint32_t>(count)};
  program_.operands.resize(program_.operands.size() + count, no_node);
  return list;
}

Recorder::Entries Recorder::binary(Op op, const Entries& a, const Entries& b, std::uint8_t format,
                                   const Place& where) {
  const auto of = [](const Entries& x, std::size_t i) { return x.size() == 1 ? x[0] : x[i]; };
  Entries made(a.size() == 1 ? b.size() : a.size());
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = absent(of(a, i)) || absent(of(b, i))
                  ? no_node
                  : push({.op = op, .format = format, .a = of(a, i), .b = of(b, i)}, site(where, i));
  if (op == Op::sub && b.size() == 1) note_differences(a, b[0], made);
  return made;
}

Recorder::Entries Recorder::unary(Function function, const Entries& x, Role role, const Place& where) {
  Entries made(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    made[i] = absent(x[i])
                  ? no_node
                  : push({.op = Op::unary, .format = format_of(role), .function = function, .a = x[i]},
                         site(where, i));
  return made;
}

Recorder::Entries Recorder::round(const Entries& x, std::uint8_t format, const Place& where) {
  Entries made(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    made[i] = absent(x[i]) ? no_node : push({.op = Op::round, .format = format, .a = x[i]}, site(where, i));
  return made;
}

Recorder::Entries Recorder::convert(const Entries& x, Role from, Role to, const Place& where) {
  return same_format(from, to) ? x : round(x, format_of(to), where);
}

Recorder::Entries Recorder::quotient(const Entries& e, const Entries& z, Role role, bool positive,
                                     const Place& where) {
  Entries made(e.size());
  for (std::size_t i = 0; i < e.size(); ++i)
    made[i] = absent(e[i]) ? no_node
                           : push({.op = Op::div,
                                   .format = format_of(role),
                                   .nonzero_divisor = positive,
                                   .a = e[i],
                                   .b = z[0]},
                                  site(where, i));
  return made;
}

Recorder::Entries Recorder::max(const Entries& x, std::uint8_t format, const Place& where) {
  const Entries all = present(x);
  // The maximum of one number is that number, where it is none that a max would stop at.
  if (folder_ && all.size() == 1 && Spans::keeps(program_.formats[program_.nodes[all[0]].format])) return all;
  const OperandList terms = list(all);
  return {push({.op = Op::max, .format = format, .a = terms.offset, .c = terms.count}, site(where, 0))};
}

Recorder::Entries Recorder::sum(const Entries& x, Role role, const Place& where) {
  const OperandList terms = list(present(x));
  const NodeId total = push({.op = Op::sum,
                             .format = format_of(role),
                             .reduction = sum_reduction_,
                             .a = terms.offset,
                             .c = terms.count},
                            site(where, 0));
  note_total(terms, total);
  return {total};
}

Recorder::Entries Recorder::running_max(const Entries& x, bool forward, Role role, const Place& where) {
  Entries made(x.size());
  NodeId seen = member_node(Value::zero(), format_of(role));
  for (std::size_t step = 0; step < x.size(); ++step) {
    const std::size_t j = forward ? step : x.size() - 1 - step;
    made[j] = seen;
    seen = step == 0 ? x[j] : max({x[j], seen}, format_of(role), where)[0];
  }
  return made;
}

NodeId Recorder::arg_max(const Entries& x, const Place& where) {
  const OperandList terms = list(x);
  return push({.op = Op::arg_max, .format = format_of(Role::logits), .a = terms.offset, .c = terms.count},
              site(where, 0));
}

Recorder::Entries Recorder::slice(const Entries& x, int first, int count, int stride) {
  Entries made;
  for (int i = 0; i < count; ++i) made.push_back(x[static_cast<std::size_t>(first + i * stride)]);
  return made;
}

Recorder::Entries Recorder::interleave(const Entries& x, const Entries& y) {
  Entries made;
  for (std::size_t i = 0; i < x.size(); ++i) made.push_back(x[i]), made.push_back(y[i]);
  return made;
}

Recorder::Entries Recorder::join(const std::vector<Entries>& parts) {
  Entries made;
  for (const Entries& part : parts) made.insert(made.end(), part.begin(), part.end());
  return made;
}

Recorder::Embedding Recorder::embedding(const Matrix& matrix) {
  const auto first = static_cast<int>(program_.tables.size());
  for (int r = 0; r < matrix.columns(); ++r) {
    std::vector<Value> table;
    for (int token = 0; token < program_.shape.vocabulary; ++token)
      table.push_back(loaded(matrix.at(token, r), Role::weights,
                             static_cast<std::uint64_t>(token) << 20 | static_cast<std::uint64_t>(r)));
    program_.tables.push_back(std::move(table));
  }
  return first;
}

Recorder::Entries Recorder::embed(Embedding table, const Place& where) {
  Entries made;
  for (auto t = static_cast<std::size_t>(table); t < program_.tables.size(); ++t)
    made.push_back(push({.op = Op::embed,
                         .format = format_of(Role::weights),
                         .a = static_cast<std::uint32_t>(position_),
                         .b = static_cast<std::uint32_t>(t)},
                        site(where, made.size())));
  return made;
}

Recorder::Entries Recorder::position_row(const Matrix& table) {
  Entries made;
  const int row = position_ % table.rows();  // another one than position_ where they are periodic
  for (int r = 0; r < table.columns(); ++r) {
    const std::uint64_t place =
        1ULL << 62 | static_cast<std::uint64_t>(row) << 20 | static_cast<std::uint64_t>(r);
    made.push_back(weight(table.at(row, r), Role::weights, place));
  }
  return made;
}

RecordedMemory Recorder::memory(int groups, int, int d_v) {
  RecordedMemory memory{groups, d_v, {}, {}};
  const auto positions = static_cast<std::size_t>(program_.shape.positions());
  for (int t = 0; t < groups * d_v; ++t) memory.values.push_back(open_list(positions).offset);
  return memory;
}

void Recorder::keep_key(Memory& memory, int group, const Entries& key) {
  memory.keys.resize(static_cast<std::size_t>((position_ + 1) * memory.groups));
  memory.keys[static_cast<std::size_t>(position_ * memory.groups + group)] = list(key);
}

void Recorder::keep_value(Memory& memory, int group, const Entries& value) {
  for (std::size_t t = 0; t < value.size(); ++t)
    program_.operands[memory.values[static_cast<std::size_t>(group * memory.d_v) + t] +
                      static_cast<std::uint32_t>(position_)] = value[t];
}

NodeId Recorder::dot(OperandList x, OperandList y, Role role, const Site& where) {
  const bool converts = !same_format(Role::accumulators, role);
  const NodeId value = push({.op = Op::dot,
                             .format = format_of(Role::accumulators),
                             .reduction = dot_reduction_,
                             .a = x.offset,
                             .b = y.offset,
                             .c = x.count},
                            converts ? inner(where) : where);
  return converted(value, Role::accumulators, role, where);
}

NodeId Recorder::converted(NodeId a, Role from, Role to, const Site& where) {
  return same_format(from, to) ? a : push({.op = Op::round, .format = format_of(to), .a = a}, where);
}

RecordedLinear Recorder::prepare(const Linear& map, bool in_layer) {
  if (in_layer && weight_quantiser_ && !exact_weights_)
    return prepare({quantised(map.weight, *weight_quantiser_, policy_[Role::weights]), map.bias}, false);
  RecordedLinear prepared;
  prepared.columns = static_cast<std::size_t>(map.weight.columns());
  const std::uint64_t matrix = ++matrices_;
  const NodeId zero = weight(Value::zero(), Role::weights, 0);
  for (int r = 0; r < map.weight.rows(); ++r) {
    const std::uint64_t place = matrix << 40 | static_cast<std::uint64_t>(r) << 20;
    std::vector<NodeId> row;
    if (skip_zero_) {
      std::vector<std::uint32_t> kept;
      const auto& entries = map.weight.row(r);
      if (after_start_ && (entries.empty() || entries.front().column != 0)) {
        row.push_back(zero);
        kept.push_back(0);
      }
      for (const auto& entry : entries) {
        const NodeId w = weight(entry.value, Role::weights, place | entry.column);
        if (w == zero && !(after_start_ && entry.column == 0)) continue;
        row.push_back(w);
        kept.push_back(entry.column);
      }
      prepared.kept.push_back(std::move(kept));
    } else {
      row.assign(static_cast<std::size_t>(map.weight.columns()), zero);
      for (const auto& entry : map.weight.row(r))
        row[entry.column] = weight(entry.value, Role::weights, place | entry.column);
    }
    prepared.rows.push_back(list(row));
  }
  if (map.bias)
    for (std::size_t r = 0; r < map.bias->size(); ++r)
      prepared.bias.push_back(weight((*map.bias)[r], Role::weights, matrix << 40 | 1ULL << 39 | r));
  return prepared;
}

// Whether the first product of a row is a known number other than -0.
bool Recorder::starts_sum(NodeId w, NodeId x) const {
  const Node &left = program_.nodes[w], &right = program_.nodes[x];
  if (left.op != Op::constant || right.op != Op::constant) return false;
  const Value& value = program_.constants[right.a];
  if (!value.is_finite() || value.is_zero()) return false;
  const Value product = formats::mul(program_.constants[left.a], value, policy_[Role::accumulators]).value;
  return !product.is_zero() || !product.negative;
}

std::vector<NodeId> Recorder::apply(RecordedLinear& map, const std::vector<NodeId>& x, Role role,
                                    SiteName name, bool inner_step) {
  const Place place = Place::entries(name).before(inner_step);
  const OperandList all = skip_zero_ ? OperandList{} : list(x);
  const bool biased = !map.bias.empty();
  const auto known = [&](std::size_t r) {
    return std::all_of(map.kept[r].begin(), map.kept[r].end(),
                       [&](std::uint32_t c) { return x[c] == map.last_x[c]; });
  };
  std::vector<NodeId> y;
  y.reserve(map.rows.size());
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    const bool whole = after_start_ && !starts_sum(program_.operands[map.rows[r].offset], x[0]);
    if (skip_zero_ && !whole && !map.last_y.empty() && known(r)) {
      y.push_back(map.last_y[r]);
      continue;
    }
    const Site where = site(place, r);
    OperandList row = map.rows[r], terms = all;
    if (skip_zero_) {
      std::vector<NodeId> chosen;
      if (whole) {
        std::vector<NodeId> dense(map.columns, weight(Value::zero(), Role::weights, 0));
        for (std::size_t j = 0; j < map.kept[r].size(); ++j)
          dense[map.kept[r][j]] = program_.operands[row.offset + j];
        row = list(dense);
        chosen = x;
      } else {
        for (std::uint32_t c : map.kept[r]) chosen.push_back(x[c]);
      }
      if (chosen.empty()) {  // a row of zeros: one product 0 * 0 stands for all of them
        chosen.push_back(weight(Value::zero(), Role::weights, 0));
        row = list(chosen);
      }
      terms = list(chosen);
    }
    NodeId value = dot(row, terms, Role::accumulators,
                       biased || !same_format(Role::accumulators, role) ? inner(where) : where);
    if (biased)
      value = push({.op = Op::add, .format = format_of(Role::accumulators), .a = value, .b = map.bias[r]},
                   same_format(Role::accumulators, role) ? where : inner(where));
    y.push_back(converted(value, Role::accumulators, role, where));
  }
  if (folder_) map.last_x = x, map.last_y = y;
  return y;
}

}  // namespace roundoff::sim
