// add-dyadic: ADD in constant precision with width O(log^2 n), in 2-bit numbers (theory-notes/add-dyadic.md).
//
// The columns below digit i are the union of aligned blocks, one of 2^l columns for each set bit l of i. The
// carry out of a block, if no carry comes in or all propagate, is told by its most significant column that
// does not propagate: the block is that verdict (generate or kill), or nothing. A flip-flop over the at most
// m = lg n blocks gives the carry. Positions are compared by prefixes of binary numbers, so that a head needs
// 2m dimensions and no position has a register of its own.
#include <algorithm>

#include <fmt/format.h>

#include "constructions/add/add_columns.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets/flipflop.hpp"
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

int digits_of_length(int n) { return ceil_log(2, static_cast<std::uint64_t>(n) + 1); }

std::string refuses_add_dyadic(const TaskSize& size, const Policy& policy, const Settings&) {
  const std::string size_reason = needs_single_digits(size);
  if (!size_reason.empty()) return size_reason;
  const AddLayout at(size);
  const Weight max = largest(policy);
  const int first = 1, last = at.positions();  // positions that a head may attend to
  const std::string reason = needs_constant_attention(policy, first, last);
  if (!reason.empty()) return reason;
  // '+' scores lowest + MAX where nothing matches, 0 in symmetric ranges; other keys score -MAX or less.
  const Format& scores = policy[Role::accumulators];
  const Weight gap = max + Weight(scores.lowest) + max;
  if (!apply(Function::exp, (-gap).value, policy[Role::softmax]).value.is_zero()) {
    return fmt::format(
        "exp of the lowest number of {} plus 2 MAX does not round to 0: use a symmetric range, fixed(i,f)",
        notation(scores));
  }
  return needs_flipflop(policy, uniform_copy(policy, max, first, last),
                        uniform_copy(policy, -max, first, last));
}

Model build_add_dyadic(const Task& task, const Policy& policy, const Settings& settings) {
  const AddLayout at(task.size());
  const int n = at.n, p = task.size().p, m = digits_of_length(n);
  const int levels_a_layer = (m + settings.at("rounds") - 1) / settings.at("rounds");
  const Weight max = largest(policy);

  ModelBuilder model(task);
  auto binary = std::make_unique<BinaryCode>(model, "digit_number", n + 1);
  const BinaryCode& own = *binary;
  const BinaryCode next(model, "next_number", n + 1);  // t+1 at b_t
  const AddColumns columns(model, task.size(), std::move(binary));
  const Register one = columns.one, not_a = columns.not_a, not_b = columns.not_b;
  const Register plus = model.add("plus");  // 1 at '+'
  const Register not_generate = model.add("not_generate"), not_kill = model.add("not_kill");
  const Register propagate = model.add("propagate"), next_propagates = model.add("next_propagates");
  const std::vector<Register> later =
      model.add("later", m);                 // a more significant column of the block decides
  const FlipFlop blocks(model, "block", m);  // the verdict of the block of level m-1, m-2, ..., 0
  const Register carry = model.add("carry");

  // Embedding: one-hot digits, the number of each digit in binary, and t+1 at b_t. (A position of a repeats
  // its own number, so that it finds itself.) '+' is the answer that a query finds when nothing else matches.
  columns.embed(model, task, at);
  for (int t = 0; t < n; ++t) {
    next.place(model, at.b(t), t + 1);
    next.place(model, at.a(t), t);
  }
  next.place(model, at.plus(), n);
  model.position(at.plus(), plus, 1);

  // Layer 1. Every position fetches the digits of its column; pairs of digits are classified.
  LayerBuilder& classes = model.layer();
  columns.fetch(classes, max);
  columns.classify(classes, columns.places[0], [&](int total) {
    std::vector<Register> registers;
    if (total < p) registers.push_back(not_generate);
    if (total > p - 2) registers.push_back(not_kill);
    if (total == p - 1) registers.push_back(propagate);
    return registers;
  });

  // Layer 2. b_t learns whether column t+1 propagates: what it may then ask is about columns above its own
  // only.
  HeadBuilder& neighbour = model.layer().head();
  next.match(neighbour, own, one, max);
  neighbour.score(-max * not_a, not_b);
  neighbour.copy(propagate, next_propagates);

  // A key that a query finds when no other matches: all terms before are at most 0, the first of them is -MAX
  // there, so that MAX at the end gives exactly 0.
  const auto or_else_plus = [&](HeadBuilder& head) { head.score(max * one, plus); };

  // Heads for the levels first .. m-1, `levels_a_layer` of them in a layer; returns the last layer.
  const auto heads_for_levels = [&](int first, const auto& lay) -> LayerBuilder& {
    LayerBuilder* layer = &model.layer();
    for (int level = first; level < m; ++level) {
      if (level > first && (level - first) % levels_a_layer == 0) layer = &model.layer();
      lay(layer->head(), level);
    }
    return *layer;
  };

  // Layer 3 (or several, by `rounds`). At b_t, head l: is there a column above t in its block of level l that
  // does not propagate? The keys, b_t to b_(n-1), tell of the columns t+1 to n; '+' says no. (A block of
  // level 0 has one column.)
  LayerBuilder& verdicts = heads_for_levels(1, [&](HeadBuilder& exists, int level) {
    exists.score(-max * not_a, not_b + plus + next_propagates);
    own.match_prefix(exists, next, level, one, max);
    or_else_plus(exists);
    exists.copy(max * one - max * plus, later[static_cast<std::size_t>(level)]);
  });

  // Then column t is the verdict on its block of level l if it generates or kills and no column above it
  // decides.
  for (int level = 0; level < m; ++level) {
    const Form not_here = -max * not_b - max * plus - max * later[static_cast<std::size_t>(level)];
    verdicts.unit(not_here - max * not_generate + Weight(1), {{blocks.push(m - 1 - level), max}});
    verdicts.unit(not_here - max * not_kill + Weight(1), {{blocks.push(m - 1 - level), -max}});
  }

  // Layer 4 (or several). Output i, head l, where bit l of i is set: the verdict of the block of level l
  // below i, the columns that agree with i above bit l and have bit l clear; at most one of them holds one.
  // Where bit l is clear, every column is pressed down and '+' says 0.
  LayerBuilder& carries = heads_for_levels(0, [&](HeadBuilder& block, int level) {
    const Register bit = own.registers()[static_cast<std::size_t>(level)];
    block.score(-max * not_a, not_b + plus + bit);
    block.score(-max * not_a + max * bit, one);
    own.match_prefix(block, own, level + 1, one, max);
    or_else_plus(block);
    blocks.gather(block, m - 1 - level);
  });

  // The flip-flop runs over the blocks from the least significant one, that of the greatest level.
  carries.unit(blocks.state(0, m, one, max), {{carry, 1}});

  // Last layer. The digit moves up by one where a carry comes in.
  columns.add_carry(model.layer(), columns.places[0], carry, max);
  columns.logits(model, task, max);
  return model.finish();
}

}  // namespace

Construction add_dyadic() {
  return {.name = "add-dyadic",
          .task = "add",
          .theorem = "beyond the paper (Feng et al. 2024, theorem 4.1, has O(n^2))",
          .regime = Regime::constant,
          .width = "max(5*ceil_lg(n+1)+4*p+10, ceil_div(ceil_lg(n+1),rounds)*(2*ceil_lg(n+1)+1), p*p)",
          .family = "fixed(1,0)",
          .summary = "a flip-flop over the aligned blocks below a digit; width O(log^2 n)",
          .note = "add-dyadic",
          .knobs = {{"rounds", "layers that the heads of each stage are spread over",
                     [](const TaskSize&) { return 1; }, [](const TaskSize&) { return 1; },
                     [](const TaskSize& size) { return digits_of_length(size.n); }}},
          .refuses = refuses_add_dyadic,
          .build = build_add_dyadic};
}

}  // namespace roundoff::constructions
