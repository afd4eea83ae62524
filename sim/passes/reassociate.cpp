// Reassociation: where order does not matter, work is shared.
//
//  * Maxima. The maximum of numbers is associative and commutative, on bits too where no operand is NaN (the
//    node cannot trap) and none is -0 (of equal zeros the first would decide). So a maximum over a set of
//    operands may be taken of the maximum over a subset and of the rest. Causal attention asks for the
//    maximum over every prefix of the keys, or every suffix; they are computed once, each from the next
//    shorter one. A subset's operands stand before the larger maximum, whose operands they are too, so that
//    it can be computed there.
//  * Exact sums. Node::exact says that no sum of some of the terms, in any order, is rounded, overflows or is
//    -0. Then m equal terms are one term m * x: that product is a sum of some of the terms, hence a member of
//    the format. (m must be a member as well, to be written as a constant.)
//    Done in sequential, tree, blocked and exact order alike, since exact sums have one value in all of them.
//
// Sums that may saturate are left alone: there the order is the meaning.
#include <algorithm>
#include <map>

#include "sim/passes/intervals.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

constexpr std::size_t fewest_copies = 3;  // of a term, before a product is cheaper

class Reassociation {
 public:
  explicit Reassociation(const Analysed& from) : old_(from.program()), to_(old_) {
    const bool signed_zeros = std::any_of(old_.formats.begin(), old_.formats.end(),
                                          [](const Format& format) { return format.has_negative_zero; });
    if (signed_zeros) ranges_ = &from.ranges();
  }

  Rewritten run() {
    find_maxima();
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      const Node& node = old_.nodes[id];
      if (node.op == Op::max && sets_.contains(id))
        maximum(id);
      else if (!(node.op == Op::sum && node.exact && merged(id, node)))
        to_.copy(id);
    }
    return std::move(to_).finish();
  }

 private:
  using Set = std::vector<NodeId>;  // of old nodes, increasing

  // ---- maxima ----
  bool may_be_minus_zero(NodeId id) const { return ranges_ && (*ranges_)[id].minus_zero; }

  void find_maxima() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id) {
      const Node& node = old_.nodes[id];
      if (node.op != Op::max || node.c < 2 || can_trap(old_, node)) continue;
      const auto list = old_.list(node.a, node.c);
      const auto constant = [&](NodeId operand) { return old_.nodes[operand].op == Op::constant; };
      if (node.c == 2 && std::any_of(list.begin(), list.end(), constant)) continue;  // a clamp
      if (std::any_of(list.begin(), list.end(), [&](NodeId operand) { return may_be_minus_zero(operand); }))
        continue;
      Set set(list.begin(), list.end());
      std::sort(set.begin(), set.end());
      set.erase(std::unique(set.begin(), set.end()), set.end());
      by_last_[{node.format, set.back()}].push_back(id);
      by_first_[{node.format, set.front()}].push_back(id);
      sets_.emplace(id, std::move(set));
    }
  }

  // Emits the maximum after all that are over subsets of its operands. Those with the same last or the same
  // first operand are candidates: enough for suffixes and prefixes of the keys, and few.
  void maximum(NodeId id) {
    if (to_.of(id) != no_node) return;
    const Set& whole = sets_.at(id);
    std::vector<NodeId> subsets;
    const auto collect = [&](const std::vector<NodeId>& candidates) {
      for (NodeId other : candidates)
        if (to_.of(other) == no_node &&
            std::includes(whole.begin(), whole.end(), sets_.at(other).begin(), sets_.at(other).end()))
          subsets.push_back(other);
    };
    const std::uint8_t format = old_.nodes[id].format;
    collect(by_last_.at({format, whole.back()}));
    if (whole.front() != whole.back()) collect(by_first_.at({format, whole.front()}));
    std::sort(subsets.begin(), subsets.end());
    subsets.erase(std::unique(subsets.begin(), subsets.end()), subsets.end());
    std::stable_sort(subsets.begin(), subsets.end(),
                     [&](NodeId a, NodeId b) { return sets_.at(a).size() < sets_.at(b).size(); });
    for (NodeId subset : subsets) emit(subset);
  }
  void emit(NodeId id) {
    const Node& node = old_.nodes[id];
    const Set& set = sets_.at(id);
    auto &same_last = last_emitted_[{node.format, set.back()}],
         &same_first = first_emitted_[{node.format, set.front()}];
    NodeId largest = no_node;
    for (const auto* done : {&same_last, &same_first})
      for (NodeId other : *done) {
        const Set& part = sets_.at(other);
        if ((largest == no_node || part.size() > sets_.at(largest).size()) &&
            std::includes(set.begin(), set.end(), part.begin(), part.end()))
          largest = other;
      }
    same_last.push_back(id);
    same_first.push_back(id);
    std::vector<NodeId> terms;
    if (largest == no_node) {
      for (NodeId operand : set) terms.push_back(to_.of(operand));
    } else {
      Set rest;
      std::set_difference(set.begin(), set.end(), sets_.at(largest).begin(), sets_.at(largest).end(),
                          std::back_inserter(rest));
      if (rest.empty()) return to_.set(id, to_.of(largest));
      terms.push_back(to_.of(largest));
      for (NodeId operand : rest) terms.push_back(to_.of(operand));
    }
    Node shorter = node;
    shorter.a = to_.list(terms);
    shorter.c = static_cast<std::uint32_t>(terms.size());
    to_.set(id, to_.push(shorter, old_.sites[id]));
  }

  // ---- exact sums ----
  bool merged(NodeId id, const Node& node) {
    std::map<NodeId, std::size_t> copies;
    for (NodeId operand : old_.list(node.a, node.c)) ++copies[operand];
    const Format& format = old_.formats[node.format];
    std::vector<NodeId> terms;
    bool any = false;
    for (NodeId operand : old_.list(node.a, node.c)) {
      const auto found = copies.find(operand);
      if (found == copies.end()) continue;  // counted already
      const std::size_t count = found->second;
      const Value many = Value::integer(static_cast<std::int64_t>(count));
      if (count < fewest_copies || round(many, format).value != many) {
        terms.push_back(to_.of(operand));
        continue;
      }
      copies.erase(found);
      any = true;
      Node product{
          .op = Op::mul, .format = node.format, .a = to_.constant(many, node.format), .b = to_.of(operand)};
      product.never_traps = product.exact = true;
      Site site = old_.sites[id];
      site.inner = true;
      terms.push_back(to_.push(product, site));
    }
    if (!any) return false;
    if (terms.size() == 1) {
      to_.set(id, terms[0]);
      return true;
    }
    Node shorter = node;
    shorter.a = to_.list(terms);
    shorter.c = static_cast<std::uint32_t>(terms.size());
    to_.set(id, to_.push(shorter, old_.sites[id]));
    return true;
  }

  const Program& old_;
  Rewriter to_;
  const std::vector<Range>* ranges_ = nullptr;  // where some format has -0
  std::map<NodeId, Set> sets_;
  using Groups = std::map<std::pair<std::uint8_t, NodeId>, std::vector<NodeId>>;
  Groups by_last_, by_first_, last_emitted_, first_emitted_;  // by the greatest and the least operand
};

}  // namespace

Rewritten reassociate(const Analysed& from) { return Reassociation(from).run(); }

}  // namespace roundoff::sim
