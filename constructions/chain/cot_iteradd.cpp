// cot-iteradd: IterADD in constant precision with a chain of thought, width O(n + log k), in 2-bit numbers
// (theory-notes/cot.md). Without the written totals no polynomial width is enough (Feng et al. 2024, theorem
// 4.2); with them every token needs the sum of two numbers only: a flip-flop over the columns of the total
// before and the operand.
#include "constructions/chain/running_total.hpp"
#include "constructions/construction.hpp"
#include "constructions/iteradd/iteradd_layout.hpp"

namespace roundoff::constructions {

namespace {

/// Carriers of the first step: the columns of the operands, and '+' for the one above them.
int fewest_carriers(const IterAddLayout& at) { return at.n + 1; }

std::string refuses_cot_iteradd(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  const IterAddLayout at(size);
  return needs_running_total(policy, fewest_carriers(at), at.answer);
}

Model build_cot_iteradd(const Task& task, const Policy& policy, const Settings&) {
  const IterAddLayout at(task.size());
  const TotalsLayout totals{at.equals(), at.answer, at.k - 1};
  const Weight max = largest(policy);
  ModelBuilder model(task);
  RunningTotal total(model, task.base(), totals.digits, totals.lines);

  // Places that are asked for: the digits of all operands but the second, and a zero, the first '+'. Step j
  // adds operand j+1 to the line before; the first one adds a_1 to a_2, whose digits see a_1.
  const int zero_place = 0, places = (at.k - 1) * at.n + 1;
  const AntichainCode place(model, "place", places), asks(model, "asks", places);
  const auto number_of = [&](int operand, int t) { return 1 + (operand == 0 ? 0 : operand - 1) * at.n + t; };
  for (int operand = 0; operand < at.k; ++operand) {
    if (operand == 1) continue;
    for (int t = 0; t < at.n; ++t) place.place(model, at.digit(operand, t), number_of(operand, t));
  }
  place.place(model, at.symbol(0), zero_place);

  // The carriers of the first step are the digits of a_2, and the first '+' as its digit n, a zero.
  for (int t = 0; t < at.n; ++t) {
    total.carrier(at.digit(1, t), 0, t);
    asks.place(model, at.digit(1, t), number_of(0, t));
  }
  total.carrier(at.symbol(0), 0, at.n);
  asks.place(model, at.symbol(0), zero_place);
  model.position(at.symbol(0), total.place.x[0], 1);
  // Those of any later one, the digits of the total before.
  for (int step = 1; step < totals.lines; ++step) {
    for (int t = 0; t < totals.digits; ++t) {
      total.carrier(totals.digit(step - 1, t), step, t);
      asks.place(model, totals.digit(step - 1, t), t < at.n ? number_of(step + 1, t) : zero_place);
    }
  }
  // a_1 + a_2 < p^(n+1): what the first total has above digit n is 0.
  for (int step = 0; step < totals.lines; ++step) {
    for (int i = 0; i < totals.digits; ++i) {
      if (step == 0 && i > at.n) {
        total.zero_output(totals.output(step, i));
      } else {
        total.output(totals.output(step, i), step, i);
      }
    }
  }
  total.embed(task, totals);

  // Layer 1. Carriers fetch the digit that is added; pairs of digits are classified. Layers 2 to 4: the sum.
  LayerBuilder& first = model.layer();
  HeadBuilder& fetch = first.head();
  asks.match(fetch, place, total.one, max);
  for (std::size_t d = 0; d < total.place.x.size(); ++d) fetch.copy(total.place.x[d], total.place.a[d]);
  total.finish(first, task, max);
  return model.finish();
}

}  // namespace

Construction cot_iteradd() {
  return {.name = "cot-iteradd",
          .task = "cot-iteradd",
          .theorem = "beyond the paper (theorem 4.2 has no polynomial width without a chain of thought)",
          .regime = Regime::constant,
          .width =
              "L = n + ceil_log(p,k);"
              " max(3*L + 4*p + 9 + 2*antichain(k-1) + 2*antichain((k-1)*n+1), p*p)",
          .family = "fixed(1,0)",
          .summary = "the running totals are written out; 4 layers, width O(n + log k), in 2-bit numbers",
          .note = "cot",
          .knobs = {},
          .refuses = refuses_cot_iteradd,
          .build = build_cot_iteradd};
}

}  // namespace roundoff::constructions
