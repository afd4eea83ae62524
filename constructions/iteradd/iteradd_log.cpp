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
struct ColumnGroups {
  explicit ColumnGroups(const TaskSize& size)
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
Weight greatest_group_score(const ColumnGroups& plan, const PointCode& columns, const PointCode& groups,
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
  const ColumnGroups plan(size);
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

/// One paragraph of weights a layer.
class IterAddLog {
 public:
  IterAddLog(const Task& task, const Policy& policy, int slices)
      : task_(task), policy_(policy), slices_(slices), plan_(task.size()), model_(task) {}

  Model build() {
    one_ = flag("one", [](int) { return true; });
    weigh_digits();
    add_columns();
    add_groups();
    const Ruler ruler(model_, one_, at_.k, positions_, plan_.p, policy_);
    divide_by_groups(ruler);
    carry();
    write_digits(ruler);
    digit_logits(model_, task_, one_, y_, end_, policy_);
    return model_.finish();
  }

 private:
  /// A register that is 1 at the positions for which `where` holds.
  template <class Where>
  Register flag(const std::string& name, const Where& where) {
    const Register reg = model_.add(name);
    for (int position = 0; position < positions_; ++position) {
      if (where(position)) model_.position(position, reg, 1);
    }
    return reg;
  }
  bool is_digit(int position) const { return position < at_.equals() && position % (at_.n + 1) != at_.n; }

  // Layer 1. A digit's weight in its group: w = x B^r with r = t mod m. With one column a group that is x,
  // else B-1 gated units make it: relu(B^r - MAX [x != d]) = B^r [x = d].
  void weigh_digits() {
    w_ = model_.add("w");
    if (plan_.m == 1) {
      for (int d = 1; d < plan_.base; ++d) model_.token(static_cast<Token>(d), w_, d);
      return;
    }
    const Register place = model_.add("place");
    for (int j = 0; j < at_.k; ++j) {
      for (int t = 0; t < at_.n; ++t) {
        model_.position(at_.digit(j, t), place, static_cast<int>(power(plan_.base, t % plan_.m)));
      }
    }
    LayerBuilder& weigh = model_.layer();
    for (int d = 1; d < plan_.base; ++d) {
      const Register other = model_.add("not " + std::to_string(d));
      for (int token = 0; token < plan_.base; ++token) {
        if (token != d) model_.token(static_cast<Token>(token), other, 1);
      }
      weigh.unit(place - shut_ * other, {{w_, d}});
    }
  }

  // Layer 2. Column sums, at the last operand's digits: column t attends to its k digits and, as padding, to
  // '+' signs, which have w = 0, 2^lg positions in all. The weight is 1/2^lg, and the column's sum comes out
  // exactly.
  void add_columns() {
    const int padding = (1 << plan_.lg_operands) - at_.k;
    const Point column = columns_.add(model_, "column");
    for (int j = 0; j < at_.k; ++j) {
      for (int t = 0; t < at_.n; ++t) columns_.place(model_, at_.digit(j, t), column, t);
    }
    const Register digit = flag("digit", [&](int position) { return is_digit(position); });
    const Register no_column = flag("no column", [&](int position) {
      const int operand = position / (at_.n + 1);
      return !is_digit(position) && !(operand < padding && position == at_.symbol(operand));
    });
    const Register attended = model_.add("attended");
    sum_ = model_.add("column sum");
    const Register not_last = flag("not last", [&](int position) {
      return !is_digit(position) || position < at_.digit(plan_.last(), at_.n - 1);
    });
    LayerBuilder& column_sums = model_.layer();
    HeadBuilder& add_column = column_sums.head();
    match_padded(add_column, column, column, digit, one_, m_);
    add_column.score(-shut_ * one_, no_column);
    add_column.copy(w_, {{attended, power_of_two(plan_.lg_operands)}});
    column_sums.unit(attended - shut_ * not_last, {{sum_, 1}});
  }

  // Layer 3. Group sums S_J and S_(J-1) at the carrier of J. Every group's columns are made up to `columns`
  // by early positions, whose column sum is 0, and padding that matches every group makes that a power of
  // two. Group G consists of zeros; it also stands for group -1.
  void add_groups() {
    const Point in_group = groups_.add(model_, "in group");
    const Register grouped = model_.add("grouped");
    std::vector<bool> attends(static_cast<std::size_t>(positions_), false);
    int early = 0;
    const auto put = [&](int position, int group) {
      groups_.place(model_, position, in_group, group);
      model_.position(position, grouped, 1);
      attends[static_cast<std::size_t>(position)] = true;
    };
    for (int t = 0; t < at_.n; ++t) put(at_.digit(plan_.last(), t), t / plan_.m);
    for (int group = 0; group <= plan_.groups; ++group) {
      for (int have = plan_.columns_of(group); have < plan_.columns; ++have) put(early++, group);
    }
    for (int have = plan_.columns; have < 1 << plan_.lg_columns; ++have) {
      attends[static_cast<std::size_t>(early++)] = true;
    }
    const Register no_group =
        flag("no group", [&](int position) { return !attends[static_cast<std::size_t>(position)]; });
    group_ = groups_.add(model_, "group");
    const Point below = groups_.add(model_, "group below");
    for (int j = 0; j <= plan_.groups; ++j) {
      groups_.place(model_, plan_.carrier(j), group_, j);
      groups_.place(model_, plan_.carrier(j), below, j == 0 ? plan_.groups : j - 1);
    }
    s_ = model_.add("S");
    s_below_ = model_.add("S below");
    total_ = model_.add("T");
    LayerBuilder& group_sums = model_.layer();
    const Weight unscale = power_of_two(plan_.lg_columns);
    HeadBuilder& add_group = group_sums.head();
    match_padded(add_group, group_, in_group, grouped, one_, m_);
    add_group.score(-shut_ * one_, no_group);
    add_group.copy(sum_, {{s_, unscale}, {total_, unscale}});
    HeadBuilder& add_below = group_sums.head();
    match_padded(add_below, below, in_group, grouped, one_, m_);
    add_below.score(-shut_ * one_, no_group);
    add_below.copy(sum_, {{s_below_, unscale}});
  }

  // Layer 4. Quotients Q = floor(S/P) <= k-1 by look-up among the first k positions, and T_J = S_J - P Q_J +
  // Q_(J-1). A group generates a carry when T >= P and propagates one when T = P-1.
  void divide_by_groups(const Ruler& ruler) {
    generate_ = model_.add("generate");
    skip_ = model_.add("skip");
    no_carrier_ = model_.add("no carrier");
    std::vector<bool> carries(static_cast<std::size_t>(positions_), false);
    for (int j = 0; j <= plan_.groups; ++j) carries[static_cast<std::size_t>(plan_.carrier(j))] = true;
    for (int position = 0; position < positions_; ++position) {
      if (carries[static_cast<std::size_t>(position)]) continue;
      model_.position(position, no_carrier_, 1);
      if (position != 0) model_.position(position, skip_, 1);  // position 0 stands for group -1, which kills
    }
    LayerBuilder& quotients = model_.layer();
    HeadBuilder& quotient = quotients.head();
    ruler.divide(quotient, s_, plan_.p * one_, slices_);
    quotient.copy(ruler.number(), {{total_, -plan_.p}});
    HeadBuilder& quotient_below = quotients.head();
    ruler.divide(quotient_below, s_below_, plan_.p * one_, slices_);
    quotient_below.copy(ruler.number(), total_);
    const Form guarded = total_ - shut_ * no_carrier_;
    quotients.unit(guarded - (plan_.p - 2), {{skip_, 1}});
    quotients.unit(guarded - (plan_.p - 1), {{skip_, -2}, {generate_, 1}});
    quotients.unit(guarded - plan_.p, {{skip_, 1}, {generate_, -1}});
  }

  // Layer 5. Output i, of group J = floor(i/m), reads the carry into J from the nearest lower group that does
  // not propagate, and T_J; U = (T_J + carry) mod P.
  void carry() {
    const Register next = model_.add("J+1"), wanted_number = model_.add("J wanted");
    const Hinge hinge(model_, numbers_.least, numbers_.greatest, slices_, policy_);
    const Point wanted = groups_.add(model_, "J wanted'");
    u_ = model_.add("U");
    const auto end_group = [&](int position, int j) {
      model_.position(position, next, j + 1 - numbers_.centre);
      hinge.place_key(model_, position, j + 1 - numbers_.centre);
    };
    for (int j = 0; j <= plan_.groups; ++j) end_group(plan_.carrier(j), j);
    end_group(0, -1);
    const auto ask = [&](int position, int j) {
      model_.position(position, wanted_number, j - numbers_.centre);
      hinge.place_query(model_, position, j - numbers_.centre);
      groups_.place(model_, position, wanted, j);
    };
    for (int i = 0; i < at_.answer; ++i) ask(at_.output(i), i / plan_.m);
    ask(at_.end(), 0);
    LayerBuilder& carries = model_.layer();
    HeadBuilder& nearest = carries.head();
    hinge.score(nearest, wanted_number, next, one_);
    nearest.score(-shut_ * one_, skip_);
    nearest.copy(generate_, u_);
    HeadBuilder& own = carries.head();
    match_padded(own, wanted, group_, one_, one_, m_);
    own.score(-shut_ * one_, no_carrier_);
    own.copy(total_, u_);
    carries.unit(u_ - (plan_.p - 1), {{u_, -plan_.p}});
    carries.unit(u_ - plan_.p, {{u_, plan_.p}});
  }

  // Layer 6. Digit r = i mod m of U: floor(U/B^r) - B floor(U/B^(r+1)). For r = 0 the first quotient is U
  // itself, and the look-up divides by P and finds 0; the others are below P/B < k.
  void write_digits(const Ruler& ruler) {
    const Register divisor = model_.add("B^r"), next_divisor = model_.add("B^(r+1)"),
                   not_lowest = model_.add("r > 0");
    y_ = model_.add("y");
    end_ = model_.add("end");
    const auto ask = [&](int position, int r) {
      model_.position(position, divisor, r == 0 ? plan_.p : static_cast<int>(power(plan_.base, r)));
      model_.position(position, next_divisor, static_cast<int>(power(plan_.base, r + 1)));
      if (r > 0) model_.position(position, not_lowest, 1);
    };
    for (int i = 0; i < at_.answer; ++i) ask(at_.output(i), i % plan_.m);
    ask(at_.end(), 0);
    model_.position(at_.end(), end_, 1);
    LayerBuilder& digits = model_.layer();
    HeadBuilder& high = digits.head();
    ruler.divide(high, u_, divisor, slices_);
    high.copy(ruler.number(), y_);
    HeadBuilder& higher = digits.head();
    ruler.divide(higher, u_, next_divisor, slices_);
    higher.copy(ruler.number(), {{y_, -plan_.base}});
    digits.unit(u_ - shut_ * not_lowest, {{y_, 1}});
  }

  const Task& task_;
  const Policy& policy_;
  const int slices_;
  const ColumnGroups plan_;
  const IterAddLayout& at_ = plan_.at;
  const int positions_ = at_.positions();
  const GroupNumbers numbers_{plan_.groups};
  const PointCode columns_{at_.n, 2}, groups_{plan_.groups + 1, 1};
  const Weight m_ = gap(policy_),
               shut_ = wall(policy_, greatest_group_score(plan_, columns_, groups_, policy_));
  ModelBuilder model_;

  Register one_;
  Register w_, sum_;                       ///< a digit's weight in its group; a column's sum
  Point group_;                            ///< at J's carrier
  Register s_, s_below_, total_;           ///< S_J, S_(J-1), T_J
  Register generate_, skip_, no_carrier_;  ///< of J's carrier
  Register u_, y_, end_;                   ///< at outputs: U and the digit; 1 at the last position
};

Model build_iteradd_log(const Task& task, const Policy& policy, const Settings& settings) {
  return IterAddLog(task, policy, settings.at("slices")).build();
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
          "fixed(max(lg(k)+lg(p)*max(1,ceil(logp(k)))+lg(max(4,ceil(lg(k))))-2, "
          "lg((ceil(ceil(n/c)/max(1,ceil(logp(k))))+2)*((14*ceil(lg(k))+17)/20*(ceil(ceil(n/c)/"
          "max(1,ceil(logp(k))))+16)/14+1/4)), "
          "lg((ceil(ceil(n/c)/max(1,ceil(logp(k))))+1)*(ceil(ceil(n/c)/max(1,ceil(logp(k))))+1)/"
          "4+1)+lg((14*ceil(lg(k))+17)/20), lg(4*n/5+2)+lg((14*ceil(lg(k))+17)/20), 2*lg(p)-1), "
          "ceil(lg(k)))",
      .floats = {.family = "float(ceil(lg(max((lg(ceil(ceil(n/c)/max(1,ceil(logp(k))))+3)+2)*(ceil(ceil(n/"
                           "c)/max(1,ceil(logp(k))))+1)/2+7, 2*lg(k)+lg(p)*max(1,ceil(logp(k)))+12, "
                           "lg(n+1)+12, 2*lg(p)+4)))+1, max(4, 2*lg(k)+lg(p)*max(1,ceil(logp(k))), "
                           "2*lg(ceil(ceil(n/c)/max(1,ceil(logp(k))))+2)-1, lg(n)+1, 2*lg(p)))",
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
