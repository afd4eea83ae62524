// add-ragged: ADD of operands of any lengths 1 .. n, in constant precision, in 2-bit numbers
// (theory-notes/add-ragged.md).
//
// How the operands align is known at '=' only, and the first answer token is predicted there. So '+' and '='
// read what stands to their left, one head a distance, the outputs copy both vectors from there, each with
// its digits in place, and one position computes with all columns: a flip-flop over them for each output.
// The code of the position at a distance is a linear map of the own position's one-hot number: there is no
// adder. Digits are in unary, so that "no digit" is the digit 0.
#include <algorithm>

#include <fmt/format.h>

#include "constructions/add/add_columns.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets/flipflop.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_add_ragged(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.c > 1) return "is built for one digit a token: drop --c, or use add-flipflop without --ragged";
  const Weight max = largest(policy);
  const Format& softmax = policy[Role::softmax];
  if (!apply(Function::exp, round((-max).value, softmax).value, softmax).value.is_zero())
    return fmt::format("exp(-MAX) does not round to 0 in {}: no attention is hard; use fixed(1,0) or F(0,2)",
                       notation(softmax));
  return first_reason({needs_weight(policy, 1, "one"), needs_weight(policy, -1, "minus one"),
                       needs_weight(policy, max, "MAX"), needs_weight(policy, -max, "-MAX"),
                       needs_stable_softmax(policy), needs_flipflop(policy, max, -max)});
}

std::size_t index(int i) { return static_cast<std::size_t>(i); }
using Unary = std::vector<Register>;  // register v-1: the digit is at least v

/// The model under construction: its registers in their order, and a function a layer.
struct Ragged {
  Ragged(const Task& of, const Policy& policy)
      : task(of), n(of.size().n), p(of.base()), positions(of.positions()), max(largest(policy)), model(of) {}

  const Task& task;
  int n, p, positions;
  int distances = n + 1;
  Weight max;
  ModelBuilder model;
  Register one = model.add("one");
  std::vector<Register> here = model.add("position", positions);
  Unary x = model.add("x >=", p - 1);
  Register plus = model.add("plus");
  std::vector<Register> plus_left = model.add("plus_left", n);  // at distance t+1 to the left
  FlipFlop verdicts = FlipFlop(model, "verdict", n);            // least significant column first
  Register last = model.add("last");  // a 1 that stands after them: what it guards comes last in sums
  Register equals = model.add("equals");
  std::vector<Unary> left = digits("left");
  std::vector<Unary> a = digits("a"), b = digits("b");  // at '=' and outputs: the operands
  std::vector<Register> equals_left = model.add("equals_left", distances);
  Unary own_a = model.add("own_a >=", p - 1), own_b = model.add("own_b >=", p - 1);
  std::vector<Register> sum = model.add("sum", p);
  Register carry = model.add("carry");

  std::vector<Unary> digits(const char* name) {
    std::vector<Unary> numbers;
    for (int t = 0; t < n; ++t) numbers.push_back(model.add(fmt::format("{} {} >=", name, t), p - 1));
    return numbers;
  }
  /// Digit i of the answer is predicted n - i to the right of '='; n + 1 to the right, <eos>.
  Register output(int i) const { return i == n ? equals : equals_left[index(n - 1 - i)]; }
  Register end() const { return equals_left[index(n)]; }

  void embed() {
    for (int token = 1; token < p; ++token)
      for (int v = 1; v <= token; ++v) model.token(static_cast<Token>(token), x[index(v - 1)], 1);
    model.token(task.symbol("+"), plus, 1);
    model.token(task.symbol("="), equals, 1);
    for (int position = 0; position < positions; ++position) {
      model.position(position, one, 1);
      model.position(position, last, 1);
      model.position(position, here[index(position)], 1);
    }
  }

  // Layer 1 (or several, by `rounds`). Head t reads the token at distance t+1, or the own one where there is
  // none: its position's code is the query, a linear map of the own position.
  LayerBuilder& read_left(int rounds) {
    const int a_layer = (distances + rounds - 1) / rounds;
    const int length = antichain_length(positions);
    std::vector<Form> key(index(length));
    for (int position = 0; position < positions; ++position)
      for (const int bit : antichain_ones(length, position)) key[index(bit)] += Form(here[index(position)]);
    LayerBuilder* shifts = &model.layer();
    for (int t = 0; t < distances; ++t) {
      if (t > 0 && t % a_layer == 0) shifts = &model.layer();
      HeadBuilder& head = shifts->head();
      std::vector<Form> query(index(length));
      for (int position = 0; position < positions; ++position) {
        const int target = position > t ? position - 1 - t : position;
        for (const int bit : antichain_ones(length, target)) query[index(bit)] += Form(here[index(position)]);
      }
      for (std::size_t bit = 0; bit < key.size(); ++bit) head.score(query[bit], -max * one + max * key[bit]);
      head.copy(equals, equals_left[index(t)]);
      if (t == n) continue;
      head.copy(plus, plus_left[index(t)]);
      for (std::size_t v = 0; v < x.size(); ++v) head.copy(x[v], left[index(t)][v]);
    }
    return *shifts;
  }

  // At '=', what stands beyond '+' is no digit of b, and there is no other '=' (a head that found nothing
  // read the own one). The flags of '+' are summed first, and saturate: there are many at '+', for the same
  // reason.
  void forget_beyond(LayerBuilder& shifts) {
    for (int t = 0; t < n; ++t) {
      Form beyond = -max * last;
      for (int s = 0; s <= t; ++s) beyond += max * plus_left[index(s)];
      for (const Register digit : left[index(t)]) shifts.unit(beyond + Form(digit), {{digit, -1}});
    }
    for (const Register seen : equals_left) shifts.unit(seen - Form(one) + Form(equals), {{seen, -1}});
  }

  // Next layer. a is what '+' has to its left, b what '=' has; each column's verdict, and the digits of the
  // output's own column.
  void align_columns() {
    LayerBuilder& columns = model.layer();
    for (const auto& [symbol, operand] : {std::pair{plus, &a}, std::pair{equals, &b}}) {
      HeadBuilder& head = columns.head();
      head.score(one, -max * one + max * symbol);
      for (int t = 0; t < n; ++t)
        for (std::size_t v = 0; v < x.size(); ++v) head.copy(left[index(t)][v], (*operand)[index(t)][v]);
    }
    judge_columns(columns);
    for (int t = 0; t < n; ++t) {
      for (std::size_t v = 0; v < x.size(); ++v) {
        columns.unit(a[index(t)][v] - Form(one) + Form(output(t)), {{own_a[v], 1}});
        columns.unit(b[index(t)][v] - Form(one) + Form(output(t)), {{own_b[v], 1}});
      }
    }
  }

  // The verdict of column t is -MAX, plus MAX for each v with a >= v and b >= p-1-v, of which there are
  // a + b - (p-2): -MAX for a kill, 0 for a propagate, MAX for a generate. The -MAX is the first unit's.
  void judge_columns(LayerBuilder& columns) {
    std::vector<Target> start;
    for (int t = 0; t < n; ++t)
      for (const Target& target : verdicts.write(t, -max)) start.push_back(target);
    columns.unit(one, start);
    for (int t = 0; t < n; ++t) {
      for (int v = 0; v < p; ++v) {  // every digit is at least 0
        Form both = v > 0 && v < p - 1 ? -one : Form();
        if (v > 0) both += Form(a[index(t)][index(v - 1)]);
        if (v < p - 1) both += Form(b[index(t)][index(p - 2 - v)]);
        columns.unit(both, verdicts.write(t, max));
      }
    }
  }

  // Next layer. The carry into each output's digit, and the sum of its column's digits modulo p.
  void carry_and_sum() {
    LayerBuilder& carries = model.layer();
    for (int i = 1; i <= n; ++i) {
      const Form state = verdicts.state(0, i, one, max);
      carries.unit(state - max * last + max * output(i), {{carry, 1}});
    }
    for (int d = 0; d < p; ++d) {
      for (int e = 0; e < p; ++e) {
        Form pair;
        if ((d == 0) == (e == 0)) pair += d == 0 ? Form(one) : -one;
        for (const auto& [digit, v] : {std::pair{&own_a, d}, std::pair{&own_b, e}}) {
          if (v > 0) pair += Form((*digit)[index(v - 1)]);
          if (v < p - 1) pair += -1 * (*digit)[index(v)];
        }
        carries.unit(pair, {{sum[index((d + e) % p)], 1}});
      }
    }
  }
};

Model build_add_ragged(const Task& task, const Policy& policy, const Settings& settings) {
  Ragged ragged(task, policy);
  ragged.embed();
  ragged.forget_beyond(ragged.read_left(settings.at("rounds")));
  ragged.align_columns();
  ragged.carry_and_sum();
  // Last layer. The digit moves up by one where a carry comes in.
  AddColumns::add_carry(ragged.model.layer(), {{}, {}, {}, ragged.sum}, ragged.carry, ragged.max);
  for (int d = 0; d < ragged.p; ++d)
    ragged.model.logit(static_cast<Token>(d), ragged.sum[index(d)] - ragged.max * ragged.end());
  ragged.model.logit(task.eos(), ragged.end());
  return ragged.model.finish();
}

}  // namespace

Construction add_ragged() {
  return {
      .name = "add-ragged",
      .task = "add",
      .theorem = "beyond the paper (operands of unequal lengths)",
      .regime = Regime::constant,
      .width =
          "N = 3*n + 3; max(N + (p-1)*(3*n+3) + 4*n + p + 6, ceil_div(n+1,rounds)*max(antichain(N), p+1),"
          " 2*n*(p-1), n*p + 2*n*(p-1) + 1, n + p*p)",
      .family = "fixed(1,0)",
      .summary = "operands of 1 to n digits: heads by distance, then a flip-flop; 4 layers, width O(n log n)",
      .note = "add-ragged",
      .knobs = {{"rounds", "layers that the heads by distance are spread over; width O(n) with lg n of them",
                 [](const TaskSize&) { return 1; }, [](const TaskSize&) { return 1; },
                 [](const TaskSize& size) { return size.n + 1; }}},
      .refuses = refuses_add_ragged,
      .build = build_add_ragged};
}

}  // namespace roundoff::constructions
