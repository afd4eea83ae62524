// add-flipflop: ADD in constant precision with width O(n), in 2-bit numbers (theory-notes/add-flipflop.md).
//
// The carry into digit i is found by one unit. Its dot product runs over the columns from the least
// significant one up, as a saturating sum: a generating column pushes it to the top of the range, a killing
// one to the bottom, a propagating one leaves it: a flip-flop. A push is twice MAX, in two registers, for MAX
// alone does not cross the range.
#include <algorithm>

#include "constructions/add_columns.hpp"
#include "constructions/construction.hpp"
#include "constructions/flipflop.hpp"

namespace roundoff {

namespace {

std::string refuses(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: use add-ragged";
  const AddLayout at(size);
  const Weight max = largest(policy);
  const int first = at.equals() + 1, last = at.positions();  // positions that an output attends to
  const std::string reason = needs_constant_attention(policy, first, last);
  if (!reason.empty()) return reason;
  return needs_flipflop(policy, uniform_copy(policy, max, first, last),
                        uniform_copy(policy, -max, first, last));
}

Model build(const Task& task, const Policy& policy, const Settings& settings) {
  const AddLayout at(task.size());
  const int n = at.n, p = task.size().p, window = settings.at("window");
  const Weight max = largest(policy);

  ModelBuilder model(task);
  const AddColumns columns(model, p, std::make_unique<AntichainCode>(model, "code", n + 1));
  const Register not_generate = model.add("not_generate"), not_kill = model.add("not_kill");
  const FlipFlop verdicts(model, "verdict", n);  // least significant column first
  const Slots slots(model, n);  // after the verdicts: the guard comes last in the flip-flop's sum
  const Register carry = model.add("carry");

  // Embedding: one-hot digits, and the column of each position in an antichain code.
  columns.embed(model, at);
  slots.embed(model, at);

  // Layer 1. Every position fetches the digits of its column; pairs of digits are classified.
  LayerBuilder& classes = model.layer();
  columns.fetch(classes, max);
  columns.classify(classes, [&](int total) {
    std::vector<Register> registers;
    if (total < p) registers.push_back(not_generate);
    if (total > p - 2) registers.push_back(not_kill);
    return registers;
  });

  // Layer 2. At b_t only, the verdict of column t is laid into its first register: MAX for generate, -MAX for
  // kill.
  LayerBuilder& spread = model.layer();
  for (int t = 0; t < n; ++t) {
    const Register not_here = slots.not_slot[static_cast<std::size_t>(t)];
    for (const Register not_class : {not_generate, not_kill}) {
      const Weight sign = not_class.dimension == not_generate.dimension ? max : -max;
      const Form elsewhere = -max * not_here - max * columns.not_b;
      spread.unit(elsewhere - max * not_class + Weight(1), {{verdicts.push(t), sign}});
    }
  }

  // Layer 3. Uniform attention brings all verdicts to the outputs, into both registers: each is non-zero at
  // one position only. Then one flip-flop an output digit: -MAX, the pushes of the columns below i in order,
  // and last -MAX unless this is output i.
  LayerBuilder& carries = model.layer();
  HeadBuilder& gather = carries.head();
  for (int t = 0; t < n; ++t) verdicts.gather(gather, t);
  for (int i = 1; i <= n; ++i) {
    const Form state = verdicts.state(std::max(0, i - window), i, columns.one, max);
    carries.unit(state - max * slots.not_slot[static_cast<std::size_t>(i - 1)], {{carry, 1}});
  }

  // Layer 4. The digit moves up by one where a carry comes in.
  columns.add_carry(model.layer(), carry, max);
  columns.logits(model, task, max);
  return model.finish();
}

}  // namespace

Construction add_flipflop() {
  return {
      .name = "add-flipflop",
      .task = "add",
      .theorem = "beyond the paper (Feng et al. 2024, theorem 4.1, has O(n^2))",
      .regime = Regime::constant,
      .width = "max(3*n+4*p+antichain(n+1)+7, p*p)",
      .family = "fixed(1,0)",
      .summary = "one saturating sum an output digit is a flip-flop over the columns; 4 layers, width O(n)",
      .note = "add-flipflop",
      .knobs = {{"window", "columns that a carry is followed over",
                 [](const TaskSize& size) { return size.n; }, [](const TaskSize&) { return 1; },
                 [](const TaskSize& size) { return size.n; }}},
      .refuses = refuses,
      .build = build};
}

}  // namespace roundoff
