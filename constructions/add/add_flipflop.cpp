// add-flipflop: ADD in constant precision with width O(n), in 2-bit numbers (theory-notes/add-flipflop.md).
//
// The carry into digit i is found by one unit. Its dot product runs over the columns from the least
// significant one up, as a saturating sum: a generating column pushes it to the top of the range, a killing
// one to the bottom, a propagating one leaves it: a flip-flop. A push is twice MAX, in two registers, for MAX
// alone does not cross the range.
#include <algorithm>

#include "constructions/add/add_columns.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets/flipflop.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_add_flipflop(const TaskSize& size, const Policy& policy, const Settings&) {
  const std::string size_reason = needs_equal_lengths(size);
  if (!size_reason.empty()) return size_reason;
  const AddLayout at(size);
  const Weight max = largest(policy);
  const int first = at.equals() + 1, last = at.positions();  // positions that an output attends to
  const std::string reason = needs_constant_attention(policy, first, last);
  if (!reason.empty()) return reason;
  return needs_flipflop(policy, uniform_copy(policy, max, first, last),
                        uniform_copy(policy, -max, first, last));
}

Model build_add_flipflop(const Task& task, const Policy& policy, const Settings& settings) {
  const AddLayout at(task.size());
  const int p = task.size().p, c = task.size().c, window = settings.at("window");
  const int column_count = c * at.n;  // column ct + j is place j of digit token t
  const Weight max = largest(policy);

  ModelBuilder model(task);
  const AddColumns columns(model, task.size(), std::make_unique<AntichainCode>(model, "code", at.n + 1));
  const std::vector<Register> not_generate = model.add("not_generate", c),
                              not_kill = model.add("not_kill", c);
  const FlipFlop verdicts(model, "verdict", column_count);  // least significant column first
  const Slots slots(model, at,
                    c == 1 ? 1 : 0);  // after the verdicts: in the flip-flop's sum the guard is last
  const std::vector<Register> carry = model.add("carry", c);

  // Embedding: one-hot digits, and the column of each position in an antichain code.
  columns.embed(model, task, at);
  slots.embed(model, at);

  // Layer 1. Every position fetches the digits of its column; pairs of digits are classified.
  LayerBuilder& classes = model.layer();
  columns.fetch(classes, max);
  for (std::size_t j = 0; j < columns.places.size(); ++j) {
    columns.classify(classes, columns.places[j], [&](int total) {
      std::vector<Register> registers;
      if (total < p) registers.push_back(not_generate[j]);
      if (total > p - 2) registers.push_back(not_kill[j]);
      return registers;
    });
  }

  // Layer 2. At b_t only, the verdict of a column is laid into its first register: MAX for generate, -MAX for
  // kill.
  LayerBuilder& spread = model.layer();
  for (int column = 0; column < column_count; ++column) {
    const auto j = static_cast<std::size_t>(column % c);
    const Form elsewhere = -max * slots.not_digit(column / c) - max * columns.not_b;
    spread.unit(elsewhere - max * not_generate[j] + Weight(1), {{verdicts.push(column), max}});
    spread.unit(elsewhere - max * not_kill[j] + Weight(1), {{verdicts.push(column), -max}});
  }

  // Layer 3. Uniform attention brings all verdicts to the outputs, into both registers: each is non-zero at
  // one position only. Then one flip-flop a column: -MAX, the pushes of the columns below it in order, and
  // last -MAX unless this is its output.
  LayerBuilder& carries = model.layer();
  HeadBuilder& gather = carries.head();
  for (int column = 0; column < column_count; ++column) verdicts.gather(gather, column);
  for (int column = 1; column <= column_count && column / c < at.answer; ++column) {
    const Form state = verdicts.state(std::max(0, column - window), column, columns.one, max);
    carries.unit(state - max * slots.not_output(column / c),
                 {{carry[static_cast<std::size_t>(column % c)], 1}});
  }

  // Layer 4. A digit moves up by one where a carry comes in.
  LayerBuilder& digits = model.layer();
  for (std::size_t j = 0; j < columns.places.size(); ++j) {
    columns.add_carry(digits, columns.places[j], carry[j], max);
  }
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
      .width =
          "max(antichain(ceil_div(n,c)+1) + 2*c*ceil_div(n,c) + ceil_div(n+1,c) + 4*c*p + 3*c + 3"
          " + min(c-1,1)*(c*p+1), c*p*p)",
      .family = "fixed(1,0)",
      .summary = "one saturating sum an output digit is a flip-flop over the columns; 4 layers, width O(n)",
      .note = "add-flipflop",
      .knobs = {{"window", "columns that a carry is followed over",
                 [](const TaskSize& size) { return (size.n + size.c - 1) / size.c * size.c; },
                 [](const TaskSize&) { return 1; },
                 [](const TaskSize& size) { return (size.n + size.c - 1) / size.c * size.c; }, true}},
      .refuses = refuses_add_flipflop,
      .build = build_add_flipflop};
}

}  // namespace roundoff::constructions
