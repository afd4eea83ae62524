// See group_digits.hpp.
#include "constructions/gadgets/group_digits.hpp"

#include <fmt/format.h>

#include "constructions/gadgets/lookup.hpp"

namespace roundoff::constructions {

int GroupPlan::whole(const MulLayout& at) {
  return std::max(
      1, ceil_log(at.base, static_cast<std::uint64_t>(at.n) * static_cast<std::uint64_t>(at.base - 1)));
}

int whole_group(const TaskSize& size) { return GroupPlan::whole(MulLayout(size)); }

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

Thresholds::Thresholds(Register one, const Weight& bound, const Policy& policy)
    : one_(one), floating_(floating(policy)), wall_(constructions::wall(policy, bound)) {}

void Thresholds::add(LayerBuilder& layer, Register x, std::int64_t threshold,
                     const std::vector<Register>& guards, std::vector<Target> targets) const {
  const Weight t = Value::integer(threshold);
  if (!floating_) {
    layer.unit((wall_ - t) * one_ + Form(x) - wall_ * sum(guards) - (wall_ - 1), std::move(targets));
    return;
  }
  layer.unit(Form(x) - wall_ * sum(guards) - (t - 1), targets);
  for (Target& target : targets) target.weight = -target.weight;
  layer.unit(Form(x) - wall_ * sum(guards) - t, std::move(targets));
}

void Thresholds::pass(LayerBuilder& layer, Register x, Register guard, std::vector<Target> targets) const {
  layer.unit(x - wall_ * guard, std::move(targets));
}

namespace {

/// The greatest number that thresholds see: of totals, and of numbers up to 2P-1.
Weight greatest_total(const GroupPlan& plan) {
  return Value::integer(std::max(plan.bound, std::int64_t{2} * plan.p));
}

}  // namespace

GroupDigits::GroupDigits(ModelBuilder& model, const MulLayout& at, const GroupPlan& plan, Register one,
                         const Policy& policy)
    : at_(at),
      plan_(plan),
      one_(one),
      policy_(policy),
      totals_(model.add("T", plan.count)),
      carries_(model, "verdict", plan.count),
      thresholds_(one, greatest_total(plan), policy),
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
  // The top group first: a total takes its own multiples of P before the quotient from below, so that partial
  // sums stay short numbers.
  for (int group = plan_.count - 1; group >= 0; --group) {
    for (std::int64_t h = 1; h <= bound / plan_.p; ++h) {
      std::vector<Target> targets = {{total(group), -plan_.p}};
      if (group + 1 < plan_.count) targets.push_back({total(group + 1), 1});
      thresholds_.add(layer, total(group), h * plan_.p, {}, targets);
    }
  }
}

// The verdict of a group is +1 for T >= P, -1 for T <= P-2, 0 for P-1, in every register of it. The carry
// into group J is a flip-flop over the verdicts below, which ends at MAX or -MAX.
void GroupDigits::add_carries_saturating(LayerBuilder& verdicts, LayerBuilder& carries) const {
  const Weight max = thresholds_.wall();
  for (int group = 0; group + 1 < plan_.count; ++group) {
    for (const int threshold : {plan_.p - 1, plan_.p}) {
      thresholds_.add(verdicts, total(group), threshold, {}, carries_.write(group, 1));
    }
    for (const Target& target : carries_.write(group, -1)) verdicts.constant(target.reg, target.weight);
  }
  for (int group = 1; group < plan_.count; ++group) {
    carries.unit(carries_.state(0, group, one_, max) - (max - 1), {{total(group), 1}});
  }
}

// The verdict is [T >= P-1] + [T >= P] - 1, whose thresholds share a unit. The sum of 2 4^j times the verdict
// of group j, over the groups below, has the sign of the last that is not 0, D, and a magnitude of at least
// 4/3 (what lies below adds up to at most 2/3 4^j). So y = relu(sum) is 0 or at least 1, and the carry 1 -
// relu(1 - y).
void GroupDigits::add_carries_weighted(LayerBuilder& verdicts, LayerBuilder& signs,
                                       LayerBuilder& carries) const {
  const auto sign = [&](int group) { return carries_.write(group, 1).back().reg; };
  for (int group = 0; group + 1 < plan_.count; ++group) {
    const Register verdict = carries_.push(group);
    verdicts.unit(total(group) - Weight(plan_.p - 2), {{verdict, 1}});
    verdicts.unit(total(group) - Weight(plan_.p), {{verdict, -1}});
    verdicts.constant(verdict, -1);
  }
  for (int group = 1; group < plan_.count; ++group) {
    Form weighted;
    for (int below = 0; below < group; ++below)
      weighted += power_of_two(2 * below + 1) * carries_.push(below);
    signs.unit(weighted, {{sign(group), 1}});
    carries.unit(one_ - Form(sign(group)), {{total(group), -1}});
    carries.constant(total(group), 1);
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
  // The carry into group J is added to T_J.
  if (plan_.count > 1) {
    LayerBuilder& verdicts = layer();
    if (floating(policy_)) {
      LayerBuilder& signs = layer();
      add_carries_weighted(verdicts, signs, layer());
    } else {
      add_carries_saturating(verdicts, layer());
    }
  }
  // U = T_J mod P for the output's group, T_J <= 2P-1.
  LayerBuilder& select = layer();
  for (int group = 0; group < plan_.count; ++group) {
    const Register other = not_group_[static_cast<std::size_t>(group)];
    thresholds_.add(select, total(group), plan_.p, {other}, {{u_, -plan_.p}});
    thresholds_.pass(select, total(group), other, {{u_, 1}});
  }
  // The digit at place r: floor(U / B^r) - B floor(U / B^(r+1)).
  LayerBuilder& digits = layer();
  for (int place = 0; place < plan_.m; ++place) {
    const Register other = not_place_[static_cast<std::size_t>(place)];
    const auto add_quotient = [&](int divisor, const Weight& weight) {
      for (int h = 1; h * divisor < plan_.p; ++h) {
        thresholds_.add(digits, u_, h * divisor, {other}, {{y_, weight}});
      }
    };
    const auto divisor = static_cast<int>(power(plan_.base, place));
    if (place == 0) {
      thresholds_.pass(digits, u_, other, {{y_, 1}});
    } else {
      add_quotient(divisor, 1);
    }
    add_quotient(divisor * plan_.base, -plan_.base);
  }
  // Where c does not divide l, the leading token holds the low l mod c digits of its group of c only.
  if (at_.top_base < at_.base) {
    LayerBuilder& truncate = layer();
    for (int y = at_.top_base; y < at_.base; y += at_.top_base) {
      thresholds_.add(truncate, y_, y, {not_top_}, {{y_, -at_.top_base}});
    }
  }
  digit_logits(model, task, one_, y_, end_, policy_);
}

std::string needs_group_digits(const Policy& policy, const GroupPlan& plan) {
  const std::string semantics = first_reason({needs_stable_softmax(policy), needs_gap(policy)});
  if (!semantics.empty()) return semantics;
  const std::string weight = needs_weight(policy, plan.p, "the weight P = B^m of a group");
  if (floating(policy)) {
    return first_reason(
        {needs_wall(policy, greatest_total(plan)), weight,
         needs_weight(policy, power_of_two(2 * plan.count), "the weight 2 4^G of the last verdict")});
  }
  return first_reason({needs_saturation(policy), needs_sequential_sums(policy), weight,
                       needs_flipflop(policy, 1, -1), needs_symmetric_range(policy)});
}

}  // namespace roundoff::constructions
