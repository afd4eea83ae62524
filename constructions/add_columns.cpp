// The shared layers of the constant-precision adders; see add_columns.hpp.
#include "constructions/add_columns.hpp"

#include <fmt/format.h>

#include "formats/text.hpp"

namespace roundoff {

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

std::string needs_constant_attention(const Policy& policy, int first, int last) {
  const Weight max = largest(policy);
  const std::string weights = first_reason(
      {needs_weight(policy, 1, "one"), needs_weight(policy, max, "MAX"), needs_weight(policy, -max, "-MAX")});
  if (!weights.empty()) return weights;
  const Format& softmax = policy[Role::softmax];
  if (!apply(Function::exp, negated(max.value), softmax).value.is_zero()) {
    return fmt::format(
        "exp(-MAX) does not round to 0 in {}, so that no attention is hard: use fixed(1,0) or F(0,2)",
        notation(softmax));
  }
  const Format& sums = policy[Role::accumulators];
  if (sums.overflow != Overflow::sat &&
      !(sums.overflow == Overflow::inf && sums.layout == Layout::floating)) {
    return needs_saturation(policy);
  }
  const Weight copied = uniform_copy(policy, max, first, last);
  if (less(mul(max.value, copied.value, sums).value, 1)) {
    return fmt::format(
        "uniform attention does not copy in {}: rnd(rnd(1/Z)*MAX) = {}; use fixed(1,0) or F(0,2)",
        notation(softmax), decimal(copied.value));
  }
  return "";
}

AddColumns::AddColumns(ModelBuilder& model, int p, std::unique_ptr<ExactCode> digit_code)
    : one(model.add("one")),
      code(std::move(digit_code)),
      not_a(model.add("not_a")),
      not_b(model.add("not_b")),
      x(model.add("x", p)),
      a(model.add("a", p)),
      b(model.add("b", p)),
      sum(model.add("sum", p)),
      end(model.add("end")) {}

void AddColumns::embed(ModelBuilder& model, const AddLayout& at) const {
  for (std::size_t d = 0; d < x.size(); ++d) model.token(static_cast<Token>(d), x[d], 1);
  const auto hold = [&](int position, int digit) { code->place(model, position, digit); };
  for (int t = 0; t < at.n; ++t) {
    hold(at.a(t), t);
    hold(at.b(t), t);
  }
  hold(at.plus(), at.n);
  model.position(at.plus(), x[0], 1);
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
  for (std::size_t d = 0; d < x.size(); ++d) {
    from_a.copy(x[d], a[d]);
    from_b.copy(x[d], b[d]);
  }
}

// With the sum at d: unit d is `carry`, the others are at most carry - MAX <= 0. Then sum[d] = 1 - carry <=
// 0.
void AddColumns::add_carry(LayerBuilder& layer, Register carry, const Weight& max) const {
  const std::size_t p = sum.size();
  for (std::size_t d = 0; d < p; ++d) {
    Form before = carry;
    for (std::size_t e = 0; e < p; ++e) {
      if (e != d) before += -max * sum[e];
    }
    layer.unit(before, {{sum[d], -1}, {sum[(d + 1) % p], 1}});
  }
}

void AddColumns::logits(ModelBuilder& model, const Task& task, const Weight& max) const {
  for (std::size_t d = 0; d < sum.size(); ++d) model.logit(static_cast<Token>(d), sum[d] - max * end);
  model.logit(task.eos(), end);
}

void Slots::embed(ModelBuilder& model, const AddLayout& at) const {
  const int n = static_cast<int>(not_slot.size());
  for (int position = 0; position < at.positions(); ++position) {
    for (int t = 0; t < n; ++t) {
      if (position == at.b(t) || (t + 1 < at.answer && position == at.output(t + 1))) continue;
      model.position(position, not_slot[static_cast<std::size_t>(t)], 1);
    }
  }
}

}  // namespace roundoff
