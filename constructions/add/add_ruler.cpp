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

// A truth is 0, or a number from 1 to MAX; digits are one-hot without 0. One paragraph of weights a layer.
class AddRuler {
 public:
  explicit AddRuler(const Task& task, const Policy& policy)
      : task_(task),
        at_(task.size()),
        n_(at_.n),
        base_(task.base()),
        levels_(bit_length(n_)),
        max_(largest(policy)),
        model_(task) {}

  Model build() {
    embed();
    judge_columns();
    mark_blocks();
    hear_siblings();
    fetch_and_place();
    search_below();
    choose_nearest();
    write_digits();
    model_.logit(task_.eos(), end_);
    return model_.finish();
  }

 private:
  using Registers = std::vector<Register>;

  static Register level_of(const Registers& registers, int level) {
    return registers[static_cast<std::size_t>(level)];
  }

  // Bits of the number t at a position.
  void number(int position, int t) {
    for (int l = 0; l < levels_; ++l) model_.position(position, level_of(bit_, l), t >> l & 1);
  }
  void embed() {
    for (int v = 1; v < base_; ++v) model_.token(static_cast<Token>(v), level_of(x_, v - 1), 1);
    for (int position = 0; position < at_.positions(); ++position) {
      model_.position(position, one_, 1);
      model_.position(position, late_one_, 1);
      if (position >= n_) model_.position(position, not_a_, 1);
      if (position < n_ || position > at_.b(0)) model_.position(position, not_b_, 1);
    }
    model_.position(at_.plus(), plus_, 1);
    for (int t = 0; t < n_; ++t) {
      number(at_.a(t), t);
      number(at_.b(t), t);
      int zeros = 0;
      while (t > 0 && (t >> zeros & 1) == 0) ++zeros;
      if (t > 0) model_.position(at_.b(t), level_of(mark_, zeros), 1);
    }
    for (int i = 0; i < at_.answer; ++i) number(at_.output(i), i);
    if (at_.answer > n_) model_.position(at_.equals(), top_, 1);
    model_.position(at_.end(), end_, 1);
  }

  // Scores are sums of MAX * query * key, truths each, all of them <= 0: a key is found if no term is true.
  void unless(HeadBuilder& head, const Form& query, const Form& key) const { head.score(-max_ * query, key); }
  Form clear(int l) const { return one_ - Form(level_of(bit_, l)); }
  // Keys with the own number; and '+', which has no number: the answer where there is no other.
  void same_number(HeadBuilder& head) const {
    for (int l = 0; l < levels_; ++l) unless(head, level_of(bit_, l), clear(l) - Form(plus_));
    for (int l = 0; l < levels_; ++l) unless(head, clear(l), level_of(bit_, l));
  }
  // The column propagates, or is none.
  Form no_verdict() const { return one_ - Form(generate_) - kill_ - plus_; }
  Form not_plus() const { return one_ - Form(plus_); }
  static Form below(const Registers& registers, int level) {
    return sum({registers.begin(), registers.begin() + level});
  }
  Form above(const Registers& registers, int level) const {
    return sum({registers.begin() + level + 1, registers.begin() + levels_});
  }
  static void clear_register(LayerBuilder& layer, Register reg) { layer.unit(reg, {{reg, -1}}); }
  void at_most_one(LayerBuilder& layer, Register truth) const {
    if (less(1, max_)) layer.unit(truth - Form(one_), {{truth, -1}});
  }

  // The digit a_t + b_t modulo B: a unit for each pair whose sum is not 0, a third of them in each of three
  // layers. A digit 0 is that no other digit is there.
  void sum_digits(LayerBuilder& layer, int part) {
    int pair = 0;
    for (int v = 0; v < base_; ++v) {
      for (int w = 0; w < base_; ++w) {
        if ((v + w) % base_ == 0 || pair++ % 3 != part) continue;
        const Form digits = v == 0   ? level_of(a_, w - 1) - sum(x_)
                            : w == 0 ? level_of(x_, v - 1) - sum(a_)
                                     : level_of(x_, v - 1) + Form(level_of(a_, w - 1)) - one_;
        layer.unit(digits - max_ * (not_b_ + Form(plus_)), {{level_of(total_, (v + w) % base_ - 1), 1}});
      }
    }
  }

  // Layer 1. b_t fetches the digit a_t. Column t generates or kills.
  void judge_columns() {
    LayerBuilder& columns = model_.layer();
    HeadBuilder& pair = columns.head();
    for (int l = 0; l < levels_; ++l) unless(pair, level_of(bit_, l), clear(l));
    for (int l = 0; l < levels_; ++l) unless(pair, clear(l), level_of(bit_, l));
    unless(pair, one_, not_a_);
    for (std::size_t v = 0; v < x_.size(); ++v) pair.copy(x_[v], a_[v]);
    for (int v = 1; v < base_; ++v) {  // w >= B - v
      const Form large = sum({a_.begin() + (base_ - v - 1), a_.end()});
      columns.unit(level_of(x_, v - 1) + large - one_ - max_ * Form(not_b_), {{generate_, 1}});
    }
    for (int v = 0; v + 1 < base_; ++v) {  // w < B-1 - v
      const Form large = sum({a_.begin() + (base_ - 2 - v), a_.end()});
      const Form own = v == 0 ? one_ - sum(x_) : Form(level_of(x_, v - 1));
      columns.unit(own - large - max_ * (not_b_ + Form(plus_)), {{kill_, 1}});
    }
    sum_digits(columns, 0);
  }

  // Layer 2. Does a column of the own block decide? Columns of the block agree with x from bit z on; it is
  // those seen so far, as x is the least of them. The answer goes into the register of level z.
  void mark_blocks() {
    LayerBuilder& blocks = model_.layer();
    HeadBuilder& block = blocks.head();
    for (int l = 0; l < levels_; ++l) unless(block, level_of(bit_, l), clear(l) - Form(plus_));
    for (int l = 0; l < levels_; ++l) unless(block, clear(l) - above(mark_, l), level_of(bit_, l));
    unless(block, one_, no_verdict());
    block.copy(max_ * generate_ + max_ * Form(kill_), exists_);
    for (int l = 0; l < levels_; ++l) {
      blocks.unit(max_ * exists_ - max_ * late_one_ + level_of(mark_, l), {{level_of(decided_, l), 1}});
    }
    sum_digits(blocks, 1);
  }

  // Layer 3. b_t hears of the right siblings of the blocks around it: the marks x that agree with t above their
  // z, with bit z set where t has it clear: one a level, each into its register. Then next(t) is t above
  // lambda, 1 there and 0 below: bit l of it is 1 if l = lambda, or if lambda < l and t has bit l.
  void hear_siblings() {
    LayerBuilder& siblings = model_.layer();
    HeadBuilder& sibling = siblings.head();
    for (int l = 0; l < levels_; ++l) {
      unless(sibling, level_of(bit_, l), clear(l) - Form(plus_) + level_of(mark_, l) - above(mark_, l));
    }
    for (int l = 0; l < levels_; ++l) unless(sibling, clear(l), level_of(bit_, l) - Form(level_of(mark_, l)));
    unless(sibling, one_, not_b_);
    for (int l = 0; l < levels_; ++l) sibling.copy(max_ * level_of(decided_, l), level_of(next_, l));
    for (int l = 0; l < levels_; ++l) {
      const Register own = level_of(next_, l);
      if (l > 0) {
        siblings.unit(max_ * below(next_, l) - max_ * late_one_ + level_of(bit_, l) - max_ * Form(not_b_),
                      {{own, 1}});
      }
      siblings.unit(
          max_ * own - max_ * below(next_, l) - max_ * not_b_ - (max_ - Weight(1)) * Form(late_one_),
          {{own, 1}});
      clear_register(siblings, own);
      clear_register(siblings, level_of(decided_, l));
    }
    sum_digits(siblings, 2);
  }

  // Layer 4. Output i fetches next(i) and its column's digit ('+', with none, where there is no such column).
  // A column that decides puts its verdict at its lambda, the lowest set bit of next(t), or at `levels`.
  void fetch_and_place() {
    LayerBuilder& verdicts = model_.layer();
    HeadBuilder& fetch = verdicts.head();
    same_number(fetch);
    unless(fetch, one_, not_b_);
    unless(fetch, one_ - Form(not_b_), not_plus());
    for (int l = 0; l < levels_; ++l) fetch.copy(max_ * level_of(next_, l), level_of(decided_, l));
    for (const Register digit : total_) fetch.copy(max_ * digit, digit);
    for (const auto& [verdict, by_lambda] : {std::pair{generate_, mark_}, std::pair{kill_, decided_}}) {
      for (int l = 0; l < levels_; ++l) {
        verdicts.unit(level_of(next_, l) - below(next_, l) - late_one_ + verdict,
                      {{level_of(by_lambda, l), 1}});
      }
      verdicts.unit(verdict - sum(next_), {{level_of(by_lambda, levels_), 1}});
    }
    for (int l = 0; l < levels_; ++l) clear_register(verdicts, level_of(mark_, l));
    for (int l = 0; l < levels_; ++l) at_most_one(verdicts, level_of(decided_, l));
    for (const Register digit : total_) at_most_one(verdicts, digit);
  }

  // Layer 5. First head: the columns t that decide and agree with i above lambda(t), where i has a 1: at most
  // one for each lambda. (next(t) agrees with t above lambda(t) and is 0 below.) Second head: where column i
  // propagates, the column that decides with next(t) = next(i); '=' as digit n has next = 0 likewise.
  void search_below() {
    LayerBuilder& search = model_.layer();
    HeadBuilder& lower = search.head();
    for (int l = 0; l < levels_; ++l) unless(lower, clear(l), level_of(next_, l));
    for (int l = 0; l < levels_; ++l) {
      Form lambda_to_here = -Form(level_of(next_, l));
      for (int j = 0; j <= l; ++j) lambda_to_here += level_of(mark_, j) + Form(level_of(decided_, j));
      unless(lower, level_of(bit_, l), lambda_to_here);
    }
    unless(lower, one_, no_verdict());
    unless(lower, one_, level_of(mark_, levels_) + Form(level_of(decided_, levels_)) + not_b_);
    for (int l = 0; l < levels_; ++l) {
      lower.copy(max_ * level_of(mark_, l) - max_ * Form(level_of(decided_, l)), level_of(next_, l));
    }
    HeadBuilder& run = search.head();
    for (int l = 0; l < levels_; ++l)
      unless(run, level_of(decided_, l), one_ - Form(level_of(next_, l)) - plus_);
    for (int l = 0; l < levels_; ++l) unless(run, one_ - Form(level_of(decided_, l)), level_of(next_, l));
    unless(run, one_, no_verdict());
    unless(run, one_ - Form(total_.back()) - top_, not_plus());
    run.copy(max_ * generate_ - max_ * Form(kill_), own_run_);
    for (int l = 0; l < levels_; ++l) {
      search.unit(level_of(next_, l), {{level_of(mark_, l), 1}});
      search.unit(-Form(level_of(next_, l)), {{level_of(mark_, l), 1}});
    }
    search.unit(own_run_, {{level_of(mark_, levels_), 1}});
    search.unit(-Form(own_run_), {{level_of(mark_, levels_), 1}});
    at_most_one(search, own_run_);
  }

  // Layer 6. The own run's verdict if there is one, else that of the lowest level.
  void choose_nearest() {
    LayerBuilder& nearest = model_.layer();
    for (int l = 0; l < levels_; ++l) {
      nearest.unit(max_ * level_of(next_, l) - (max_ - Weight(1)) * Form(late_one_) - max_ * below(mark_, l) -
                       max_ * Form(level_of(mark_, levels_)),
                   {{carry_, 1}});
    }
    nearest.unit(own_run_, {{carry_, 1}});
  }

  // Layer 7. The digit moves up by one where a carry comes in.
  void write_digits() {
    LayerBuilder& answer = model_.layer();
    for (int v = 1; v < base_; ++v) {
      const Register to = level_of(out_, v - 1);
      answer.unit(level_of(total_, v - 1) - Form(carry_) - end_, {{to, 1}});
      const Form before = v == 1 ? -sum(total_) : level_of(total_, v - 2) - Form(one_);
      answer.unit(before + carry_ - end_, {{to, 1}});
      model_.logit(static_cast<Token>(v), to);
    }
  }

  const Task& task_;
  const AddLayout at_;
  const int n_, base_, levels_;
  const Weight max_;
  ModelBuilder model_;

  // Registers of levels are used anew: what they hold at first, and then.
  Register one_ = model_.add("one");
  Register exists_ = model_.add("exists");  // a column of the own block, [x, x + 2^z), does not propagate
  Registers total_ = model_.add("sum", base_ - 1);          // a_t + b_t modulo B
  Registers next_ = reversed(model_.add("next", levels_));  // bits of next(t); verdict by level
  Register late_one_ = model_.add("late_one");
  Registers bit_ = model_.add("bit", levels_);        // of the digit's number; 0 at '+'
  Registers mark_ = model_.add("mark", levels_ + 1);  // one-hot z; generate, by lambda; |verdict|
  Register generate_ = model_.add("generate"), kill_ = model_.add("kill");
  Registers decided_ = model_.add("decided", levels_ + 1);  // `exists`, by z; next(i); kill by lambda
  Registers x_ = model_.add("x", base_ - 1);                // the token's digit
  Registers a_ = model_.add("a", base_ - 1);                // the digit a_t
  Register own_run_ = model_.add("own_run");  // the verdict that ends i's own run of propagating columns
  Register carry_ = model_.add("carry");
  Registers out_ = model_.add("out", base_ - 1);
  Register plus_ = model_.add("plus"), top_ = model_.add("top");  // 1 at '+', and at '=' as digit n
  Register not_a_ = model_.add("not_a"), not_b_ = model_.add("not_b"), end_ = model_.add("end");
};

Model build_add_ruler(const Task& task, const Policy& policy, const Settings&) {
  return AddRuler(task, policy).build();
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
