// The rules, each with its proof. F is the node's format; "x" as a result means the operand's own node, which
// is right only where x is a member of F already (`member`); otherwise nothing is done.
//
// Zeros. In a plain format (no -0, inf, NaN) 0 * x = 0 and s + 0 = s on bits, in every rounding mode and
// overflow rule, so that a term with a zero factor can go from any sequential sum: the partial sums after it
// stay the same. In the others let t be a term known to be a zero (a zero factor times a finite one; no other
// product is known to be one).
//   * A partial sum s that is not zero is unchanged by t, and s = +-0 plus a later x <> 0 is x whichever zero
//   s is. So
//     only the sign of a final result that is zero can change.
//   * rdn: s + (+0) = s also for s = -0 (an exact zero sum of opposite signs is -0). So a term that is +0 can
//   go.
//   * Otherwise s + (-0) = s for both zeros, so that a term that is -0 can go. And a sum that comes out as
//   zero is -0 only
//     if every term was -0 (-0 + -0); when a term that stays is never -0, it comes out as +0 with t and
//     without. So one term that is +0 can stay for all the others that are zeros.
// A product with a number of magnitude 1 or more does not underflow: it is -0 only where the other factor is
// the zero that makes it so.
// Ones. 1 * x = x for every member, -0, inf and NaN included.
#include "sim/passes/simplify.hpp"

#include <algorithm>

#include "sim/program/record.hpp"

namespace roundoff::sim {

Facts facts_of(const Format& format) {
  return {.nan = format.has_nan,
          .infinite = format.has_infinity || format.overflow == Overflow::inf,
          .minus_zero = format.has_negative_zero,
          .plus_zero = format.has_zero,
          .negative = format.lowest.negative,
          .positive = true};
}

Facts facts_of(const Value& value) {
  return {.nan = value.is_nan(),
          .infinite = value.is_infinite(),
          .minus_zero = value.is_zero() && value.negative,
          .plus_zero = value.is_zero() && !value.negative,
          .negative = !value.is_nan() && !value.is_zero() && value.negative,
          .positive = !value.is_nan() && !value.is_zero() && !value.negative};
}

namespace {

// Of a rounded product, as far as the rules need it: exact when it is a zero.
Facts product(const Facts& a, const Facts& b, const Format& format) {
  const bool a_below = a.negative || a.minus_zero, a_above = a.positive || a.plus_zero;
  const bool b_below = b.negative || b.minus_zero, b_above = b.positive || b.plus_zero;
  const bool below = (a_below && b_above) || (a_above && b_below),
             above = (a_below && b_below) || (a_above && b_above);
  if ((a.zero() && b.finite()) || (b.zero() && a.finite()))
    return {.minus_zero = below && format.has_negative_zero,
            .plus_zero = above || !format.has_negative_zero,
            .negative = false,
            .positive = false};
  return {.nan = true,
          .infinite = true,
          .minus_zero = below && format.has_negative_zero,
          .plus_zero = true,
          .negative = below,
          .positive = above};
}

class Simplifier {
 public:
  Simplifier(Rewriter& to, NodeId id, const FactSource& source)
      : to_(to),
        old_(to.old()),
        id_(id),
        node_(old_.nodes[id]),
        site_(old_.sites[id]),
        format_(old_.formats[node_.format]),
        source_(source) {}

  NodeId run() {
    NodeId result = no_node;
    switch (node_.op) {
      case Op::round:
        result = member(node_.a) ? to_.of(node_.a) : no_node;
        break;
      case Op::add:
        result = neutral(node_.a, node_.b, false);
        if (result == no_node) result = neutral(node_.b, node_.a, false);
        break;
      case Op::sub:
        result = neutral(node_.a, node_.b, true);
        break;
      case Op::mul:
        result = multiply(node_.a, node_.b);
        break;
      case Op::div:
        result = divide();
        break;
      case Op::max:
        result = largest();
        break;
      case Op::sum:
        result = sum();
        break;
      case Op::dot:
        result = dot();
        break;
      default:
        break;
    }
    if (result == no_node) return to_.copy(id_);
    to_.set(id_, result);
    return result;
  }

 private:
  Facts facts(NodeId old_node) const {
    const Value* value = to_.value(to_.of(old_node));
    return value ? facts_of(*value) : source_.of(old_node);
  }
  const Value* constant(NodeId old_node) const { return to_.value(to_.of(old_node)); }
  bool is_one(NodeId old_node) const {
    const Value* value = constant(old_node);
    return value && *value == Value::integer(1);
  }
  // Whether an operand's value is a member of F, so that rounding it changes nothing.
  bool member(NodeId old_node) const {
    return to_.built().nodes[to_.of(old_node)].format == node_.format && !format_.is_stochastic();
  }
  // Whether every term of F plus this zero is itself.
  bool absorbed(const Facts& zero) const {
    if (!zero.zero()) return false;
    if (!format_.has_negative_zero) return true;
    return format_.rounding == Rounding::rdn ? !zero.minus_zero : !zero.plus_zero;
  }

  // x + zero or x - zero
  NodeId neutral(NodeId x, NodeId zero, bool minus) const {
    if (!member(x)) return no_node;
    Facts z = facts(zero);
    if (!z.zero()) return no_node;
    if (minus) std::swap(z.minus_zero, z.plus_zero);
    const bool ok = absorbed(z) || (format_.rounding != Rounding::rdn && !facts(x).minus_zero);
    return ok ? to_.of(x) : no_node;
  }

  NodeId multiply(NodeId a, NodeId b) const {
    if (is_one(a) && member(b)) return to_.of(b);
    if (is_one(b) && member(a)) return to_.of(a);
    const Facts p = product(facts(a), facts(b), format_);
    if (p.zero() && p.minus_zero != p.plus_zero) return zero(p.minus_zero);
    return no_node;
  }
  NodeId zero(bool negative) const { return to_.constant(Value::zero(negative), node_.format); }

  // 0 / z with z known not to be zero or NaN is a zero with the product of the signs; x / 1 is x.
  NodeId divide() const {
    if (is_one(node_.b) && member(node_.a)) return to_.of(node_.a);
    const Facts x = facts(node_.a), z = facts(node_.b);
    if (!x.zero() || z.nan || !node_.nonzero_divisor) return no_node;
    const Facts p = product(x,
                            {.minus_zero = z.minus_zero,
                             .plus_zero = z.plus_zero,
                             .negative = z.negative,
                             .positive = z.positive},
                            format_);
    if (p.minus_zero != p.plus_zero) return zero(p.minus_zero);
    return no_node;
  }

  // A maximum without repetitions and without constants below another constant; NaN must still trap.
  NodeId largest() {
    std::vector<NodeId> kept;
    const Value* top = nullptr;
    bool nan = false;
    for (NodeId operand : old_.list(node_.a, node_.c)) {
      const NodeId term = to_.of(operand);
      if (std::find(kept.begin(), kept.end(), term) != kept.end()) continue;
      kept.push_back(term);
      nan = nan || facts(operand).nan;
      if (const Value* value = to_.value(term);
          value && !value->is_nan() && (!top || compare(*value, *top) > 0))
        top = value;
    }
    std::erase_if(kept, [&](NodeId term) {
      const Value* value = to_.value(term);
      return value && top && !value->is_nan() && compare(*value, *top) < 0;
    });
    if (kept.size() == 1 && !nan) return kept[0];
    if (kept.size() == node_.c) return no_node;
    Node node = node_;
    node.a = to_.list(kept);
    node.c = static_cast<std::uint32_t>(kept.size());
    return to_.push(node, site_);
  }

  // ---- sums and dots ----
  bool in_index_order() const {
    const Reduction& reduction = old_.reductions[node_.reduction];
    return reduction.order.kind == SumOrder::sequential ||
           (reduction.order.kind == SumOrder::exact && !format_.has_negative_zero);
  }
  // The sum of terms that are all zeros, where its sign is known.
  NodeId zero_sum(bool all_plus, bool some_plus, bool all_minus, bool some_minus) const {
    if (!format_.has_negative_zero) return zero(false);
    const bool down = format_.rounding == Rounding::rdn;
    if (down ? all_plus : some_plus) return zero(false);
    if (down ? some_minus : all_minus) return zero(true);
    return no_node;
  }

  // Which terms stay. Fills `stays`, and returns the node of the sum when all are zeros of known signs.
  template <class Term>
  NodeId choose(std::vector<bool>& stays, const Term& term) const {
    stays.assign(node_.c, true);
    bool anchored = false;  // some term that stays is never -0
    bool all_zero = true, all_plus = true, some_plus = false, all_minus = true, some_minus = false,
         any = false;
    for (std::uint32_t j = 0; j < node_.c; ++j) {
      const Facts t = term(j);
      if (t.zero()) {
        any = true;
        all_plus = all_plus && !t.minus_zero;
        some_plus = some_plus || !t.minus_zero;
        all_minus = all_minus && !t.plus_zero;
        some_minus = some_minus || !t.plus_zero;
        if (absorbed(t)) stays[j] = false;
      } else {
        all_zero = false;
        anchored = anchored || !t.minus_zero;
      }
    }
    if (all_zero) {
      stays.assign(node_.c, true);
      return zero_sum(all_plus, some_plus, all_minus, some_minus);
    }
    if (any && format_.rounding != Rounding::rdn && (anchored || some_plus)) {
      // without a term that is never -0 and not a zero, one that is always +0 stays and does the same
      bool anchor = anchored;
      for (std::uint32_t j = 0; j < node_.c; ++j) {
        if (!stays[j]) continue;
        const Facts t = term(j);
        if (!t.zero()) continue;
        stays[j] = !anchor && !t.minus_zero;
        anchor = anchor || stays[j];
      }
    }
    return no_node;
  }

  NodeId sum() const {
    if (!in_index_order() || format_.is_stochastic()) return no_node;
    const auto terms = old_.list(node_.a, node_.c);
    std::vector<bool> stays;
    const NodeId zeros = choose(stays, [&](std::uint32_t j) { return facts(terms[j]); });
    if (zeros != no_node) return zeros;
    std::vector<NodeId> kept;
    for (std::uint32_t j = 0; j < node_.c; ++j)
      if (stays[j]) kept.push_back(to_.of(terms[j]));
    if (kept.size() == 1 && to_.built().nodes[kept[0]].format == node_.format) return kept[0];
    if (kept.size() == node_.c) return no_node;
    Node node = node_;
    node.a = to_.list(kept);
    node.c = static_cast<std::uint32_t>(kept.size());
    return to_.push(node, site_);
  }

  Facts product_of(NodeId a, NodeId b) const {
    const Facts x = facts(a), y = facts(b);
    Facts p = product(x, y, format_);
    const Value one = Value::integer(1), minus_one = Value::integer(-1);
    for (const auto& [factor, other] : {std::pair(constant(a), &y), std::pair(constant(b), &x)}) {
      if (!factor || !factor->is_finite() || p.zero()) continue;
      if (compare(*factor, one) >= 0) p.minus_zero = other->minus_zero;
      if (compare(*factor, minus_one) <= 0) p.minus_zero = other->plus_zero && format_.has_negative_zero;
    }
    return p;
  }

  NodeId dot() const {
    if (!in_index_order() || format_.is_stochastic()) return no_node;
    const Reduction& reduction = old_.reductions[node_.reduction];
    if (reduction.mode == DotMode::exact_dot && format_.has_negative_zero) return no_node;
    const auto x = old_.list(node_.a, node_.c), y = old_.list(node_.b, node_.c);
    std::vector<bool> stays;
    const NodeId zeros = choose(stays, [&](std::uint32_t j) { return product_of(x[j], y[j]); });
    if (zeros != no_node) return zeros;
    std::vector<NodeId> left, right, terms;
    for (std::uint32_t j = 0; j < node_.c; ++j) {
      if (!stays[j]) continue;
      left.push_back(to_.of(x[j]));
      right.push_back(to_.of(y[j]));
      // a factor one leaves a term of F, rounded or not
      if (is_one(x[j]) && member(y[j]))
        terms.push_back(right.back());
      else if (is_one(y[j]) && member(x[j]))
        terms.push_back(left.back());
    }
    Node node = node_;
    if (terms.size() == left.size()) {
      if (terms.size() == 1) return terms[0];
      node.op = Op::sum;
      node.a = to_.list(terms);
      node.b = 0;
      node.c = static_cast<std::uint32_t>(terms.size());
      // exact_dot rounds once, at the end: an exact sum of the same terms
      SumOrder order = reduction.order;
      if (reduction.mode == DotMode::exact_dot)
        order = {.kind = SumOrder::exact, .block = 0, .wide_format = {}};
      node.reduction = to_.reduction({order, DotMode::rounded});
      return to_.push(node, site_);
    }
    if (left.size() == 1)
      return to_.push({.op = Op::mul, .format = node_.format, .a = left[0], .b = right[0]}, site_);
    if (left.size() == node_.c) return no_node;
    node.a = to_.list(left);
    node.b = to_.list(right);
    node.c = static_cast<std::uint32_t>(left.size());
    return to_.push(node, site_);
  }

  Rewriter& to_;
  const Program& old_;
  NodeId id_;
  const Node node_;
  const Site& site_;
  const Format& format_;
  const FactSource& source_;
};

}  // namespace

NodeId simplify(Rewriter& to, NodeId old_node, const FactSource& facts) {
  return Simplifier(to, old_node, facts).run();
}

}  // namespace roundoff::sim
