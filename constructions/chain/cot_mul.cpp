// cot-mul: MUL in constant precision with a chain of thought, width O(l + log p n), in 2-bit numbers
// (theory-notes/cot.md): repeated shifted addition. Step (t, r) adds a p^t to the total if digit t of b is at
// least r, so that the digit that is added is a digit of a, or 0.
#include "constructions/chain/running_total.hpp"
#include "constructions/construction.hpp"
#include "constructions/mul/mul_layout.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_cot_mul(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  const MulLayout at(size);
  return needs_running_total(policy, at.answer, at.answer);
}

Model build_cot_mul(const Task& task, const Policy& policy, const Settings&) {
  const MulLayout at(task.size());
  const int n = at.n, p = at.base, steps = n * (p - 1);
  const TotalsLayout totals{at.equals(), at.answer, steps + 1};
  const Weight max = largest(policy);
  ModelBuilder model(task);
  RunningTotal total(model, p, totals.digits, steps);

  // Places that are asked for: the digits of a and of b, and a zero, '*'.
  const int zero_place = 2 * n;
  const AntichainCode place(model, "place", 2 * n + 1), asks_a(model, "asks_a", 2 * n + 1),
      asks_b(model, "asks_b", 2 * n + 1);
  const auto values = static_cast<std::size_t>(p - 1);
  const std::vector<Register> a = model.add("a", p - 1);          // a[v-1]: the digit of a is v > 0
  const std::vector<Register> less = model.add("b_less", p - 1);  // less[r-1]: the digit of b is below r
  const std::vector<Register> not_round = model.add("not_round", p - 1);
  for (int t = 0; t < n; ++t) {
    place.place(model, at.a(t), t);
    place.place(model, at.b(t), n + t);
  }
  place.place(model, at.times(), zero_place);

  // Line 0 is zero. Step (t, r) goes from line `step` to the next: column i gets digit i - t of a.
  for (int step = 0; step < steps; ++step) {
    const int t = step / (p - 1), r = step % (p - 1) + 1;
    for (int i = 0; i < totals.digits; ++i) {
      const int carrier = totals.digit(step, i);
      total.carrier(carrier, step, i);
      asks_a.place(model, carrier, i >= t && i - t < n ? i - t : zero_place);
      asks_b.place(model, carrier, n + t);
      for (std::size_t other = 0; other < values; ++other)
        if (static_cast<int>(other) + 1 != r) model.position(carrier, not_round[other], 1);
      total.output(totals.output(step + 1, i), step, i);
    }
  }
  for (int i = 0; i < totals.digits; ++i) total.zero_output(totals.output(0, i));
  total.embed(task, totals);

  // Layer 1. Carriers fetch a digit of a and one of b. What is added is the value v > 0 if the digit of a is
  // v and, in round r, that of b is not below r; else 0.
  LayerBuilder& first = model.layer();
  const std::vector<Register>& x = total.place.x;
  HeadBuilder& from_a = first.head();
  asks_a.match(from_a, place, total.one, max);
  for (std::size_t v = 1; v <= values; ++v) from_a.copy(x[v], a[v - 1]);
  HeadBuilder& from_b = first.head();
  asks_b.match(from_b, place, total.one, max);
  Form below;
  for (std::size_t r = 1; r <= values; ++r) {
    below += Form(x[r - 1]);
    from_b.copy(below, less[r - 1]);
  }
  const std::vector<Register>& added = total.place.a;
  first.constant(added[0], 1);
  for (std::size_t v = 1; v <= values; ++v) {
    for (std::size_t r = 0; r < values; ++r)
      first.unit(a[v - 1] - max * less[r] - max * not_round[r], {{added[v], 1}, {added[0], -1}});
  }

  // Layers 2 to 5: the sum.
  total.finish(model.layer(), task, max);
  return model.finish();
}

}  // namespace

Construction cot_mul() {
  return {.name = "cot-mul",
          .task = "cot-mul",
          .theorem = "beyond the paper (theorem 4.3 has no polynomial width without a chain of thought)",
          .regime = Regime::constant,
          .width = "max(3*l + 7*p + 6 + 2*antichain(n*(p-1)) + 3*antichain(2*n+1), p*p)",
          .family = "fixed(1,0)",
          .summary = "repeated shifted addition is written out; 5 layers, width O(l), in 2-bit numbers",
          .note = "cot",
          .knobs = {},
          .refuses = refuses_cot_mul,
          .build = build_cot_mul};
}

}  // namespace roundoff::constructions
