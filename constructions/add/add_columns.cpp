// The shared layers of the constant-precision adders; see add_columns.hpp.
#include "constructions/add/add_columns.hpp"

#include <fmt/format.h>

#include "formats/functions/real.hpp"

namespace roundoff::constructions {

Weight uniform_copy(const Policy& policy, const Weight& value, int first, int last) {
  const Format& softmax = policy[Role::softmax];
  const Value one = round(Value::integer(1), softmax).value;
  Weight left = value;
  Value z = one;
  for (int m = 1; m <= last; ++m) {
    if (m > 1) z = add(z, one, softmax).value;
    if (m < first) continue;
    const Value weight = div(one, z, softmax).value;
    const Weight copied = mul(weight, value.value, policy[Role::accumulators]).value;
    if (value.value.negative ? less(left, copied) : less(copied, left)) left = copied;
  }
  return left;
}

std::string needs_equal_lengths(const TaskSize& size) {
  return size.ragged ? "needs operands of n digits, for the positions of digits are built in: drop --ragged"
                     : "";
}

std::string needs_single_digits(const TaskSize& size) {
  if (size.c > 1) return "is built for one digit a token: drop --c, or use add-flipflop";
  return needs_equal_lengths(size);
}

std::string needs_constant_attention(const Policy& policy, int first, int last) {
  const Weight max = largest(policy);
  const std::string weights =
      first_reason({needs_fixed_exp(policy), needs_weight(policy, 1, "one"), needs_weight(policy, max, "MAX"),
                    needs_weight(policy, -max, "-MAX")});
  if (!weights.empty()) return weights;
  const Format& softmax = policy[Role::softmax];
  if (!apply(Function::exp, negated(max.value), softmax).value.is_zero()) {
    return fmt::format(
        "exp(-MAX) does not round to 0 in {}, so that no attention is hard: use fixed(1,0) or F(0,2)",
        notation(softmax));
  }
  const Format& sums = policy[Role::accumulators];
  if (!sums.saturates() &&
      !(sums.overflow == Overflow::inf && sums.layout == Layout::floating && sums.has_infinity)) {
    return needs_saturation(policy);
  }
  const Weight copied = uniform_copy(policy, max, first, last);
  if (less(mul(max.value, copied.value, sums).value, 1)) {
    return fmt::format(
        "uniform attention does not copy in {}: rnd(rnd(1/Z)*MAX) = {}; use fixed(1,0) or F(0,2)",
        notation(softmax), long_decimal(copied.value));
  }
  return "";
}

AddColumns::AddColumns(ModelBuilder& model, const TaskSize& size, std::unique_ptr<ExactCode> digit_code)
    : one(model.add("one")),
      code(std::move(digit_code)),
      not_a(model.add("not_a")),
      not_b(model.add("not_b")) {
  for (int j = 0; j < size.c; ++j) {
    const std::string suffix = size.c == 1 ? "" : fmt::format("_{}", j);
    Place place;
    place.x = model.add("x" + suffix, size.p);
    place.a = model.add("a" + suffix, size.p);
    place.b = model.add("b" + suffix, size.p);
    place.sum = model.add("sum" + suffix, size.p);
    places.push_back(std::move(place));
  }
  end = model.add("end");
}

void AddColumns::embed(ModelBuilder& model, const Task& task, const AddLayout& at) const {
  for (int token = 0; token < task.base(); ++token) {
    int rest = token;
    for (const Place& place : places) {
      const int p = static_cast<int>(place.x.size());
      model.token(static_cast<Token>(token), place.x[static_cast<std::size_t>(rest % p)], 1);
      rest /= p;
    }
  }
  for (const Place& place : places) model.position(at.plus(), place.x[0], 1);
  const auto hold = [&](int position, int digit) { code->place(model, position, digit); };
  for (int t = 0; t < at.n; ++t) {
    hold(at.a(t), t);
    hold(at.b(t), t);
  }
  hold(at.plus(), at.n);
  for (int i = 0; i < at.answer; ++i) hold(at.output(i), i);
  hold(at.end(), 0);
  model.position(at.end(), end, 1);
  for (int position = 0; position < at.positions(); ++position) {
    model.position(position, one, 1);
    if (position > at.plus()) model.position(position, not_a, 1);
    if (position < at.plus() || position >= at.equals()) model.position(position, not_b, 1);
  }
}

// Codes match with score 0 and differ with at most -MAX. A position of a, which has no digit of b before it,
// is not guarded in the second head and so matches itself.
void AddColumns::fetch(LayerBuilder& layer, const Weight& max) const {
  HeadBuilder& from_a = layer.head();
  code->match(from_a, *code, one, max);
  from_a.score(-max * one, not_a);
  HeadBuilder& from_b = layer.head();
  code->match(from_b, *code, one, max);
  from_b.score(-max * not_a, not_b);
  for (const Place& place : places) {
    for (std::size_t d = 0; d < place.x.size(); ++d) {
      from_a.copy(place.x[d], place.a[d]);
      from_b.copy(place.x[d], place.b[d]);
    }
  }
}

// With the sum at d: unit d is `carry`, the others are at most carry - MAX <= 0. Then sum[d] = 1 - carry <=
// 0.
void AddColumns::add_carry(LayerBuilder& layer, const Place& place, Register carry, const Weight& max) {
  const std::size_t p = place.sum.size();
  for (std::size_t d = 0; d < p; ++d) {
    Form before = carry;
    for (std::size_t e = 0; e < p; ++e) {
      if (e != d) before += -max * place.sum[e];
    }
    layer.unit(before, {{place.sum[d], -1}, {place.sum[(d + 1) % p], 1}});
  }
}

void AddColumns::logits(ModelBuilder& model, const Task& task, const Weight& max) const {
  if (places.size() == 1) {
    for (std::size_t d = 0; d < places[0].sum.size(); ++d) {
      model.logit(static_cast<Token>(d), places[0].sum[d] - max * end);
    }
    model.logit(task.eos(), end);
    return;
  }
  LayerBuilder& settle = model.layer();
  std::vector<std::vector<Register>> digits;
  for (const Place& place : places) {
    digits.push_back(model.add(fmt::format("digit_{}", digits.size()), static_cast<int>(place.sum.size())));
    for (std::size_t d = 0; d < place.sum.size(); ++d) settle.unit(place.sum[d], {{digits.back()[d], 1}});
  }
  for (int token = 0; token < task.base(); ++token) {
    Form logit = -max * Form(end);
    int rest = token;
    for (const std::vector<Register>& digit : digits) {
      const int p = static_cast<int>(digit.size());
      for (int d = 0; d < p; ++d) {
        if (d != rest % p) logit += -1 * digit[static_cast<std::size_t>(d)];
      }
      rest /= p;
    }
    model.logit(static_cast<Token>(token), logit);
  }
  for (auto token = static_cast<Token>(task.base()); token < task.eos(); ++token)
    model.logit(token, Form() - Weight(1));
  model.logit(task.eos(), Form(end) - Weight(1));
}

void Slots::embed(ModelBuilder& model, const AddLayout& at) const {
  const int count = static_cast<int>(not_slot.size());
  for (int position = 0; position < at.positions(); ++position) {
    for (int slot = 0; slot < count; ++slot) {
      if (slot < at.n && position == at.b(slot)) continue;
      if (slot + lowest_output < at.answer && position == at.output(slot + lowest_output)) continue;
      model.position(position, not_slot[static_cast<std::size_t>(slot)], 1);
    }
  }
}

}  // namespace roundoff::constructions
