// See group_digits.hpp.
#include "constructions/group_digits.hpp"

#include <fmt/format.h>

#include "constructions/lookup.hpp"

namespace roundoff {

int GroupPlan::whole(const MulLayout& at) {
  return std::max(
      1, ceil_log(at.base, static_cast<std::uint64_t>(at.n) * static_cast<std::uint64_t>(at.base - 1)));
}

// A column has at most n products of at most (B-1)^2, and the weights 1, B, .. B^(m-1) add up to (P-1)/(B-1).
GroupPlan::GroupPlan(const MulLayout& at, int columns)
    : base(at.base),
      m(columns),
      p(static_cast<int>(power(base, m))),
      count((at.answer + m - 1) / m),
      bound(std::int64_t{at.n} * (base - 1) * (p - 1)) {}

std::vector<std::int64_t> GroupPlan::bounds() const {
  std::vector<std::int64_t> bounds;
  for (std::int64_t b = bound; b > 2 * std::int64_t{p} - 2; b = p - 1 + b / p) bounds.push_back(b);
  return bounds;
}

Form at_least(Register x, const Weight& threshold, Register one, const Weight& max) {
  return (max - threshold) * one + Form(x) - (max - 1);
}

GroupDigits::GroupDigits(ModelBuilder& model, const MulLayout& at, const GroupPlan& plan, Register one,
                         const Policy& policy)
    : at_(at),
      plan_(plan),
      one_(one),
      policy_(policy),
      max_(largest(policy)),
      totals_(model.add("T", plan.count)),
      carries_(model, "verdict", plan.count),
      not_group_(model.add("not group", plan.count)),
      u_(model.add("U")),
      not_place_(model.add("not place", plan.m)),
      y_(model.add("y")),
      not_top_(model.add("not top")),
      end_(model.add("end")) {
  const auto ask = [&](int position, int i) {
    for (int group = 0; group < plan.count; ++group) {
      if (group != i / plan.m) model.position(position, not_group_[static_cast<std::size_t>(group)], 1);
    }
    for (int place = 0; place < plan.m; ++place) {
      if (place != i % plan.m) model.position(position, not_place_[static_cast<std::size_t>(place)], 1);
    }
  };
  for (int i = 0; i < at.answer; ++i) ask(at.output(i), i);
  ask(at.end(), 0);
  for (int position = 0; position < at.positions(); ++position) {
    if (position != at.output(at.answer - 1)) model.position(position, not_top_, 1);
  }
  model.position(at.end(), end_, 1);
}

void GroupDigits::round(LayerBuilder& layer, std::int64_t bound) const {
  for (int group = 0; group < plan_.count; ++group) {
    for (std::int64_t h = 1; h <= bound / plan_.p; ++h) {
      std::vector<Target> targets = {{total(group), -plan_.p}};
      if (group + 1 < plan_.count) targets.push_back({total(group + 1), 1});
      layer.unit(at_least(total(group), Value::integer(h * plan_.p), one_, max_), targets);
    }
  }
}

// +1 for T >= P, -1 for T <= P-2, 0 for P-1, in every register of the verdict.
void GroupDigits::verdicts(LayerBuilder& layer) const {
  for (int group = 0; group + 1 < plan_.count; ++group) {
    for (const int threshold : {plan_.p - 1, plan_.p}) {
      layer.unit(at_least(total(group), threshold, one_, max_), carries_.write(group, 1));
    }
    for (const Target& target : carries_.write(group, -1)) layer.constant(target.reg, target.weight);
  }
}

void GroupDigits::finish(ModelBuilder& model, const Task& task, const std::vector<std::int64_t>& bounds,
                         LayerBuilder* free) const {
  const auto layer = [&]() -> LayerBuilder& {
    LayerBuilder& next = free != nullptr ? *free : model.layer();
    free = nullptr;
    return next;
  };
  for (const std::int64_t bound : bounds) round(layer(), bound);
  // The carry into group J: the flip-flop over the verdicts below ends at MAX or -MAX. It is added to T_J.
  if (plan_.count > 1) {
    verdicts(layer());
    LayerBuilder& carry = layer();
    for (int group = 1; group < plan_.count; ++group) {
      carry.unit(carries_.state(0, group, one_, max_) - (max_ - 1), {{total(group), 1}});
    }
  }
  // U = T_J mod P for the output's group, T_J <= 2P-1.
  LayerBuilder& select = layer();
  for (int group = 0; group < plan_.count; ++group) {
    const Register other = not_group_[static_cast<std::size_t>(group)];
    select.unit(total(group) - max_ * other, {{u_, 1}});
    select.unit(at_least(total(group), plan_.p, one_, max_) - max_ * other, {{u_, -plan_.p}});
  }
  // The digit at place r: floor(U / B^r) - B floor(U / B^(r+1)).
  LayerBuilder& digits = layer();
  for (int place = 0; place < plan_.m; ++place) {
    const Register other = not_place_[static_cast<std::size_t>(place)];
    const auto add_quotient = [&](int divisor, const Weight& weight) {
      for (int h = 1; h * divisor < plan_.p; ++h) {
        digits.unit(at_least(u_, h * divisor, one_, max_) - max_ * other, {{y_, weight}});
      }
    };
    const auto divisor = static_cast<int>(power(plan_.base, place));
    if (place == 0) {
      digits.unit(u_ - max_ * other, {{y_, 1}});
    } else {
      add_quotient(divisor, 1);
    }
    add_quotient(divisor * plan_.base, -plan_.base);
  }
  // Where c does not divide l, the leading token holds the low l mod c digits of its group of c only.
  if (at_.top_base < at_.base) {
    LayerBuilder& truncate = layer();
    for (int y = at_.top_base; y < at_.base; y += at_.top_base) {
      truncate.unit(at_least(y_, y, one_, max_) - max_ * not_top_, {{y_, -at_.top_base}});
    }
  }
  digit_logits(model, task, one_, y_, end_, policy_);
}

std::string needs_group_digits(const Policy& policy, const GroupPlan& plan) {
  if (!policy[Role::accumulators].is_uniform()) {
    return "needs fixed point: in floating point MAX absorbs the numbers that thresholds add to it; use "
           "fixed(i,f)";
  }
  return first_reason({needs_saturation(policy), needs_sequential_sums(policy), needs_stable_softmax(policy),
                       needs_gap(policy), needs_weight(policy, plan.p, "the weight P = B^m of a group"),
                       needs_flipflop(policy, 1, -1)});
}

}  // namespace roundoff
