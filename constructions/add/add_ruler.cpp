// add-ruler: ADD in constant precision with width O(log n), in 2-bit numbers too, seven layers
// (theory-notes/add-ruler.md).
//
// Column x stands for the block [x, x + 2^z), z the number of trailing zeros of x, as the marks of a ruler do;
// causality lets b_x see it, since the more significant digits come first. lambda(t) is the level of the first
// block after t, among the right siblings of the blocks around t, that holds a column which does not propagate,
// and next(t) the number of that block. For p, the nearest column below i that does not propagate, either bit
// lambda(p) of i is 1 and i agrees with p above it, or column i propagates and next(i) = next(p): two heads of
// O(log n) dimensions find it, where add-dyadic has one head a level.
#include <algorithm>

#include <fmt/format.h>

#include "constructions/add/add_columns.hpp"
#include "constructions/construction.hpp"
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

int bit_length(int n) { return ceil_log(2, static_cast<std::uint64_t>(n) + 1); }

std::string refuses_add_ruler(const TaskSize& size, const Policy& policy, const Settings&) {
  const std::string length_reason = needs_equal_lengths(size);
  if (!length_reason.empty()) return length_reason;
  const AddLayout at(size);
  const Weight max = largest(policy);
  if (floating(policy)) {
    return fmt::format(
        "takes ORs and ANDs from sums that saturate at MAX, and MAX - 1 is MAX in floating point ({}): use "
        "fixed(1,0) or F(0,2)",
        notation(policy[Role::accumulators]));
  }
  const std::string reason =
      first_reason({needs_stable_softmax(policy), needs_saturation(policy), needs_sequential_sums(policy),
                    needs_constant_attention(policy, 1, at.positions())});
  if (!reason.empty()) return reason;
  return needs_weight(policy, max - Weight(1), "MAX - 1");
}

std::vector<Register> reversed(std::vector<Register> registers) {
  std::reverse(registers.begin(), registers.end());
  return registers;
}

Model build_add_ruler(const Task& task, const Policy& policy, const Settings&) {
  const AddLayout at(task.size());
  const int n = at.n, base = task.base(), levels = bit_length(n);
  const Weight max = largest(policy);
  const auto level_of = [](const std::vector<Register>& registers, int level) {
    return registers[static_cast<std::size_t>(level)];
  };

  // A truth is 0, or a number from 1 to MAX; digits are one-hot without 0. Registers of levels are used anew:
  // what they hold at first, and then.
  ModelBuilder model(task);
  const Register one = model.add("one");
  const Register exists = model.add("exists");  // a column of the own block, [x, x + 2^z), does not propagate
  const std::vector<Register> total = model.add("sum", base - 1);  // a_t + b_t modulo B
  const std::vector<Register> next =
      reversed(model.add("next", levels));  // bits of next(t); verdict by level
  const Register late_one = model.add("late_one");
  const std::vector<Register> bit = model.add("bit", levels);  // of the digit's number; 0 at '+'
  const std::vector<Register> mark =
      model.add("mark", levels + 1);  // one-hot z; generate, by lambda; |verdict|
  const Register generate = model.add("generate"), kill = model.add("kill");
  const std::vector<Register> decided =
      model.add("decided", levels + 1);                      // `exists`, by z; next(i); kill by lambda
  const std::vector<Register> x = model.add("x", base - 1);  // the token's digit
  const std::vector<Register> a = model.add("a", base - 1);  // the digit a_t
  const Register own_run = model.add("own_run");  // the verdict that ends i's own run of propagating columns
  const Register carry = model.add("carry");
  const std::vector<Register> out = model.add("out", base - 1);
  const Register plus = model.add("plus"), top = model.add("top");  // 1 at '+', and at '=' as digit n
  const Register not_a = model.add("not_a"), not_b = model.add("not_b"), end = model.add("end");

  const auto number = [&](int position, int t) {
    for (int l = 0; l < levels; ++l) model.position(position, level_of(bit, l), t >> l & 1);
  };
  for (int v = 1; v < base; ++v) model.token(static_cast<Token>(v), level_of(x, v - 1), 1);
  for (int position = 0; position < at.positions(); ++position) {
    model.position(position, one, 1);
    model.position(position, late_one, 1);
    if (position >= n) model.position(position, not_a, 1);
    if (position < n || position > at.b(0)) model.position(position, not_b, 1);
  }
  model.position(at.plus(), plus, 1);
  for (int t = 0; t < n; ++t) {
    number(at.a(t), t);
    number(at.b(t), t);
    int zeros = 0;
    while (t > 0 && (t >> zeros & 1) == 0) ++zeros;
    if (t > 0) model.position(at.b(t), level_of(mark, zeros), 1);
  }
  for (int i = 0; i < at.answer; ++i) number(at.output(i), i);
  if (at.answer > n) model.position(at.equals(), top, 1);
  model.position(at.end(), end, 1);

  // Scores are sums of MAX * query * key, truths each, all of them <= 0: a key is found if no term is true.
  const auto unless = [&](HeadBuilder& head, const Form& query, const Form& key) {
    head.score(-max * query, key);
  };
  const auto clear = [&](int l) { return one - Form(level_of(bit, l)); };
  // Keys with the own number; and '+', which has no number: the answer where there is no other.
  const auto same_number = [&](HeadBuilder& head) {
    for (int l = 0; l < levels; ++l) unless(head, level_of(bit, l), clear(l) - Form(plus));
    for (int l = 0; l < levels; ++l) unless(head, clear(l), level_of(bit, l));
  };
  const Form no_verdict = one - Form(generate) - kill - plus;  // the column propagates, or is none
  const Form not_plus = one - Form(plus);
  const auto below = [&](const std::vector<Register>& registers, int level) {
    return sum({registers.begin(), registers.begin() + level});
  };
  const auto above = [&](const std::vector<Register>& registers, int level) {
    return sum({registers.begin() + level + 1, registers.begin() + levels});
  };
  const auto clear_register = [](LayerBuilder& layer, Register reg) { layer.unit(reg, {{reg, -1}}); };
  const auto at_most_one = [&](LayerBuilder& layer, Register truth) {
    if (less(1, max)) layer.unit(truth - Form(one), {{truth, -1}});
  };

  // The digit a_t + b_t modulo B: a unit for each pair whose sum is not 0, a third of them in each of three
  // layers. A digit 0 is that no other digit is there.
  const auto sum_digits = [&](LayerBuilder& layer, int part) {
    int pair = 0;
    for (int v = 0; v < base; ++v) {
      for (int w = 0; w < base; ++w) {
        if ((v + w) % base == 0 || pair++ % 3 != part) continue;
        const Form digits = v == 0   ? level_of(a, w - 1) - sum(x)
                            : w == 0 ? level_of(x, v - 1) - sum(a)
                                     : level_of(x, v - 1) + Form(level_of(a, w - 1)) - one;
        layer.unit(digits - max * (not_b + Form(plus)), {{level_of(total, (v + w) % base - 1), 1}});
      }
    }
  };

  // Layer 1. b_t fetches the digit a_t. Column t generates or kills.
  LayerBuilder& columns = model.layer();
  HeadBuilder& pair = columns.head();
  for (int l = 0; l < levels; ++l) unless(pair, level_of(bit, l), clear(l));
  for (int l = 0; l < levels; ++l) unless(pair, clear(l), level_of(bit, l));
  unless(pair, one, not_a);
  for (std::size_t v = 0; v < x.size(); ++v) pair.copy(x[v], a[v]);
  for (int v = 1; v < base; ++v) {  // w >= B - v
    const Form large = sum({a.begin() + (base - v - 1), a.end()});
    columns.unit(level_of(x, v - 1) + large - one - max * Form(not_b), {{generate, 1}});
  }
  for (int v = 0; v + 1 < base; ++v) {  // w < B-1 - v
    const Form large = sum({a.begin() + (base - 2 - v), a.end()});
    const Form own = v == 0 ? one - sum(x) : Form(level_of(x, v - 1));
    columns.unit(own - large - max * (not_b + Form(plus)), {{kill, 1}});
  }
  sum_digits(columns, 0);

  // Layer 2. Does a column of the own block decide? Columns of the block agree with x from bit z on; it is
  // those seen so far, as x is the least of them. The answer goes into the register of level z.
  LayerBuilder& blocks = model.layer();
  HeadBuilder& block = blocks.head();
  for (int l = 0; l < levels; ++l) unless(block, level_of(bit, l), clear(l) - Form(plus));
  for (int l = 0; l < levels; ++l) unless(block, clear(l) - above(mark, l), level_of(bit, l));
  unless(block, one, no_verdict);
  block.copy(max * generate + max * Form(kill), exists);
  for (int l = 0; l < levels; ++l) {
    blocks.unit(max * exists - max * late_one + level_of(mark, l), {{level_of(decided, l), 1}});
  }
  sum_digits(blocks, 1);

  // Layer 3. b_t hears of the right siblings of the blocks around it: the marks x that agree with t above their
  // z, with bit z set where t has it clear: one a level, each into its register. Then next(t) is t above
  // lambda, 1 there and 0 below: bit l of it is 1 if l = lambda, or if lambda < l and t has bit l.
  LayerBuilder& siblings = model.layer();
  HeadBuilder& sibling = siblings.head();
  for (int l = 0; l < levels; ++l) {
    unless(sibling, level_of(bit, l), clear(l) - Form(plus) + level_of(mark, l) - above(mark, l));
  }
  for (int l = 0; l < levels; ++l) unless(sibling, clear(l), level_of(bit, l) - Form(level_of(mark, l)));
  unless(sibling, one, not_b);
  for (int l = 0; l < levels; ++l) sibling.copy(max * level_of(decided, l), level_of(next, l));
  for (int l = 0; l < levels; ++l) {
    const Register own = level_of(next, l);
    if (l > 0) {
      siblings.unit(max * below(next, l) - max * late_one + level_of(bit, l) - max * Form(not_b), {{own, 1}});
    }
    siblings.unit(max * own - max * below(next, l) - max * not_b - (max - Weight(1)) * Form(late_one),
                  {{own, 1}});
    clear_register(siblings, own);
    clear_register(siblings, level_of(decided, l));
  }
  sum_digits(siblings, 2);

  // Layer 4. Output i fetches next(i) and its column's digit ('+', with none, where there is no such column).
  // A column that decides puts its verdict at its lambda, the lowest set bit of next(t), or at `levels`.
  LayerBuilder& verdicts = model.layer();
  HeadBuilder& fetch = verdicts.head();
  same_number(fetch);
  unless(fetch, one, not_b);
  unless(fetch, one - Form(not_b), not_plus);
  for (int l = 0; l < levels; ++l) fetch.copy(max * level_of(next, l), level_of(decided, l));
  for (const Register digit : total) fetch.copy(max * digit, digit);
  for (const auto& [verdict, by_lambda] : {std::pair{generate, mark}, std::pair{kill, decided}}) {
    for (int l = 0; l < levels; ++l) {
      verdicts.unit(level_of(next, l) - below(next, l) - late_one + verdict, {{level_of(by_lambda, l), 1}});
    }
    verdicts.unit(verdict - sum(next), {{level_of(by_lambda, levels), 1}});
  }
  for (int l = 0; l < levels; ++l) clear_register(verdicts, level_of(mark, l));
  for (int l = 0; l < levels; ++l) at_most_one(verdicts, level_of(decided, l));
  for (const Register digit : total) at_most_one(verdicts, digit);

  // Layer 5. First head: the columns t that decide and agree with i above lambda(t), where i has a 1: at most
  // one for each lambda. (next(t) agrees with t above lambda(t) and is 0 below.) Second head: where column i
  // propagates, the column that decides with next(t) = next(i); '=' as digit n has next = 0 likewise.
  LayerBuilder& search = model.layer();
  HeadBuilder& lower = search.head();
  for (int l = 0; l < levels; ++l) unless(lower, clear(l), level_of(next, l));
  for (int l = 0; l < levels; ++l) {
    Form lambda_to_here = -Form(level_of(next, l));
    for (int j = 0; j <= l; ++j) lambda_to_here += level_of(mark, j) + Form(level_of(decided, j));
    unless(lower, level_of(bit, l), lambda_to_here);
  }
  unless(lower, one, no_verdict);
  unless(lower, one, level_of(mark, levels) + Form(level_of(decided, levels)) + not_b);
  for (int l = 0; l < levels; ++l) {
    lower.copy(max * level_of(mark, l) - max * Form(level_of(decided, l)), level_of(next, l));
  }
  HeadBuilder& run = search.head();
  for (int l = 0; l < levels; ++l) unless(run, level_of(decided, l), one - Form(level_of(next, l)) - plus);
  for (int l = 0; l < levels; ++l) unless(run, one - Form(level_of(decided, l)), level_of(next, l));
  unless(run, one, no_verdict);
  unless(run, one - Form(total.back()) - top, not_plus);
  run.copy(max * generate - max * Form(kill), own_run);
  for (int l = 0; l < levels; ++l) {
    search.unit(level_of(next, l), {{level_of(mark, l), 1}});
    search.unit(-Form(level_of(next, l)), {{level_of(mark, l), 1}});
  }
  search.unit(own_run, {{level_of(mark, levels), 1}});
  search.unit(-Form(own_run), {{level_of(mark, levels), 1}});
  at_most_one(search, own_run);

  // Layer 6. The own run's verdict if there is one, else that of the lowest level.
  LayerBuilder& nearest = model.layer();
  for (int l = 0; l < levels; ++l) {
    nearest.unit(max * level_of(next, l) - (max - Weight(1)) * Form(late_one) - max * below(mark, l) -
                     max * Form(level_of(mark, levels)),
                 {{carry, 1}});
  }
  nearest.unit(own_run, {{carry, 1}});

  // Layer 7. The digit moves up by one where a carry comes in.
  LayerBuilder& answer = model.layer();
  for (int v = 1; v < base; ++v) {
    const Register to = level_of(out, v - 1);
    answer.unit(level_of(total, v - 1) - Form(carry) - end, {{to, 1}});
    const Form before = v == 1 ? -sum(total) : level_of(total, v - 2) - Form(one);
    answer.unit(before + carry - end, {{to, 1}});
    model.logit(static_cast<Token>(v), to);
  }
  model.logit(task.eos(), end);
  return model.finish();
}

}  // namespace

Construction add_ruler() {
  return {.name = "add-ruler",
          .task = "add",
          .theorem = "beyond the paper (Feng et al. 2024, theorem 4.1, has O(n^2))",
          .regime = Regime::constant,
          .width =
              "m = ceil_lg(ceil_div(n,c)+1); B = power(p,c); max(4*m+4*B+10, "
              "2*B-2+ceil_div(B*B-B,3), 4*m-1+ceil_div(B*B-B-2,3))",
          .family = "fixed(1,0)",
          .summary = "blocks as on a ruler: two heads find the carry; width O(log n)",
          .note = "add-ruler",
          .knobs = {},
          .refuses = refuses_add_ruler,
          .build = build_add_ruler};
}

}  // namespace roundoff::constructions
