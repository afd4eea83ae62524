// Keys of maxima: a maximum that tells whose it is.
//
// Hard attention asks of every key whether its score is the maximum: e_j = f(s_j - m). In an order of
// positions ("the nearest digit that ...") key j scores x_j or is shut out, and the x_j are distinct, so that
// m = x_j already says that key j has it. Then e_j is a function of m alone, and with it the weights and what they
// fetch, which the pass `tabulate` looks up.
//
// Exactness. Let x be a value of m, and S_j the domain of s_j (domains.cpp). Where x is not in S_j, s_j is
// not m, and e_j is f of something below zero, which is one number (Indicators). Where x is in S_j and in no
// other score's domain, the score that is m can only be s_j, and e_j = f(0). Where x is in two domains
// nothing is concluded. The scores are those that m is taken of, by way of other maxima or not; s_j has to be
// one of them.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "sim/passes/domains.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

constexpr std::size_t most_arguments = 1024;  // of a table over m

class Owners {
 public:
  explicit Owners(const Analysed& from)
      : old_(from.program()), to_(old_), domains_(old_, from.ranges()), indicators_(old_, from.ranges()) {}

  Rewritten run() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id)
      if (!named(id)) to_.copy(id);
    return std::move(to_).finish();
  }

 private:
  struct Contest {
    std::unordered_set<NodeId> scores;
    Domain values;                                  // of the maximum; empty: nothing is known
    std::unordered_map<Value, std::size_t> owners;  // how many scores can have it
  };

  void gather(NodeId max, std::unordered_set<NodeId>& scores) const {
    for (NodeId operand : old_.list(old_.nodes[max].a, old_.nodes[max].c))
      if (old_.nodes[operand].op == Op::max)
        gather(operand, scores);
      else
        scores.insert(operand);
  }
  const Contest& contest(NodeId max) {
    const auto [found, fresh] = contests_.try_emplace(max);
    Contest& contest = found->second;
    if (!fresh) return contest;
    const Domain& values = domains_.of(max);
    if (!on_small_grid(values, most_arguments)) return contest;
    gather(max, contest.scores);
    for (NodeId score : contest.scores)
      for (const Value& value : domains_.of(score)) ++contest.owners[value];
    contest.values = values;
    return contest;
  }

  bool named(NodeId id) {
    const Op op = old_.nodes[id].op;
    if (op != Op::table && op != Op::unary) return false;
    const auto indicator = indicators_.of(id);
    if (!indicator) return false;
    const Contest& all = contest(indicator->max);
    if (all.values.empty() || !all.scores.contains(indicator->score)) return false;
    const Domain& own = domains_.of(indicator->score);
    std::vector<std::pair<Value, Value>> map;
    for (const Value& value : all.values) {
      const bool mine = contains(own, value);
      if (mine && all.owners.at(value) > 1) return false;
      map.emplace_back(value, mine ? indicator->equal : indicator->less);
    }
    Node table{.op = Op::table, .format = old_.nodes[id].format, .a = to_.of(indicator->max)};
    table.b = to_.map(std::move(map));
    to_.set(id, to_.push(table, old_.sites[id]));
    return true;
  }

  const Program& old_;
  Rewriter to_;
  Domains domains_;
  const Indicators indicators_;
  std::unordered_map<NodeId, Contest> contests_;
};

}  // namespace

Rewritten name_maximum_keys(const Analysed& from) { return Owners(from).run(); }

}  // namespace roundoff::sim
