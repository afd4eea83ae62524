// Dots of two vectors of diagrams.
//
// A query and a key are two vectors, and their product a function of two values: which vector stands on either
// side. With the diagrams of a side as one diagram of tuples the dot is one application, in the dot's own
// order, and no partial sum needs a diagram. A side is made once and serves all dots that it stands in.
//
// Of every node of a side the spans of its entries are known (sim/program/spans.hpp), and so a span that the
// product below two nodes lies in. Where that is one value it is the product there; and where it lies so far
// below a floor that the score counts nothing, it is no score (Floor), and nothing below is looked at: of two
// names that are compared, n^2 pairs differ in ways that nobody asks for.
#include "analyzer/diagrams/products.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace roundoff::analyzer::diagrams {

// Null where the entries take too many values together. Refs are those of a diagram that lives until the next
// collection.
const Interpreter::Side* Interpreter::side(const std::vector<std::pair<Ref, std::uint8_t>>& parts) {
  if (sides_at_ != manager_.collections()) sides_.clear();
  sides_at_ = manager_.collections();
  const auto [found, fresh] = sides_.try_emplace(parts);
  if (!fresh) return found->second.get();
  Ref tuple = parts[0].first;
  try {
    std::size_t largest = 0;
    for (const auto& [f, format] : parts) largest = std::max(largest, manager_.size(f));
    const Manager::Bound bound(manager_, 4 * largest * parts.size() + 64);
    for (std::size_t k = 1; k < parts.size(); ++k) tuple = algebra_.pair(tuple, parts[k].first);
  } catch (const TooLarge&) {
    return nullptr;
  } catch (...) {
    sides_.erase(found);
    throw;
  }
  auto side = std::make_unique<Side>();
  side->tuple = tuple;
  const std::size_t width = parts.size();
  for (const auto& [f, format] : parts) side->parts.push_back(f);
  for (const Ref node : manager_.postorder(tuple)) {
    side->row.emplace(node, side->spans.size());
    if (manager_.is_terminal(node)) {
      Id rest = manager_.id(node);
      std::vector<Id> entries(width, Scalars::trap);
      if (rest != Scalars::trap) {
        for (std::size_t k = width; k-- > 1;) std::tie(rest, entries[k]) = algebra_.scalars().parts(rest);
        entries[0] = rest;
      }
      for (std::size_t k = 0; k < width; ++k)
        side->spans.push_back(Scalars::special(entries[k])
                                  ? sim::Span{}
                                  : spans_.point(algebra_.scalars().value(entries[k]), parts[k].second));
      continue;
    }
    for (std::size_t k = 0; k < width; ++k) {
      sim::Span all = side->of(manager_.child(node, 0))[k];
      for (std::uint32_t v = 1; v < manager_.arity(manager_.level(node)) && all.known(); ++v) {
        const sim::Span& one = side->of(manager_.child(node, v))[k];
        all = one.known() ? sim::Span{std::min(all.low, one.low), std::max(all.high, one.high)} : one;
      }
      side->spans.push_back(all);
    }
  }
  found->second = std::move(side);
  return found->second.get();
}

// Nothing where there are no two sides, or a side has too many tuples. The factors of the terms are computed,
// and no collection comes in between (Manager::Pause).
std::optional<Interpreter::TwoSides> Interpreter::two_sides(const Node& node,
                                                            const std::vector<std::size_t>& kept) {
  const Reduction& reduction = program_.reductions[node.reduction];
  if (reduction.mode != DotMode::rounded || reduction.order.kind != SumOrder::sequential) return {};
  TwoSides dot;
  dot.format = node.format;
  dot.bounded = sim::Spans::keeps(program_.formats[node.format]);
  std::vector<std::pair<Ref, std::uint8_t>> parts[2];
  for (const std::size_t j : kept) {
    TwoSides::Term& term = dot.terms.emplace_back();
    const NodeId factors[2] = {program_.operands[node.a + j], program_.operands[node.b + j]};
    for (std::size_t at = 0; at < 2; ++at) {
      const Ref f = values_[factors[at]];
      TwoSides::Factor& factor = term.factors[at];
      const std::uint8_t format = program_.nodes[factors[at]].format;
      term.quantum += program_.formats[format].quantum;
      dot.bounded = dot.bounded && sim::Spans::keeps(program_.formats[format]);
      if (manager_.is_terminal(f)) {
        factor.constant = true;
        factor.id = manager_.id(f);
        if (dot.bounded && !Scalars::special(factor.id))
          factor.span = spans_.point(algebra_.scalars().value(factor.id), format);
        continue;
      }
      const std::pair<Ref, std::uint8_t> part{f, format};
      const auto found = std::find(parts[at].begin(), parts[at].end(), part);
      factor.place = static_cast<std::size_t>(found - parts[at].begin());
      if (found == parts[at].end()) parts[at].push_back(part);
    }
  }
  if (parts[0].empty() || parts[1].empty()) return {};
  for (std::size_t at = 0; at < 2; ++at)
    if (!(dot.sides[at] = side(parts[at]))) return {};
  return dot;
}

// The dot where the sides' entries are these: by definition.
Id Interpreter::product_at(const TwoSides& dot, const std::vector<Id> (&entries)[2]) {
  Scalars& scalars = algebra_.scalars();
  const std::uint32_t times = code(Operation::mul, dot.format), plus = code(Operation::add, dot.format);
  Id total = Scalars::trap;
  for (std::size_t j = 0; j < dot.terms.size(); ++j) {
    Id factors[2];
    for (std::size_t at = 0; at < 2; ++at) {
      const TwoSides::Factor& factor = dot.terms[j].factors[at];
      factors[at] = factor.constant ? factor.id : entries[at][factor.place];
    }
    const Id term = scalars.compute(times, factors[0], factors[1]);
    total = j == 0 ? term : scalars.compute(plus, total, term);
  }
  return total;
}

Ref Interpreter::product(const TwoSides& dot, const Floor* floor) {
  Scalars& scalars = algebra_.scalars();
  std::vector<Id> entries[2];
  std::unordered_map<std::uint64_t, Id> known;
  const auto at = [&](Id x, Id y) {
    const auto [found, fresh] = known.try_emplace(std::uint64_t{x} << 32 | y);
    if (!fresh) return found->second;
    const Id tuple[2] = {x, y};
    Id result = Scalars::trap;
    if (x != Scalars::trap && y != Scalars::trap) {
      for (std::size_t side = 0; side < 2; ++side) {
        entries[side].resize(dot.sides[side]->parts.size());
        Id rest = tuple[side];
        for (std::size_t k = entries[side].size(); k-- > 1;)
          std::tie(rest, entries[side][k]) = scalars.parts(rest);
        entries[side][0] = rest;
      }
      result = product_at(dot, entries);
      if (floor && !Scalars::special(result) && scalars.vanishes(floor->exp, result, floor->score))
        result = floor->nothing;
    }
    return found->second = result;
  };
  // The product below two nodes, where it is one value or counts nothing.
  const auto settled = [&](Ref f, Ref g) {
    if (!dot.bounded) return no_ref;
    const sim::Span* spans[2] = {dot.sides[0]->of(f), dot.sides[1]->of(g)};
    sim::Span total;
    for (std::size_t j = 0; j < dot.terms.size(); ++j) {
      const TwoSides::Term& term = dot.terms[j];
      const auto span = [&](std::size_t side) -> const sim::Span& {
        const TwoSides::Factor& factor = term.factors[side];
        return factor.constant ? factor.span : spans[side][factor.place];
      };
      if (!span(0).known() || !span(1).known()) return no_ref;
      const sim::Span one = spans_.product(span(0), span(1), term.quantum, dot.format);
      total = j == 0 ? one : spans_.sum(total, one, dot.format);
    }
    if (floor && total.high <= floor->below) return manager_.terminal(floor->nothing);
    return total.single() ? algebra_.constant(spans_.value(total.low, dot.format)) : no_ref;
  };
  struct Both {
    std::uint32_t code;
    bool commutes;
    const decltype(at)& evaluate;
    const decltype(settled)& settle;
    Id operator()(Id x, Id y) const { return evaluate(x, y); }
    Ref shortcut(Ref f, Ref g) const { return settle(f, g); }
  };
  return manager_.apply(Both{manager_.fresh_code(), false, at, settled}, dot.sides[0]->tuple,
                        dot.sides[1]->tuple);
}

}  // namespace roundoff::analyzer::diagrams
