// add-hinge: ADD in logarithmic precision with constant width, two layers (theory-notes/add-hinge.md).
//
// The carry into digit i is the generate flag of the nearest lower digit that does not propagate. "Nearest
// lower" is the score M v for v = t+1-i <= 0 and -B v for v >= 1, which is no bilinear form: it is made by
// one dot product whose partial sum saturates at MAX (a hinge), so that it needs `sat` and sequential sums.
#include <fmt/format.h>

#include "constructions/add_layout.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets.hpp"

namespace roundoff {

namespace {

// The slopes of the hinge: M v below the kink, -B v above. The farthest key that counts is `=` at v = -n with
// score -M n, and B = M(n+1) puts the nearest forbidden key, v = 1, one step M below it.
struct Slopes {
  int m, b, a;
  Slopes(int sharpness, int n) : m(sharpness), b(sharpness * (n + 1)), a(sharpness * (n + 2)) {}
};

std::string refuses(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: use add-ragged";
  if (!policy[Role::accumulators].is_uniform()) {
    return "needs fixed point: in floating point MAX absorbs the score that the hinge adds to it; use "
           "add-match";
  }
  const int m = sharpness(policy);
  if (m == 0) {
    return fmt::format("exp(-x) never rounds to 0 in {}: no attention is hard; round to nearest, rtz or rdn",
                       notation(policy[Role::softmax]));
  }
  const Slopes slope(m, size.n);
  return first_reason({needs_saturation(policy), needs_sequential_sums(policy), needs_stable_softmax(policy),
                       needs_weight(policy, slope.a, "the slope of the hinge, M(n+2)"),
                       needs_weight(policy, 2 * size.p - 2, "the bias 2p-2 of the digit look-up")});
}

Model build(const Task& task, const Policy& policy, const Settings&) {
  const AddLayout at(task.size());
  const int n = at.n, p = task.size().p;
  const Weight max = largest(policy);
  const Slopes slope(sharpness(policy), n);

  ModelBuilder model(task);
  const Register one = model.add("one");
  const Register x = model.add("x");                         // the token's digit; 0 at symbols
  const Register i = model.add("i"), i2 = model.add("i^2");  // as a query: the digit asked for
  const Register t = model.add("t"), t2 = model.add("t^2");  // as a key: the digit held
  const Register not_a = model.add("not_a");                 // 1 where no digit of a (nor '+') stands
  const Register not_b = model.add("not_b");                 // 1 where no digit of b (nor '+') stands
  const Register skip = model.add("skip");  // > 0 where no carry may be read: no digit of b, or it propagates
  const Register s = model.add("s");        // a_t + b_t, later plus the carry
  const Register generate = model.add("generate");
  const Register end = model.add("end");
  const std::vector<Register> digit = model.add("digit", p);

  // Embedding. '+' is digit n of both operands; '=' is digit -1 of b, a digit that kills, so that every carry
  // has a source.
  for (int d = 0; d < p; ++d) model.token(static_cast<Token>(d), x, d);
  const auto ask = [&](int position, int index) {
    model.position(position, i, index);
    model.position(position, i2, index * index);
  };
  const auto hold = [&](int position, int index) {
    model.position(position, t, index);
    model.position(position, t2, index * index);
  };
  for (int position = 0; position < at.positions(); ++position) {
    model.position(position, one, 1);
    if (position > at.plus()) model.position(position, not_a, 1);
    if (position < at.plus() || position >= at.equals()) model.position(position, not_b, 1);
    if (position <= at.plus() || position > at.equals()) model.position(position, skip, 1);
  }
  for (int digit_index = 0; digit_index < n; ++digit_index) {
    hold(at.a(digit_index), digit_index);
    hold(at.b(digit_index), digit_index);
    ask(at.b(digit_index), digit_index);
  }
  hold(at.plus(), n);
  hold(at.equals(), -1);
  for (int output = 0; output < at.answer; ++output) ask(at.output(output), output);
  model.position(at.end(), end, 1);

  // Layer 1. Two heads fetch a_i and b_i by exact match, the score -M(i-t)^2; their sum is s = a_i + b_i,
  // exactly, at every b_t, at '=' and at every output. Then s >= p generates and s = p-1 propagates.
  LayerBuilder& columns = model.layer();
  for (const Register guard : {not_a, not_b}) {
    HeadBuilder& fetch = columns.head();
    match(fetch, {{i}, i2}, {{t}, t2}, one, slope.m);
    fetch.score(-max * one, guard);
    fetch.copy(x, s);
  }
  columns.unit(s - Weight(p - 2), {{skip, 1}});
  columns.unit(s - Weight(p - 1), {{skip, -2}, {generate, 1}});
  columns.unit(s - Weight(p), {{skip, 1}, {generate, -1}});

  // Layer 2. The hinge: with v = t+1-i, min(0, A v) by +MAX -MAX, then -B v. Its greatest value among digits
  // that do not propagate is at the nearest lower one, whose generate flag is the carry into digit i. Then s
  // + carry modulo p.
  LayerBuilder& carries = model.layer();
  HeadBuilder& nearest = carries.head();
  const auto next = [&](const Weight& factor) { return factor * one + factor * t; };  // factor * (t+1)
  nearest.score(-slope.a * i, one);
  nearest.score(one, next(slope.a));
  nearest.score(max * one, one);
  nearest.score(-max * one, one);
  nearest.score(-1 * one, next(slope.b));
  nearest.score(slope.b * i, one);
  nearest.score(-max * one, skip);
  nearest.copy(generate, s);
  digit_modulo(carries, s, digit);

  // Logits. At the last position every digit is pressed down by MAX, so that <eos> wins with 1.
  for (int d = 0; d < p; ++d)
    model.logit(static_cast<Token>(d), digit[static_cast<std::size_t>(d)] - max * end);
  model.logit(task.eos(), end);
  return model.finish();
}

}  // namespace

Construction add_hinge() {
  return {
      .name = "add-hinge",
      .task = "add",
      .theorem = "Feng et al. 2024, theorem 5.1",
      .regime = Regime::logarithmic,
      .width = "max(12+p, 2*p-1)",
      .family = "fixed(max(2*lg(n+1), lg(4*p-3)),0)",
      .summary = "carry from the nearest non-propagating digit, a hinge score made by saturation; 2 layers",
      .note = "add-hinge",
      .knobs = {},
      .refuses = refuses,
      .build = build};
}

}  // namespace roundoff
