// iteradd-log: IterADD in logarithmic precision with constant width, six layers
// (theory-notes/iteradd-log.md).
//
// Columns are summed by attention with the exact weight 2^-f, in groups of m = ceil(log_B k) columns, so that
// with P = B^m >= k a group's sum is S = QP + R with Q <= P-1. Then T_J = R_J + Q_(J-1) <= 2P-2, so that the
// carry between groups is 0 or 1, and it is that of ADD in base P: the generate flag of the nearest lower
// group that does not propagate.
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/gadgets/hinge.hpp"
#include "constructions/gadgets/lookup.hpp"
#include "constructions/iteradd/iteradd_layout.hpp"

namespace roundoff::constructions {

namespace {

// Sizes that follow from the task's. Group J holds columns Jm .. Jm+m-1; group G, beyond the operands, holds
// the last carry.
struct Plan {
  explicit Plan(const TaskSize& size)
      : at(size),
        base(static_cast<int>(power(size.p, size.c))),
        m(std::max(1, ceil_log(base, static_cast<std::uint64_t>(size.k)))),
        p(static_cast<int>(power(base, m))),
        groups((at.n + m - 1) / m),
        columns(std::min(m, at.n)),
        lg_operands(ceil_log(2, static_cast<std::uint64_t>(size.k))),
        lg_columns(ceil_log(2, static_cast<std::uint64_t>(columns))) {}

  IterAddLayout at;
  int base;         ///< B, the base of a token
  int m, p;         ///< columns a group, and P = B^m
  int groups;       ///< G
  int columns;      ///< keys that a group's sum is taken over, besides padding
  int lg_operands;  ///< a column's sum attends to 2^lg_operands positions
  int lg_columns;   ///< a group's sum attends to 2^lg_columns positions

  int last() const { return at.k - 1; }
  /// Where group J's sum is formed: at the last operand's lowest digit of group J-1, the first position that
  /// sees both groups' columns; '=' for group 0.
  int carrier(int group) const { return group == 0 ? at.equals() : at.digit(last(), (group - 1) * m); }
  int columns_of(int group) const { return group == groups ? 0 : std::min(m, at.n - group * m); }
};

// Groups less (G+1)/2. Group -1, below all, kills: the numbers of J+1 run from 0 to G+1.
struct GroupNumbers {
  explicit GroupNumbers(int groups)
      : centre((groups + 1) / 2), least(-centre), greatest(groups + 1 - centre) {}
  int centre, least, greatest;
};

int standard_log_slices(const TaskSize&) { return 7; }

/// No score exceeds this in floating point but those of look-ups, and no number that a unit shuts out.
Weight greatest_group_score(const Plan& plan, const PointCode& columns, const PointCode& groups,
                            const Policy& policy) {
  const GroupNumbers numbers(plan.groups);
  const Weight totals = plan.at.k * Weight(plan.p);
  Weight most = Hinge::bound(numbers.least, numbers.greatest, policy);
  const Weight squares = gap(policy) * (std::max(columns.largest_square(), groups.largest_square()) + 1);
  for (const Weight& other : {totals, squares}) {
    if (less(most, other)) most = other;
  }
  return most;
}

std::string refuses_iteradd_log(const TaskSize& size, const Policy& policy, const Settings& settings) {
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  if (size.k < 2) return "needs at least two operands: take k >= 2";
  if (power(size.p, size.c) * size.k > 1e6)
    return "p^c k is beyond 10^6: take fewer digits a token or fewer operands";
  const Plan plan(size);
  const GroupNumbers numbers(plan.groups);
  const int slices = settings.at("slices");
  if (floating(policy) && slices != standard_log_slices(size))
    return "has no cliff to slice in floating point: drop --set slices, or use fixed(i,f)";
  const std::string semantics = first_reason({needs_stable_softmax(policy), needs_gap(policy)});
  if (!semantics.empty()) return semantics;
  const Weight bound =
      greatest_group_score(plan, PointCode(plan.at.n, 2), PointCode(plan.groups + 1, 1), policy);
  return first_reason({needs_wall(policy, bound), Ruler::refuses(size.k, plan.p, policy),
                       needs_weight(policy, power_of_two(-plan.lg_operands), "the weight 1/2^ceil(lg k)"),
                       needs_weight(policy, plan.p, "P = p^(c ceil(log k))"),
                       Hinge::refuses(numbers.least, numbers.greatest, slices, policy)});
}

Model build_iteradd_log(const Task& task, const Policy& policy, const Settings& settings) {
  const Plan plan(task.size());
  const IterAddLayout& at = plan.at;
  const int positions = at.positions(), slices = settings.at("slices");
  const GroupNumbers numbers(plan.groups);
  const PointCode columns(at.n, 2), groups(plan.groups + 1, 1);
  const Weight m = gap(policy), shut = wall(policy, greatest_group_score(plan, columns, groups, policy));

  ModelBuilder model(task);
  /// A register that is 1 at the positions for which `where` holds.
  const auto flag = [&](const std::string& name, const auto& where) {
    const Register reg = model.add(name);
    for (int position = 0; position < positions; ++position) {
      if (where(position)) model.position(position, reg, 1);
    }
    return reg;
  };
  const Register one = flag("one", [](int) { return true; });

  // Layer 1. A digit's weight in its group: w = x B^r with r = t mod m. With one column a group that is x,
  // else B-1 gated units make it: relu(B^r - MAX [x != d]) = B^r [x = d].
  const Register w = model.add("w");
  if (plan.m == 1) {
    for (int d = 1; d < plan.base; ++d) model.token(static_cast<Token>(d), w, d);
  } else {
    const Register place = model.add("place");
    for (int j = 0; j < at.k; ++j) {
      for (int t = 0; t < at.n; ++t) {
        model.position(at.digit(j, t), place, static_cast<int>(power(plan.base, t % plan.m)));
      }
    }
    LayerBuilder& weigh = model.layer();
    for (int d = 1; d < plan.base; ++d) {
      const Register other = model.add("not " + std::to_string(d));
      for (int token = 0; token < plan.base; ++token) {
        if (token != d) model.token(static_cast<Token>(token), other, 1);
      }
      weigh.unit(place - shut * other, {{w, d}});
    }
  }

  // Layer 2. Column sums, at the last operand's digits: column t attends to its k digits and, as padding, to
  // '+' signs, which have w = 0, 2^lg positions in all. The weight is 1/2^lg, and the column's sum comes out
  // exactly.
  const int padding = (1 << plan.lg_operands) - at.k;
  const auto is_digit = [&](int position) { return position < at.equals() && position % (at.n + 1) != at.n; };
  const Point column = columns.add(model, "column");
  for (int j = 0; j < at.k; ++j) {
    for (int t = 0; t < at.n; ++t) columns.place(model, at.digit(j, t), column, t);
  }
  const Register digit = flag("digit", is_digit);
  const Register no_column = flag("no column", [&](int position) {
    const int operand = position / (at.n + 1);
    return !is_digit(position) && !(operand < padding && position == at.symbol(operand));
  });
  const Register attended = model.add("attended"), sum = model.add("column sum");
  const Register not_last = flag("not last", [&](int position) {
    return !is_digit(position) || position < at.digit(plan.last(), at.n - 1);
  });
  LayerBuilder& column_sums = model.layer();
  HeadBuilder& add_column = column_sums.head();
  match_padded(add_column, column, column, digit, one, m);
  add_column.score(-shut * one, no_column);
  add_column.copy(w, {{attended, power_of_two(plan.lg_operands)}});
  column_sums.unit(attended - shut * not_last, {{sum, 1}});

  // Layer 3. Group sums S_J and S_(J-1) at the carrier of J. Every group's columns are made up to `columns`
  // by early positions, whose column sum is 0, and padding that matches every group makes that a power of
  // two. Group G consists of zeros; it also stands for group -1.
  const Point in_group = groups.add(model, "in group");
  const Register grouped = model.add("grouped");
  std::vector<bool> attends(static_cast<std::size_t>(positions), false);
  int early = 0;
  const auto put = [&](int position, int group) {
    groups.place(model, position, in_group, group);
    model.position(position, grouped, 1);
    attends[static_cast<std::size_t>(position)] = true;
  };
  for (int t = 0; t < at.n; ++t) put(at.digit(plan.last(), t), t / plan.m);
  for (int group = 0; group <= plan.groups; ++group) {
    for (int have = plan.columns_of(group); have < plan.columns; ++have) put(early++, group);
  }
  for (int have = plan.columns; have < 1 << plan.lg_columns; ++have) {
    attends[static_cast<std::size_t>(early++)] = true;
  }
  const Register no_group =
      flag("no group", [&](int position) { return !attends[static_cast<std::size_t>(position)]; });
  const Point group = groups.add(model, "group"), below = groups.add(model, "group below");
  for (int j = 0; j <= plan.groups; ++j) {
    groups.place(model, plan.carrier(j), group, j);
    groups.place(model, plan.carrier(j), below, j == 0 ? plan.groups : j - 1);
  }
  const Register s = model.add("S"), s_below = model.add("S below"), total = model.add("T");
  LayerBuilder& group_sums = model.layer();
  const Weight unscale = power_of_two(plan.lg_columns);
  HeadBuilder& add_group = group_sums.head();
  match_padded(add_group, group, in_group, grouped, one, m);
  add_group.score(-shut * one, no_group);
  add_group.copy(sum, {{s, unscale}, {total, unscale}});
  HeadBuilder& add_below = group_sums.head();
  match_padded(add_below, below, in_group, grouped, one, m);
  add_below.score(-shut * one, no_group);
  add_below.copy(sum, {{s_below, unscale}});

  // Layer 4. Quotients Q = floor(S/P) <= k-1 by look-up among the first k positions, and T_J = S_J - P Q_J +
  // Q_(J-1). A group generates a carry when T >= P and propagates one when T = P-1.
  const Ruler ruler(model, one, at.k, positions, plan.p, policy);
  const Register generate = model.add("generate"), skip = model.add("skip");
  const Register no_carrier = model.add("no carrier");
  std::vector<bool> carries(static_cast<std::size_t>(positions), false);
  for (int j = 0; j <= plan.groups; ++j) carries[static_cast<std::size_t>(plan.carrier(j))] = true;
  for (int position = 0; position < positions; ++position) {
    if (carries[static_cast<std::size_t>(position)]) continue;
    model.position(position, no_carrier, 1);
    if (position != 0) model.position(position, skip, 1);  // position 0 stands for group -1, which kills
  }
  LayerBuilder& quotients = model.layer();
  HeadBuilder& quotient = quotients.head();
  ruler.divide(quotient, s, plan.p * one, slices);
  quotient.copy(ruler.number(), {{total, -plan.p}});
  HeadBuilder& quotient_below = quotients.head();
  ruler.divide(quotient_below, s_below, plan.p * one, slices);
  quotient_below.copy(ruler.number(), total);
  const Form guarded = total - shut * no_carrier;
  quotients.unit(guarded - (plan.p - 2), {{skip, 1}});
  quotients.unit(guarded - (plan.p - 1), {{skip, -2}, {generate, 1}});
  quotients.unit(guarded - plan.p, {{skip, 1}, {generate, -1}});

  // Layer 5. Output i, of group J = floor(i/m), reads the carry into J from the nearest lower group that does
  // not propagate, and T_J; U = (T_J + carry) mod P.
  const Register next = model.add("J+1"), wanted_number = model.add("J wanted");
  const Hinge hinge(model, numbers.least, numbers.greatest, slices, policy);
  const Point wanted = groups.add(model, "J wanted'");
  const Register u = model.add("U");
  const auto end_group = [&](int position, int j) {
    model.position(position, next, j + 1 - numbers.centre);
    hinge.place_key(model, position, j + 1 - numbers.centre);
  };
  for (int j = 0; j <= plan.groups; ++j) end_group(plan.carrier(j), j);
  end_group(0, -1);
  LayerBuilder& carry = model.layer();
  HeadBuilder& nearest = carry.head();
  hinge.score(nearest, wanted_number, next, one);
  nearest.score(-shut * one, skip);
  nearest.copy(generate, u);
  HeadBuilder& own = carry.head();
  match_padded(own, wanted, group, one, one, m);
  own.score(-shut * one, no_carrier);
  own.copy(total, u);
  carry.unit(u - (plan.p - 1), {{u, -plan.p}});
  carry.unit(u - plan.p, {{u, plan.p}});

  // Layer 6. Digit r = i mod m of U: floor(U/B^r) - B floor(U/B^(r+1)). For r = 0 the first quotient is U
  // itself, and the look-up divides by P and finds 0; the others are below P/B < k.
  const Register divisor = model.add("B^r"), next_divisor = model.add("B^(r+1)"),
                 not_lowest = model.add("r > 0");
  const Register y = model.add("y"), end = model.add("end");
  const auto ask = [&](int position, int i) {
    const int j = i / plan.m, r = i % plan.m;
    model.position(position, wanted_number, j - numbers.centre);
    hinge.place_query(model, position, j - numbers.centre);
    groups.place(model, position, wanted, j);
    model.position(position, divisor, r == 0 ? plan.p : static_cast<int>(power(plan.base, r)));
    model.position(position, next_divisor, static_cast<int>(power(plan.base, r + 1)));
    if (r > 0) model.position(position, not_lowest, 1);
  };
  for (int i = 0; i < at.answer; ++i) ask(at.output(i), i);
  ask(at.end(), 0);
  model.position(at.end(), end, 1);
  LayerBuilder& digits = model.layer();
  HeadBuilder& high = digits.head();
  ruler.divide(high, u, divisor, slices);
  high.copy(ruler.number(), y);
  HeadBuilder& higher = digits.head();
  ruler.divide(higher, u, next_divisor, slices);
  higher.copy(ruler.number(), {{y, -plan.base}});
  digits.unit(u - shut * not_lowest, {{y, 1}});

  digit_logits(model, task, one, y, end, policy);
  return model.finish();
}

}  // namespace

Construction iteradd_log() {
  return {
      .name = "iteradd-log",
      .task = "iteradd",
      .theorem = "Feng et al. 2024, theorem 5.2",
      .regime = Regime::logarithmic,
      .width = "max(36 + min(1, max(0, ceil_log(power(p,c), k) - 1)) * power(p,c), 4*slices + 8)",
      .family =
          "fixed(max(lg(k)+c*lg(p)*max(1,ceil(logp(k)/c))+lg(max(4,ceil(lg(k))))-2, "
          "lg((ceil(ceil(n/c)/max(1,ceil(logp(k)/c)))+2)*((14*ceil(lg(k))+17)/20*(ceil(ceil(n/c)/"
          "max(1,ceil(logp(k)/c)))+16)/14+1/4)), "
          "lg((ceil(ceil(n/c)/max(1,ceil(logp(k)/c)))+1)*(ceil(ceil(n/c)/max(1,ceil(logp(k)/c)))+1)/"
          "4+1)+lg((14*ceil(lg(k))+17)/20), lg(4*n/5+2)+lg((14*ceil(lg(k))+17)/20), 2*c*lg(p)-1), "
          "ceil(lg(k)))",
      .floats = {.family = "float(ceil(lg(max((lg(ceil(ceil(n/c)/max(1,ceil(logp(k)/c)))+3)+2)*(ceil(ceil(n/"
                           "c)/max(1,ceil(logp(k)/c)))+1)/2+7, 2*lg(k)+c*lg(p)*max(1,ceil(logp(k)/c))+12, "
                           "lg(n+1)+12, 2*c*lg(p)+4)))+1, max(4, 2*lg(k)+c*lg(p)*max(1,ceil(logp(k)/c)), "
                           "2*lg(ceil(ceil(n/c)/max(1,ceil(logp(k)/c)))+2)-1, lg(n)+1, 2*c*lg(p)))",
                 .width = "39 + min(1, max(0, ceil_log(power(p,c), k) - 1)) * power(p,c)"},
      .summary =
          "columns summed in groups of log k digits, quotients looked up, then the carry of ADD; 6 layers",
      .note = "iteradd-log",
      .knobs = {{.name = "slices",
                 .summary = "equal parts of a cliff (fixed point): more save up to lg(2M) bits",
                 .standard = standard_log_slices,
                 .least = [](const TaskSize&) { return 1; },
                 .most = [](const TaskSize&) { return 16; }}},
      .refuses = refuses_iteradd_log,
      .build = build_iteradd_log};
}

}  // namespace roundoff::constructions
