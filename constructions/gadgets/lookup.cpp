// Integer division by attention, the gap that makes attention hard, and digit logits; see lookup.hpp.
#include "constructions/gadgets/lookup.hpp"

#include <fmt/format.h>

namespace roundoff::constructions {

void match_padded(HeadBuilder& head, const Point& query, const Point& key, Register real, Register one,
                  const Weight& m) {
  const auto products = [&] {
    for (std::size_t d = 0; d < query.coordinates.size(); ++d) {
      head.score(m * query.coordinates[d], key.coordinates[d]);
    }
  };
  head.score(-m * query.square, real);
  products();
  head.score(-m * one, key.square);
  products();
}

namespace {

/// No score of a look-up exceeds this in floating point.
Weight greatest_score(int count, std::int64_t divisor, const Policy& policy) {
  return gap(policy) * Weight(Value::integer(divisor * count * count));
}

}  // namespace

Ruler::Ruler(ModelBuilder& model, Register one, int count, int positions, std::int64_t divisor,
             const Policy& policy)
    : one_(one),
      number_(model.add("ruler")),
      beyond_(model.add("beyond the ruler")),
      policy_(policy),
      gap_(gap(policy)),
      wall_(wall(policy, greatest_score(count, divisor, policy))) {
  if (floating(policy)) square_ = model.add("ruler^2");
  for (int position = 0; position < positions; ++position) {
    if (position < count) {
      model.position(position, number_, position);
      if (floating(policy)) model.position(position, square_, position * position);
    } else {
      model.position(position, beyond_, 1);
    }
  }
}

void Ruler::divide(HeadBuilder& head, const Form& dividend, const Form& divisor, int slices) const {
  if (floating(policy_)) {
    head.score(gap_ * dividend, number_);
    head.score(-gap_ * divisor, square_);
    head.score(gap_ * (dividend - divisor + 1), number_);
  } else {
    cliff(head, dividend, divisor, number_, one_, part_of(2 * gap_, slices, policy_), slices, wall_);
    head.score(gap_ * one_, number_);
  }
  head.score(-wall_ * one_, beyond_);
}

std::string Ruler::refuses(int count, std::int64_t divisor, const Policy& policy) {
  if (!floating(policy)) return needs_sequential_sums(policy);
  return needs_wall(policy, greatest_score(count, divisor, policy));
}

void digit_logits(ModelBuilder& model, const Task& task, Register one, Register y, Register end,
                  const Policy& policy) {
  const int base = task.base(), centre = base / 2;
  const bool halves = round(power_of_two(-1).value, policy[Role::logits]).value == power_of_two(-1).value;
  const Weight scale = halves ? 1 : 2;
  for (int d = 0; d < base; ++d) {
    const int x = d - centre;
    Form form = Form() - power_of_two(-1) * (scale * (x * x));
    if (x != 0) form += scale * x * y - scale * (x * centre) * one;
    model.logit(static_cast<Token>(d), form - wall(policy, base * base) * end);
  }
  for (std::size_t token = static_cast<std::size_t>(base); token + 1 < task.vocabulary().size(); ++token) {
    model.logit(static_cast<Token>(token), Form() - 1);
  }
  model.logit(task.eos(), 2 * end - 1);
}

}  // namespace roundoff::constructions
