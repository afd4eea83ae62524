// add-match: ADD in logarithmic precision with constant width by exact matches alone, four layers, and with
// the knob D that trades width for bits (theory-notes/add-match.md).
//
// Let u_t be the nearest digit at or above t that does not propagate ('+', digit n, never does). The carry
// into digit i comes from the nearest lower digit t that does not propagate, and this is the only such t with
// u_(t+1) = u_i: all digits between t and u_i, i among them, propagate. Digits stand most significant first,
// so "at or above t" is the causal mask, and no hinge is needed. Positions are compared by codes of D
// coordinates: squares about D/4 (n+1)^(2/D).
#include <fmt/format.h>

#include "constructions/add_layout.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets.hpp"

namespace roundoff {

namespace {

std::string refuses(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: use add-ragged";
  const int m = sharpness(policy);
  if (m == 0) {
    return fmt::format("exp(-x) does not round to 0 in {} for any x <= 64: no attention is hard",
                       notation(policy[Role::softmax]));
  }
  return first_reason({needs_saturation(policy), needs_stable_softmax(policy),
                       needs_weight(policy, m, "the sharpness M"),
                       needs_weight(policy, 2 * size.p - 2, "the bias 2p-2 of the digit look-up")});
}

Model build(const Task& task, const Policy& policy, const Settings& settings) {
  const AddLayout at(task.size());
  const int n = at.n, p = task.size().p, m = sharpness(policy);
  const Weight max = largest(policy);
  const PointCode codes(n + 1, settings.at("D"));

  ModelBuilder model(task);
  const Register one = model.add("one");
  const Register x = model.add("x");                        // the token's digit; 0 at symbols
  const Register order = model.add("order");                // n/2 - t at digit t: greater for lower digits
  const Point own = codes.add(model, "own");                // the digit held, or asked for
  const Point next = codes.add(model, "next");              // t+1 at b_t, and 0 at '=', which is digit -1
  const Point above = codes.add(model, "above");            // u_t
  const Point above_next = codes.add(model, "above_next");  // u_(t+1)
  const Point wanted = codes.add(model, "wanted");          // u_i at output i
  const Register not_a = model.add("not_a");                // 1 where no digit of a, nor '+', stands
  const Register not_b = model.add("not_b");                // 1 where no digit of b, nor '+', stands
  const Register not_source = model.add("not_source");      // 1 where no digit of b, nor '=', stands
  const Register s = model.add("s");                        // a_t + b_t, later plus the carry
  const Register propagate = model.add("propagate");
  const Register generate = model.add("generate");
  const Register end = model.add("end");
  const std::vector<Register> digit = model.add("digit", p);

  // Embedding. '+' is digit n of both operands; '=' is digit -1 of b, which kills, so that every carry has a
  // source.
  for (int d = 0; d < p; ++d) model.token(static_cast<Token>(d), x, d);
  const auto hold = [&](int position, int t) {
    codes.place(model, position, own, t);
    model.position(position, order, n / 2 - t);
  };
  for (int t = 0; t < n; ++t) {
    hold(at.a(t), t);
    hold(at.b(t), t);
  }
  hold(at.plus(), n);
  for (int i = 0; i < at.answer; ++i) hold(at.output(i), i);
  hold(at.end(), 0);
  model.position(at.end(), end, 1);
  for (int position = 0; position < at.positions(); ++position) {
    const int t = 2 * n - position;  // the digit, where this is b_t
    codes.place(model, position, next, 0 <= t && t < n ? t + 1 : 0);
    model.position(position, one, 1);
    if (position > at.plus()) model.position(position, not_a, 1);
    if (position < at.plus() || position >= at.equals()) model.position(position, not_b, 1);
    if (position <= at.plus() || position > at.equals()) model.position(position, not_source, 1);
  }

  // Layer 1. Two heads fetch a_i and b_i of the own digit; s = a_i + b_i, exactly. (A position of a, before
  // any digit of b, is not guarded in the second head and fetches itself.) Then s = p-1 propagates and s >= p
  // generates.
  LayerBuilder& columns = model.layer();
  HeadBuilder& from_a = columns.head();
  match(from_a, own, own, one, m);
  from_a.score(-max * one, not_a).copy(x, s);
  HeadBuilder& from_b = columns.head();
  match(from_b, own, own, one, m);
  from_b.score(-max * not_a, not_b).copy(x, s);
  columns.unit(s - Weight(p - 2), {{propagate, 1}});
  columns.unit(s - Weight(p - 1), {{propagate, -2}, {generate, 1}});
  columns.unit(s - Weight(p), {{propagate, 1}, {generate, -1}});

  // Layer 2. b_t finds u_t: of the digits of b written so far, and '+', the lowest that does not propagate.
  // The scores M (n/2 - t) are centred, so that they need half the range; guarded keys are pushed down twice,
  // to -MAX.
  HeadBuilder& nearest = model.layer().head();
  nearest.score(one, m * order);
  for (int push = 0; push < 2; ++push) nearest.score(-max * one, not_b + propagate);
  copy(nearest, own, above);

  // Layer 3. b_t fetches u_(t+1) from digit t+1, and '=' fetches u_0; output i fetches u_i.
  LayerBuilder& fetch = model.layer();
  HeadBuilder& from_next = fetch.head();
  match(from_next, next, own, one, m);
  from_next.score(-max * one, not_b);
  copy(from_next, above, above_next);
  HeadBuilder& from_own = fetch.head();
  match(from_own, own, own, one, m);
  from_own.score(-max * one, not_b);
  copy(from_own, above, wanted);

  // Layer 4. Output i matches the digit t that does not propagate and has u_(t+1) = u_i; its generate flag is
  // the carry. Keys of other roles hold averages of codes, off the paraboloid, which may score above a match:
  // two pushes send any score to -MAX. Then s + carry modulo p.
  LayerBuilder& carries = model.layer();
  HeadBuilder& source = carries.head();
  match(source, wanted, above_next, one, m);
  for (int push = 0; push < 2; ++push) source.score(-max * one, not_source + propagate);
  source.copy(generate, s);
  digit_modulo(carries, s, digit);

  // Logits. At the last position every digit is pressed down by MAX, so that <eos> wins with 1.
  for (int d = 0; d < p; ++d)
    model.logit(static_cast<Token>(d), digit[static_cast<std::size_t>(d)] - max * end);
  model.logit(task.eos(), end);
  return model.finish();
}

}  // namespace

Construction add_match() {
  return {.name = "add-match",
          .task = "add",
          .theorem = "Feng et al. 2024, theorem 5.1",
          .regime = Regime::logarithmic,
          .width = "max(5*D+15+p, 2*p-1)",
          .family = "fixed(max(lg(floor((n+1)/2)*floor((n+1)/2)+2), lg(ceil(n/2)+2), lg(4*p-3)),0)",
          .summary =
              "carry from the nearest non-propagating digit by exact matches only; 4 layers, width traded "
              "for bits",
          .note = "add-match",
          .knobs = {{"D", "coordinates of a position code: wider codes have smaller squares",
                     [](const TaskSize&) { return 1; }, [](const TaskSize&) { return 1; },
                     [](const TaskSize& size) {
                       int bits = 1;
                       while ((1 << bits) < size.n + 1) ++bits;
                       return bits;
                     }}},
          .refuses = refuses,
          .build = build};
}

}  // namespace roundoff
