// Bit means: a weighted mean of bits is a count.
//
// Attention that copies a bit computes o = sum_j rnd(a_j v_j) with a_j = rnd(e_j r), r = rnd(1/Z), e_j in {0,
// 1} and v_j in {0, w}: as many operations as keys, each rounded, and where the weights are no powers of two
// nothing is exact. But all terms that are not zero are one number t = rnd(rnd(r) w), so that o is a function
// of r and of how many there are: c = sum_j e_j v_j, w times that count, which is exact. The function is a
// table over (Z, c).
//
// Exactness. In index order s + 0 = s and 0 + t = t on bits, since no term is -0 (r, w and the bits are not
// below zero nor -0); so o is t added to itself count - 1 times, each time rounded, which the table computes
// by the reference arithmetic. The order is sequential and products are rounded. Where every vote is counted
// in Z = sum_i k_i e_i (e_j as often as in the dot), the count is at most Z, and the table has only those
// entries.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "formats/error.hpp"
#include "sim/passes/domains.hpp"
#include "sim/passes/exactness.hpp"
#include "sim/passes/places.hpp"
#include "sim/passes/registry.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::sim {

namespace {

constexpr std::uint32_t few_places = 1024;

class Votes {
 public:
  explicit Votes(const Analysed& from)
      : old_(from.program()), to_(old_), ranges_(from.ranges()), domains_(old_, ranges_) {}

  Rewritten run() {
    for (NodeId id = 0; id < old_.nodes.size(); ++id)
      if (!counted(id)) to_.copy(id);
    return std::move(to_).finish();
  }

 private:
  struct Ballot {
    NodeId share = no_node;            // r
    NodeId total = no_node;            // Z, where r is a function of it
    std::uint8_t product_format = 0;   // of a_j
    Value weight;                      // w
    std::vector<NodeId> bits, values;  // e_j, v_j
  };

  bool is_bit(NodeId id) const {
    const Range& range = ranges_[id];
    return range.finite() && range.quantum >= 0 && !range.minus_zero &&
           compare(range.low, Value::zero()) >= 0 && compare(range.high, Value::integer(1)) <= 0;
  }
  bool never_negative(NodeId id) const {
    const Range& range = ranges_[id];
    return range.finite() && !range.minus_zero && compare(range.low, Value::zero()) >= 0;
  }

  std::optional<Ballot> read(const Node& node) {
    const Reduction& reduction = old_.reductions[node.reduction];
    if (reduction.order.kind != SumOrder::sequential || reduction.mode != DotMode::rounded) return {};
    Ballot ballot;
    const auto x = old_.list(node.a, node.c), y = old_.list(node.b, node.c);
    for (std::uint32_t j = 0; j < node.c; ++j)
      if (!vote(ballot, x[j], y[j]) && !vote(ballot, y[j], x[j])) return {};
    const Node& share = old_.nodes[ballot.share];
    if (share.op == Op::table)
      ballot.total = share.a;
    else if (share.op == Op::div && old_.nodes[share.a].op == Op::constant)
      ballot.total = share.b;
    else
      return {};
    return ballot;
  }
  // One term, `weight` perhaps e * r and `value` perhaps v.
  bool vote(Ballot& ballot, NodeId weight, NodeId value) {
    const Node& product = old_.nodes[weight];
    if (product.op != Op::mul) return false;
    for (const auto& [bit, share] : {std::pair(product.a, product.b), std::pair(product.b, product.a)}) {
      if (!is_bit(bit) || !never_negative(share) || old_.nodes[share].op == Op::constant) continue;
      if (ballot.share != no_node && (share != ballot.share || product.format != ballot.product_format))
        continue;
      for (const Value& one : domains_.of(value)) {
        if (one.is_zero()) continue;
        if (one.negative || (!ballot.weight.is_zero() && one != ballot.weight)) return false;
        ballot.weight = one;
      }
      if (domains_.of(value).empty() || ranges_[weight].traps) return false;
      ballot.share = share;
      ballot.product_format = product.format;
      ballot.bits.push_back(bit);
      ballot.values.push_back(value);
      return true;
    }
    return false;
  }

  // Whether Z counts every bit as often as the dot does.
  bool all_counted(const Ballot& ballot) const {
    const Node& total = old_.nodes[ballot.total];
    if (total.op != Op::sum || !(total.exact || ranges_[ballot.total].exact)) return false;
    std::unordered_map<NodeId, std::int64_t> left;
    for (NodeId term : old_.list(total.a, total.c)) {
      if (is_bit(term)) ++left[term];
      const Node& f = old_.nodes[term];
      if (f.op == Op::table && is_bit(f.a)) {  // k e
        const Value* none = mapped(old_.maps[f.b], Value::zero());
        const Value* some = mapped(old_.maps[f.b], Value::integer(1));
        if (none && some && none->is_zero())
          if (const auto k = steps(*some, 0)) left[f.a] += static_cast<std::int64_t>(*k);
      }
      if (!never_negative(term)) return false;
    }
    return std::all_of(ballot.bits.begin(), ballot.bits.end(), [&](NodeId bit) { return --left[bit] >= 0; });
  }

  Value share_of(const Node& share, const Value& total) const {
    if (share.op == Op::table) {
      const Value* found = mapped(old_.maps[share.b], total);
      return found ? *found : Value::nan();
    }
    return div(old_.constants[old_.nodes[share.a].a], total, old_.formats[share.format]).value;
  }

  // t added to itself: of[c] is the result of c votes, for all c up to `unlike` rnd(r c w).
  struct Sums {
    std::vector<Value> of{Value::zero()};
    Value many = Value::zero();
    std::size_t unlike = static_cast<std::size_t>(-1);
  };
  const Sums& sums_of(const Value& r, std::size_t most, const Ballot& ballot, std::uint8_t in) {
    auto known = std::find_if(sums_.begin(), sums_.end(), [&](const Known& one) {
      return one.weight == ballot.weight && one.product_format == ballot.product_format && one.format == in;
    });
    if (known == sums_.end()) known = sums_.insert(known, {ballot.weight, ballot.product_format, in, {}});
    Sums& sums = known->by_share[r];
    const Format& format = old_.formats[in];
    const Value t = mul(round(r, old_.formats[ballot.product_format]).value, ballot.weight, format).value;
    while (sums.of.size() <= most) {
      const std::size_t votes = sums.of.size();
      sums.of.push_back(votes == 1 ? t : add(sums.of.back(), t, format).value);
      sums.many = add(sums.many, ballot.weight, format).value;
      if (votes < sums.unlike && mul(r, sums.many, format).value != sums.of.back()) sums.unlike = votes;
    }
    return sums;
  }

  bool counted(NodeId id) {
    const Node& node = old_.nodes[id];
    if (node.op != Op::dot || node.c < 2) return false;
    const auto ballot = read(node);
    if (!ballot || ballot->weight.is_zero() || ranges_[id].traps) return false;
    const Format& format = old_.formats[node.format];
    Exactness count(format);
    for (std::size_t j = 0; j < ballot->bits.size(); ++j)
      count.product(ranges_[ballot->bits[j]], ranges_[ballot->values[j]]);
    const Domain totals = domains_.of(ballot->total);
    if (!count.holds() || totals.empty() || !on_small_grid(totals, most_places)) return false;
    // The table: for every Z, the places of counts 0 .. most. Where it would be large, and every entry is
    // rnd(r c), the product of r and c w will do.
    bool product = ballot->product_format == node.format && old_.nodes[ballot->share].format == node.format;
    const bool bounded = all_counted(*ballot);
    const Node& share = old_.nodes[ballot->share];
    std::vector<std::pair<Value, Value>> firsts, results;
    std::uint32_t places = 0;
    std::size_t most_votes = 0;
    for (const Value& total : totals) {
      std::size_t most = ballot->bits.size();
      if (const auto z = steps(total, 0); bounded && z) {
        if (*z < 0) continue;
        most = std::min(most, static_cast<std::size_t>(*z));
      }
      firsts.emplace_back(total, place_value(places));
      try {
        const Value r = share_of(share, total);
        if (!r.is_finite()) return false;
        const Sums& sums = sums_of(r, most, *ballot, node.format);
        product = product && most < sums.unlike;
        if (places + most + 1 > most_places && !product) return false;
        for (std::size_t votes = 0; votes <= most; ++votes) {
          if (!sums.of[votes].is_finite()) return false;
          if (places++ < most_places) results.emplace_back(place_value(places - 1), sums.of[votes]);
        }
      } catch (const Trap&) {
        return false;
      }
      most_votes = std::max(most_votes, most);
    }
    const NodeId votes = write_count(id, *ballot);
    if (product && places > few_places) {
      Node scaled{.op = Op::mul, .format = node.format, .a = to_.of(ballot->share), .b = votes};
      scaled.never_traps = true;
      to_.set(id, to_.push(scaled, old_.sites[id]));
    } else if (places <= most_places)
      write_table(id, *ballot, votes, std::move(firsts), std::move(results), most_votes);
    else
      return false;
    return true;
  }

  Site inner_site(NodeId id) const {
    Site site = old_.sites[id];
    site.inner = true;
    return site;
  }
  NodeId write_count(NodeId id, const Ballot& ballot) {
    std::vector<NodeId> bits, values;
    for (NodeId bit : ballot.bits) bits.push_back(to_.of(bit));
    for (NodeId value : ballot.values) values.push_back(to_.of(value));
    Node count = old_.nodes[id];
    count.a = to_.list(bits);
    count.b = to_.list(values);
    count.never_traps = count.exact = true;
    return to_.push(count, inner_site(id));
  }
  void write_table(NodeId id, const Ballot& ballot, NodeId votes, std::vector<std::pair<Value, Value>> firsts,
                   std::vector<std::pair<Value, Value>> results, std::size_t most_votes) {
    const Node& node = old_.nodes[id];
    const Site site = inner_site(id);
    std::vector<std::pair<Value, Value>> each;
    Value sum = Value::zero();
    const Format& format = old_.formats[node.format];
    for (std::uint32_t v = 0; v <= most_votes; ++v) {
      each.emplace_back(sum, place_value(v));
      sum = add(sum, ballot.weight, format).value;
    }
    const std::uint8_t places = to_.format(place_format(old_));
    const auto table = [&](NodeId of, std::vector<std::pair<Value, Value>> map, std::uint8_t in) {
      return to_.push({.op = Op::table, .format = in, .a = of, .b = to_.map(std::move(map))}, site);
    };
    Node place{.op = Op::add, .format = places};
    place.a = table(to_.of(ballot.total), std::move(firsts), places);
    place.b = table(votes, std::move(each), places);
    place.never_traps = place.exact = true;
    const NodeId index = to_.push(place, site);
    const NodeId result = table(index, std::move(results), node.format);
    to_.set(id, result);
  }
  Value place_value(std::uint32_t place) const { return sim::place_value(old_, place); }

  const Program& old_;
  Rewriter to_;
  const std::vector<Range>& ranges_;
  Domains domains_;
  struct Known {
    Value weight;
    std::uint8_t product_format, format;
    std::unordered_map<Value, Sums> by_share;
  };
  std::vector<Known> sums_;
};

}  // namespace

Rewritten count_bits_of_means(const Analysed& from) { return Votes(from).run(); }

}  // namespace roundoff::sim
