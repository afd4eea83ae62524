// Attention while folding: keys whose weight is 0 for every input are not recorded, and what softmax's differences
// and denominators can be is noted.
//
// With L the largest of the scores' lower bounds, max s >= L. Where s_j < L and rnd(exp(rnd(s_j - L))) = 0 for the
// greatest value of s_j, e_j is no more than that, by monotony, so e_j = 0 and the weight rnd(e_j / Z) = 0; and the
// maximum is another key's. Terms that are 0 change neither Z nor the head's sums where zero weights may be left
// out of sums (`zero_weights_exact`). Nothing in it can trap (Spans::keeps), and Z > 0.
#include <algorithm>
#include <limits>

#include "sim/program/recorder.hpp"

namespace roundoff::sim {

Recorder::Entries Recorder::present(const Entries& x) {
  Entries found = x;
  std::erase(found, no_node);
  return found;
}

bool Recorder::zero_keys_change_nothing(const Policy& policy) const {
  const Role roles[] = {Role::activations, Role::cache, Role::accumulators, Role::scores, Role::softmax};
  return std::all_of(std::begin(roles), std::end(roles),
                     [&](Role role) { return Spans::keeps(policy[role]); }) &&
         zero_weights_exact(policy[Role::softmax], program_.reductions[sum_reduction_]) &&
         zero_weights_exact(policy[Role::accumulators], program_.reductions[dot_reduction_]);
}

std::vector<bool> Recorder::contenders(const Memory& memory, int group, OperandList query, Role role) {
  const auto count = static_cast<std::size_t>(visible());
  std::vector<bool> kept(count, true);
  if (!memory.plain_softmax || !zero_keys_go_) return kept;
  const std::uint8_t formed = format_of(Role::accumulators), scores = format_of(role),
                     softmax = format_of(Role::softmax);
  std::vector<Span> spans;
  Span floor;
  const auto first = static_cast<std::size_t>(first_visible());
  for (std::size_t j = 0; j < count; ++j) {
    const OperandList key =
        memory.keys[(first + j) * static_cast<std::size_t>(memory.groups) + static_cast<std::size_t>(group)];
    Span span = spans_.dot(program_.list(query.offset, query.count), program_.list(key.offset, key.count),
                           program_.reductions[dot_reduction_], formed);
    if (formed != scores) span = spans_.round(span, formed, scores);
    if (!floor.known() || span.low > floor.low) floor = {span.low, span.low};
    spans.push_back(span);
  }
  for (std::size_t j = 0; j < count; ++j) {
    const std::int64_t most = spans[j].high;
    if (most >= floor.low) continue;
    const Span below = spans_.difference({most, most}, floor, scores, softmax);
    const Span e = spans_.applied(Function::exp, {below.high, below.high}, softmax, softmax);
    kept[j] = !e.known() || e.high != 0;
  }
  return kept;
}

Recorder::Entries Recorder::scores(const Memory& memory, int group, const Entries& query, Role role,
                                   const Place& where) {
  const OperandList q = list(query);
  const std::vector<bool> kept = contenders(memory, group, q, role);
  Entries made;
  const auto first = static_cast<std::size_t>(first_visible());
  for (std::size_t j = 0; j < kept.size(); ++j) {
    const OperandList key =
        memory.keys[(first + j) * static_cast<std::size_t>(memory.groups) + static_cast<std::size_t>(group)];
    made.push_back(kept[j] ? dot(q, key, role, site(where, j)) : no_node);
  }
  return made;
}

Recorder::Entries Recorder::mix(const Memory& memory, int group, const Entries& weights, Role role,
                                const Place& where) {
  const Entries left = present(weights);
  const OperandList a = list(left);
  Entries made;
  for (int t = 0; t < memory.d_v; ++t) {
    OperandList v{memory.values[static_cast<std::size_t>(group * memory.d_v + t)] +
                      static_cast<std::uint32_t>(first_visible()),
                  a.count};
    if (folder_) {  // as every list, so that equal sums are seen to be equal
      Entries chosen;
      for (std::size_t j = 0; j < weights.size(); ++j)
        if (!absent(weights[j])) chosen.push_back(program_.operands[v.offset + j]);
      v = list(chosen);
    }
    made.push_back(dot(a, v, role, site(where, static_cast<std::size_t>(t))));
  }
  return made;
}

void Recorder::note_differences(const Entries& scores, NodeId largest, const Entries& differences) {
  if (!folder_ || program_.nodes[largest].op != Op::max) return;
  const Node& max = program_.nodes[largest];
  const Entries all = present(scores);
  const auto list = program_.list(max.a, max.c);
  if (!std::equal(all.begin(), all.end(), list.begin(), list.end())) return;
  for (const NodeId difference : differences)
    if (!absent(difference)) spans_.narrow(difference, {std::numeric_limits<std::int64_t>::min(), 0});
}

void Recorder::note_total(OperandList terms, NodeId total) {
  if (!folder_ || terms.count == 0 || program_.reductions[sum_reduction_].order.kind == SumOrder::wide)
    return;
  const auto& nodes = program_.nodes;
  NodeId largest = no_node;
  Entries scores;
  for (const NodeId term : program_.list(terms.offset, terms.count)) {
    const Node& exp = nodes[term];
    if (exp.op != Op::unary || exp.function != Function::exp || nodes[exp.a].op != Op::sub) return;
    const Node& sub = nodes[exp.a];
    if (largest != no_node && sub.b != largest) return;
    if (exp.format != nodes[total].format || sub.format != exp.format) return;
    largest = sub.b;
    scores.push_back(sub.a);
  }
  if (nodes[largest].op != Op::max) return;
  const auto list = program_.list(nodes[largest].a, nodes[largest].c);
  if (!std::equal(scores.begin(), scores.end(), list.begin(), list.end())) return;
  const std::uint8_t format = nodes[total].format;
  const Span one = spans_.applied(Function::exp, {0, 0}, format, format);
  if (one.known()) spans_.narrow(total, {one.low, std::numeric_limits<std::int64_t>::max()});
}

}  // namespace roundoff::sim
