// iteradd-exact: IterADD in constant precision with width O(nk), in 2-bit numbers, if sums are exact and
// rounded once (theory-notes/iteradd-exact.md). One exact sum is a threshold gate whatever the format: this
// is outside theorem 4.2, which speaks of sums rounded term by term, and shows that it must.
//
// Every register is 0 or MAX, every weight 1 or -1. A unit relu(x_1 + ... + x_m - (j-1) ones) is MAX when at
// least j of the x are, since its sum is a multiple of MAX and saturates there, and 0 otherwise.
#include "constructions/iteradd/iteradd_exact.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/gadgets/gadgets.hpp"
#include "constructions/iteradd/iteradd_layout.hpp"

namespace roundoff::constructions {

namespace {

/// A number 0 .. r in unary: register v-1 says that it is at least v.
using Unary = std::vector<Register>;
using UnaryColumns = std::vector<std::vector<Unary>>;

/// The digits of a number up to `greatest`, as weights and their own greatest values.
template <class Use>
void for_each_digit(int greatest, int p, int room, Use&& use) {
  for (int weight = 1; weight <= greatest && room > 0; weight *= p, --room)
    use(weight, std::min(p - 1, greatest / weight));
}

class Counter {
 public:
  Counter(Register one, std::vector<Register> more_ones) : one_(one), ones_(std::move(more_ones)) {}

  struct Write {
    Register to;
    std::function<bool(int sum)> when;  ///< false for 0
  };
  /// A unit for every threshold j: each register gets +1 where its condition begins to hold, -1 where it
  /// ends.
  void thresholds(LayerBuilder& layer, const std::vector<Unary>& terms, int greatest,
                  const std::vector<Write>& writes) const {
    Form before;
    for (const Unary& term : terms) before += sum(term);
    for (int j = 1; j <= greatest; ++j) {
      if (j == 2) before += -one_;
      if (j > 2) before += -1 * ones_[static_cast<std::size_t>(j - 3)];
      std::vector<Target> targets;
      for (const Write& write : writes) {
        const int change = (write.when(j) ? 1 : 0) - (write.when(j - 1) ? 1 : 0);
        if (change != 0) targets.push_back({write.to, change});
      }
      layer.unit(before, targets);
    }
  }

 private:
  Register one_;
  std::vector<Register> ones_;  ///< further registers that hold the same: a weight is 1 or -1
};

int greatest_of(const std::vector<Unary>& terms) {
  int greatest = 0;
  for (const Unary& term : terms) greatest += static_cast<int>(term.size());
  return greatest;
}

std::size_t tallest(const UnaryColumns& columns) {
  std::size_t most = 0;
  for (const auto& column : columns) most = std::max(most, column.size());
  return most;
}

std::string refuses_iteradd_exact(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  if (size.k < 2) return "needs at least two operands: take k >= 2";
  const bool wide = policy.order.kind == SumOrder::wide;
  if (policy.dot == DotMode::fused ||
      (policy.order.kind != SumOrder::exact && policy.dot != DotMode::exact_dot && !wide))
    return "needs sums that are rounded once, for it counts in one sum: use --order exact";
  const Weight max = largest(policy);
  if (wide) {
    const Value most = (2 * size.k * (size.p - 1) * max).value;
    if (round(most, policy.order.wide_format).value != most ||
        round((most - max).value, policy.order.wide_format).value != (most - max).value)
      return "needs a format of sums that holds its counts: use --order exact";
  }
  const Format& softmax = policy[Role::softmax];
  if (!apply(Function::exp, round((-max).value, softmax).value, softmax).value.is_zero())
    return fmt::format(
        "exp(-MAX) does not round to 0 in {}: no attention is hard; round to nearest, rtz or rdn",
        notation(softmax));
  return first_reason({needs_weight(policy, 1, "the weight 1"), needs_weight(policy, -1, "the weight -1"),
                       needs_weight(policy, max, "MAX"), needs_saturation(policy),
                       needs_stable_softmax(policy)});
}

/// The model under construction: the embedding's registers in their order, and a function a stage.
struct ExactCounter {
  ExactCounter(const Task& of, const Policy& policy)
      : task(of), at(of.size()), p(of.base()), m(at.answer), max(largest(policy)), model(of) {}

  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  const Task& task;
  IterAddLayout at;
  int p, m;
  Weight max;
  ModelBuilder model;
  // Digits in unary, the operand and the digit's number one-hot, and which columns an output's carry comes from.
  Register one = model.add("one");
  std::vector<Register> more_ones = model.add("one", std::max(0, at.k * (p - 1) - 2));
  Unary x = model.add("x", p - 1);
  std::vector<Register> operand = model.add("operand", at.k), number = model.add("number", at.n);
  std::vector<Register> below = model.add("below", m - 1);  // column t lies below this output
  Register end = model.add("end");
  Counter counter = Counter(one, more_ones);

  void embed() {
    for (int position = 0; position < at.positions(); ++position) {
      model.position(position, one, max);
      for (const Register another : more_ones) model.position(position, another, max);
    }
    for (int token = 1; token < p; ++token)
      for (int v = 1; v <= token; ++v) model.token(static_cast<Token>(token), x[index(v - 1)], max);
    for (int j = 0; j < at.k; ++j) {
      for (int t = 0; t < at.n; ++t) {
        model.position(at.digit(j, t), operand[index(j)], max);
        model.position(at.digit(j, t), number[index(t)], max);
      }
    }
    for (int i = 0; i < m; ++i)
      for (int t = 0; t < i; ++t) model.position(at.output(i), below[index(t)], max);
    model.position(at.end(), end, max);
  }

  // One head a digit: the key is MAX at its position, 0 or -MAX elsewhere.
  UnaryColumns fetch_digits(LayerBuilder& layer) {
    UnaryColumns columns(index(m));
    for (int t = 0; t < at.n; ++t) {
      for (int j = 0; j < at.k; ++j) {
        const Unary item = model.add(fmt::format("digit {} of {} >=", t, j), p - 1);
        HeadBuilder& fetch = layer.head();
        fetch.score(one, operand[index(j)] + Form(number[index(t)]) - Form(one));
        for (std::size_t v = 0; v < item.size(); ++v) fetch.copy(x[v], item[v]);
        columns[index(t)].push_back(item);
      }
    }
    return columns;
  }

  // One round: every column of two or more becomes the digits of its count, digit e in column t+e.
  UnaryColumns count_columns(LayerBuilder& layer, const UnaryColumns& columns) {
    UnaryColumns next(columns.size());
    for (int t = 0; t < m; ++t) {
      const std::vector<Unary>& column = columns[index(t)];
      if (column.size() < 2) {
        next[index(t)].insert(next[index(t)].end(), column.begin(), column.end());
        continue;
      }
      std::vector<Counter::Write> writes;
      int place = t;
      for_each_digit(greatest_of(column), p, m - t, [&](int weight, int most) {
        const Unary digit = model.add(fmt::format("count {} in column {} >=", t, place), most);
        for (int v = 1; v <= most; ++v)
          writes.push_back({digit[index(v - 1)], [this, weight, v](int s) { return s / weight % p >= v; }});
        next[index(place++)].push_back(digit);
      });
      counter.thresholds(layer, column, greatest_of(column), writes);
    }
    return next;
  }

  struct Verdicts {
    std::vector<Register> generate, propagate;
    std::vector<Unary> digit;
  };

  // The two numbers that are left: verdict and digit of every column.
  Verdicts judge_columns(LayerBuilder& layer, const UnaryColumns& columns) {
    Verdicts verdicts = {model.add("generate", m), model.add("propagate", m), {}};
    for (int t = 0; t < m; ++t) {
      const Unary digit = model.add(fmt::format("digit {} >=", t), p - 1);
      std::vector<Counter::Write> writes = {
          {verdicts.generate[index(t)], [this](int s) { return s >= p; }},
          {verdicts.propagate[index(t)], [this](int s) { return s == p - 1; }}};
      for (int v = 1; v < p; ++v)
        writes.push_back({digit[index(v - 1)], [this, v](int s) { return s % p >= v; }});
      counter.thresholds(layer, columns[index(t)], greatest_of(columns[index(t)]), writes);
      verdicts.digit.push_back(digit);
    }
    return verdicts;
  }

  // Output i keeps the verdicts of the columns below i, and its own column's digit. A carry comes from the
  // column that sends one while none above it, below i, stops it: at most one does.
  std::pair<Unary, Register> choose_and_carry(const Verdicts& verdicts) {
    LayerBuilder& choice = model.layer();
    const std::vector<Register> sends = model.add("sends", m - 1), stops = model.add("stops", m - 1);
    const Unary chosen = model.add("chosen >=", p - 1);
    for (int t = 0; t < m; ++t) {
      if (t + 1 < m) {
        choice.unit(verdicts.generate[index(t)] + Form(below[index(t)]) - Form(one), {{sends[index(t)], 1}});
        choice.unit(below[index(t)] - Form(verdicts.propagate[index(t)]), {{stops[index(t)], 1}});
      }
      Form here = t > 0 ? below[index(t - 1)] - Form(one) : Form();
      if (t + 1 < m) here += -1 * below[index(t)];
      for (std::size_t v = 0; v < chosen.size(); ++v)
        choice.unit(here + Form(verdicts.digit[index(t)][v]), {{chosen[v], 1}});
    }
    LayerBuilder& carries = model.layer();
    const Register carry = model.add("carry");
    Form stopped;
    for (int t = m - 2; t >= 0; --t) {
      carries.unit(sends[index(t)] - stopped, {{carry, 1}});
      stopped += Form(stops[index(t)]);
    }
    return {chosen, carry};
  }

  // The digit plus the carry, modulo p.
  void write_answer(const Unary& chosen, Register carry) {
    LayerBuilder& last = model.layer();
    const std::vector<Register> written = model.add("written", p);
    std::vector<Counter::Write> writes;
    for (int d = 1; d < p; ++d)
      writes.push_back({written[index(d)], [this, d](int s) { return s % p == d; }});
    writes.push_back({written[0], [this](int s) { return s % p == 0; }});
    last.constant(written[0], max);  // the condition holds for 0 already
    counter.thresholds(last, {chosen, {carry}}, p, writes);
    for (int d = 0; d < p; ++d) model.logit(static_cast<Token>(d), written[index(d)] - Form(end));
    model.logit(task.eos(), end);
  }
};

Model build_iteradd_exact(const Task& task, const Policy& policy, const Settings&) {
  ExactCounter exact(task, policy);
  exact.embed();
  LayerBuilder* layer = &exact.model.layer();
  UnaryColumns columns = exact.fetch_digits(*layer);
  for (; tallest(columns) > 2; layer = &exact.model.layer()) columns = exact.count_columns(*layer, columns);
  const auto [chosen, carry] = exact.choose_and_carry(exact.judge_columns(*layer, columns));
  exact.write_answer(chosen, carry);
  return exact.model.finish();
}

}  // namespace

std::int64_t iteradd_exact_width(int n, int k, int p) {
  const auto count = [](const std::vector<int>& column) {
    int greatest = 0;
    for (const int item : column) greatest += item;
    return greatest;
  };
  const int m = n + ceil_log(p, static_cast<std::uint64_t>(k));
  std::vector<std::vector<int>> columns(static_cast<std::size_t>(m));
  for (int t = 0; t < n; ++t) columns[static_cast<std::size_t>(t)].assign(static_cast<std::size_t>(k), p - 1);
  std::int64_t registers = std::int64_t{n} * k * (p - 1) + (p - 1) + k + n + std::max(0, k * (p - 1) - 2);
  std::int64_t units = 2 * (m - 1) + m * (p - 1);
  const auto tall = [&] {
    return std::any_of(columns.begin(), columns.end(), [](const auto& column) { return column.size() > 2; });
  };
  while (tall()) {
    std::int64_t layer = 0;
    std::vector<std::vector<int>> next(columns.size());
    for (std::size_t t = 0; t < columns.size(); ++t) {
      if (columns[t].size() == 1) next[t].push_back(columns[t][0]);
      if (columns[t].size() < 2) continue;
      layer += count(columns[t]);
      std::size_t place = t;
      for_each_digit(count(columns[t]), p, m - static_cast<int>(t), [&](int, int most) {
        next[place++].push_back(most);
        registers += most;
      });
    }
    columns = std::move(next);
    units = std::max(units, layer);
  }
  std::int64_t verdicts = 0;
  for (const auto& column : columns) verdicts += count(column);
  registers += m * (p + 1) + 3 * (m - 1) + (p - 1) + p + 3;
  return std::max({registers, std::int64_t{n} * k * (p - 1), units, verdicts, std::int64_t{p}});
}

Construction iteradd_exact() {
  return {.name = "iteradd-exact",
          .task = "iteradd",
          .theorem = "outside theorem 4.2 (Feng et al. 2024): exact sums are threshold gates",
          .regime = Regime::constant,
          .width = "iteradd_exact(n, k, p)",
          .family = "fixed(1,0)",
          .summary = "columns counted by exact sums rounded once; width O(nk), in 2-bit numbers",
          .note = "iteradd-exact",
          .knobs = {},
          .own = {.order = {SumOrder::exact, 0, {}}, .accumulators = {}},
          .refuses = refuses_iteradd_exact,
          .build = build_iteradd_exact};
}

}  // namespace roundoff::constructions
