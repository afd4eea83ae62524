// iteradd-slim: IterADD_2 in logarithmic precision with width 16, ten layers (theory-notes/iteradd-slim.md).
//
// Columns are added in groups of m = ceil(lg k) digits, P = 2^m, as in iteradd-log: S_J = P Q_J + R_J, and
// T_J = R_J + Q_(J-1) has a carry of 0 or 1, which is add-slim's. All comparisons of positions are tents
// (gadgets/tent.hpp), so that no register holds a square, and one look-up a layer divides.
#include <algorithm>

#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/gadgets/tent.hpp"
#include "constructions/iteradd/iteradd_layout.hpp"
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

int standard_slices(const TaskSize&) { return 7; }

struct Groups {
  explicit Groups(const TaskSize& size)
      : digits(std::max(1, ceil_log(2, static_cast<std::uint64_t>(size.k)))),
        modulus(1 << digits),
        count((size.n + digits - 1) / digits),
        top(size.n - (count - 1) * digits),
        padded_digits(1 << ceil_log(2, static_cast<std::uint64_t>(digits))),
        padded_operands(modulus) {}

  int digits, modulus;  ///< m, P = 2^m
  int count, top;       ///< groups, and digits in the topmost one
  int padded_digits;    ///< m and k up to powers of two, so that means are exact
  int padded_operands;
  /// The number of group J as a name, at most -2: carrier G is the last '+', carrier -1 is '='.
  int name(int group) const { return group - count - 2; }
};

std::string refuses_iteradd_slim(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.p != 2 || size.c != 1)
    return "is built for single binary digits: use --p 2 and no --c, or iteradd-log";
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  if (size.k < 2) return "needs at least two operands: take k >= 2";
  const Groups groups(size);
  return first_reason({needs_tent(policy), needs_weight(policy, power_of_two(-groups.digits),
                                                        "the share 1/2^ceil(lg k) of a key")});
}

// One paragraph of weights a layer. The carrier of group J is the lowest digit of it in the last operand: it sees
// all operands, and all groups above.
class IterAddSlim {
 public:
  IterAddSlim(const Task& task, const Policy& policy, int slices)
      : task_(task),
        at_(task.size()),
        groups_(task.size()),
        m_(groups_.digits),
        modulus_(groups_.modulus),
        count_(groups_.count),
        max_(largest(policy)),
        gap_m_(gap(policy)),
        slices_(slices),
        slope_(part_of(2 * gap_m_, slices, policy)),
        model_(task) {}

  Model build() {
    embed();
    weigh_digits();
    add_columns();
    add_groups();
    divide();
    add_carried();
    name_nearest();
    fetch();
    carry();
    write_digits();
    model_.logit(1, a_ - 4 * Form(no_column_));
    model_.logit(task_.eos(), 2 * Form(no_column_));
    return model_.finish();
  }

 private:
  // What the registers of positions hold at the start.
  struct Place {
    int x = 0, group = 0, scale = 0, row = -1, is_digit = 0, no_column = 0, in_group = 0, no_group = 1,
        not_last = 1, no_carrier = 1, above_all = 0;
  };

  Place& place(int position) { return places_[static_cast<std::size_t>(position)]; }
  void embed() {
    place_digits();
    place_symbols();
    pad_groups();
    place_outputs();
    for (int position = 0; position < task_.positions(); ++position) {
      const Place& here = place(position);
      for (const auto& [reg, value] : {std::pair{x_, here.x},
                                       {group_, here.group},
                                       {scale_, here.scale},
                                       {row_, here.row},
                                       {is_digit_, here.is_digit},
                                       {no_column_, here.no_column},
                                       {in_group_, here.in_group},
                                       {no_group_, here.no_group},
                                       {not_last_, here.not_last},
                                       {no_carrier_, here.no_carrier},
                                       {above_all_, here.above_all}}) {
        model_.position(position, reg, value);
      }
    }
    model_.token(1, v_, 1);
  }
  void place_digits() {
    for (int j = 0; j < at_.k; ++j) {
      for (int digit = 0; digit < at_.n; ++digit) {
        Place& here = place(at_.digit(j, digit));
        here.x = digit - at_.n;
        here.is_digit = 1;
        here.scale = 1 << digit % m_;
        if (j + 1 < at_.k) continue;
        here.group = groups_.name(digit / m_);
        here.in_group = 1;
        here.not_last = here.no_group = 0;
        here.no_carrier = digit % m_ == 0 ? 0 : 1;
      }
    }
  }
  void place_symbols() {
    for (int j = groups_.padded_operands - at_.k; j + 1 < at_.k; ++j)
      place(at_.symbol(j)).no_column = 1;  // the others pad
    place(sentinel_).above_all = 1;
    place(sentinel_).group = groups_.name(count_);
    place(sentinel_).no_carrier = 0;
    place(at_.equals()).group = groups_.name(-1);
    place(at_.equals()).no_carrier = 0;
  }
  // Positions with column sum 0 pad the groups: the first ones any group, the next ones the topmost.
  void pad_groups() {
    int padding = 0;
    for (int position = 0; padding < groups_.padded_digits - groups_.top; ++position) {
      if (position == sentinel_) continue;
      Place& here = place(position);
      here.no_group = 0;
      if (padding++ < groups_.padded_digits - m_) continue;
      here.in_group = 1;
      here.group = groups_.name(count_ - 1);
    }
  }
  void place_outputs() {
    for (int h = 0; h < modulus_; ++h) place(h).row = h;
    for (int i = 0; i < at_.answer; ++i) {
      Place& here = place(at_.output(i));
      here.x = groups_.name(i / m_ - 1);
      here.group = groups_.name(i / m_ - 1) - count_;
      here.scale = 1 << i % m_;
    }
    place(at_.end()).no_column = 1;
  }

  // A tent (tent.hpp) with the fifth term as it is given, number and guard, and with its ends at keys with gate
  // 1 alone: a key with gate 0 and number 0 scores 0 for all queries.
  void compare(HeadBuilder& head, const Weight& m_here, const Form& query, const Form& key,
               const Form& guarded, const Form& gate) const {
    head.score(m_here * query + max_, gate);
    head.score(m_here * query, gate);
    head.score(one_, -m_here * key);
    head.score(one_, -m_here * key);
    head.score(one_, guarded);
    head.score(-m_here * query - max_, gate);
  }
  // The greatest row h >= 0 with h * divisor <= number, by slices of + slope number, - slope h divisor (`cliff`,
  // gadgets.hpp), MAX, and M h - MAX; row -1, where there is none, is pushed down.
  void look_up(LayerBuilder& layer, const Form& number, const Form& divisor, int factor, Target to) const {
    HeadBuilder& head = layer.head();
    for (int slice = 0; slice < slices_; ++slice) {
      head.score(slope_ * number, one_);
      head.score(divisor, -(slope_ * factor) * row_);
    }
    head.score(one_, constant(max_));
    head.score(one_, gap_m_ * row_ + (gap_m_ - max_));
    head.copy(row_, {to});
  }
  static void clear(LayerBuilder& layer, Register reg) { layer.unit(reg, {{reg, -1}}); }

  // Layer 1. The digit's part of its group, v 2^place.
  void weigh_digits() {
    LayerBuilder& parts = model_.layer();
    parts.unit(scale_ + (modulus_ / 2) * Form(v_) - Weight(modulus_ / 2), {{v_, 1}});
    clear(parts, v_);
  }

  // Layer 2. Column sums, kept at the last operand: 2^m keys of weight 2^-m.
  void add_columns() {
    LayerBuilder& sums = model_.layer();
    HeadBuilder& column = sums.head();
    compare(column, gap_m_, x_, x_, gap_m_ * x_ - max_ * Form(no_column_), is_digit_);
    column.copy(v_, {{c_, groups_.padded_operands}});
    sums.unit(c_ - max_ * Form(not_last_), {{c_, 1}});
    clear(sums, c_);
    clear(sums, v_);
  }

  // Layer 3. v = S_J at the digits of group J of the last operand.
  void add_groups() {
    LayerBuilder& group_sums = model_.layer();
    HeadBuilder& members = group_sums.head();
    compare(members, gap_m_, group_, group_, gap_m_ * group_ - max_ * Form(no_group_), in_group_);
    members.copy(c_, {{v_, groups_.padded_digits}});
    clear(group_sums, c_);
  }

  // Layer 4. S_J = P Q + R at the carrier: t = Q, v = R.
  void divide() {
    LayerBuilder& quotients = model_.layer();
    look_up(quotients, v_, one_, modulus_, {c_, 1});
    const Form elsewhere = -max_ * no_carrier_ - max_ * Form(no_group_);
    quotients.unit(elsewhere + v_ - modulus_ * Form(c_), {{v_, 1}});
    clear(quotients, v_);
    quotients.unit(elsewhere + c_, {{t_, 1}});
    clear(quotients, c_);
    quotients.unit(-Form(c_), {{c_, 1}});
  }

  // Layer 5. Carrier J fetches R_(J+1): t = T_(J+1) = R_(J+1) + Q_J <= 2P - 2. Then v = 1 iff group J+1
  // propagates (T = P-1), c = 1 iff it generates (T >= P); the carrier above all groups does neither.
  void add_carried() {
    LayerBuilder& totals = model_.layer();
    HeadBuilder& rest = totals.head();
    compare(rest, gap_m_, group_, group_ - Weight(1), gap_m_ * group_ - gap_m_ - max_ * Form(no_carrier_),
            one_);
    rest.copy(v_, t_);
    clear(totals, v_);
    const auto at_least = [&](int total) {
      return t_ - max_ * above_all_ - max_ * Form(no_carrier_) + Weight(1 - total);
    };
    totals.unit(at_least(modulus_ - 1), {{v_, 1}});
    totals.unit(at_least(modulus_), {{v_, -2}, {c_, 1}});
    totals.unit(at_least(modulus_ + 1), {{v_, 1}, {c_, -1}});
  }

  // Layer 6. u: of the carriers seen so far whose next group does not propagate the lowest; its name + 1. Where
  // the next group generates, T loses P.
  void name_nearest() {
    LayerBuilder& names = model_.layer();
    HeadBuilder& nearest = names.head();
    nearest.score(one_, -gap_m_ * group_);
    nearest.score(constant(-max_), v_);
    nearest.score(constant(-max_), no_carrier_);
    nearest.copy(group_ + Weight(1), u_);
    names.unit(c_, {{t_, -modulus_}});
  }

  // Layer 7. The outputs of group J fetch T_J and u from carrier J-1; every carrier the u of the next one.
  void fetch() {
    LayerBuilder& fetched = model_.layer();
    HeadBuilder& own = fetched.head();
    compare(own, gap_m_, x_, group_, gap_m_ * group_ - max_ * Form(no_carrier_), one_);
    own.copy(u_, a_);
    own.copy(t_, x_);
    HeadBuilder& next = fetched.head();
    compare(next, gap_m_, group_, group_ - Weight(1), gap_m_ * group_ - gap_m_ - max_ * Form(no_carrier_),
            one_);
    next.copy(u_, u_);
  }

  // T + carry at outputs, less P where that is P.
  Form total() const { return x_ - Form(group_) - Weight(count_); }

  // Layer 8. As in add-slim: the carry comes from the carrier whose next group does not propagate and whose next
  // u is the one asked for.
  void carry() {
    LayerBuilder& carries = model_.layer();
    HeadBuilder& source = carries.head();
    const Weight twice = 2 * gap_m_;
    compare(source, twice, a_, -Form(group_) + above_all_ + u_ - Weight(1),
            -twice * Form(group_) + gap_m_ * above_all_ - max_ * no_carrier_ - max_ * v_ + twice * Form(u_) -
                twice,
            one_ - Form(above_all_));
    source.copy(c_, x_);
    carries.unit(total() + Weight(1 - modulus_), {{x_, -modulus_}});
    carries.unit(-Form(a_), {{a_, 1}});
  }

  // Layers 9 and 10. The digit at place d is floor(total / 2^d) - 2 floor(total / 2^(d+1)).
  void write_digits() {
    look_up(model_.layer(), total(), scale_, 1, {a_, 1});
    look_up(model_.layer(), total(), 2 * Form(scale_), 1, {a_, -2});
  }

  const Task& task_;
  const IterAddLayout at_;
  const Groups groups_;
  const int m_, modulus_, count_;
  const Weight max_, gap_m_;
  const int slices_;
  const Weight slope_;
  const int sentinel_ = at_.symbol(at_.k - 2);  ///< the carrier above all groups
  const Form one_ = constant(1);
  std::vector<Place> places_ = std::vector<Place>(static_cast<std::size_t>(task_.positions()));
  ModelBuilder model_;

  Register x_ = model_.add("x");  // name of the column; at outputs, of the carrier to ask; then the answer
  Register group_ = model_.add("group");  // name of the group
  Register scale_ = model_.add("scale");  // 2^(place in the group)
  Register row_ = model_.add("row");      // h at position h < P, else -1: the table of the look-ups
  Register is_digit_ = model_.add("is_digit");
  Register no_column_ = model_.add("no_column");  // 1 where a key is neither a digit nor padding of a column
  Register in_group_ = model_.add("in_group");    // 1 where the key belongs to one group only
  Register no_group_ = model_.add("no_group");    // 1 where a key is neither of a group nor padding
  Register not_last_ = model_.add("not_last");    // 0 at digits of the last operand
  Register no_carrier_ = model_.add("no_carrier");
  Register above_all_ = model_.add("above_all");  // 1 at the carrier above the groups, the last '+'
  Register v_ = model_.add("v");  // the digit; its part of the group; S; R; does the group above propagate
  Register c_ = model_.add("c");  // column sum; Q; does the group above generate
  Register t_ = model_.add("t");  // Q_J; T_(J+1) at carrier J
  Register u_ =
      model_.add("u");  // name of the nearest carrier at or above whose next group does not propagate
  Register a_ = model_.add("a");  // the u asked for; the answer's digit
};

Model build_iteradd_slim(const Task& task, const Policy& policy, const Settings& settings) {
  return IterAddSlim(task, policy, settings.at("slices")).build();
}

}  // namespace

Construction iteradd_slim() {
  return {.name = "iteradd-slim",
          .task = "iteradd",
          .theorem = "beyond the paper (Feng et al. 2024, theorem 5.2, has O(1))",
          .regime = Regime::logarithmic,
          .width = "max(16, 2*slices+2)",
          .family =
              "fixed(max(lg(k)+ceil(lg(k))+lg(max(1, (14*ceil(lg(k))+25)/70)), "
              "lg(max((14*max(1,ceil(lg(k)))+17)/10*(2*ceil(n/max(1,ceil(lg(k))))+3)+1/2, "
              "(14*max(1,ceil(lg(k)))+17)/20*(n+2)))), max(1,ceil(lg(k))))",
          .summary = "iteradd-log by tents, one head a layer: width 16",
          .note = "iteradd-slim",
          .knobs = {{"slices", "parts of a look-up: more dimensions, smaller products", standard_slices,
                     [](const TaskSize&) { return 1; }, [](const TaskSize&) { return 9; }}},
          .refuses = refuses_iteradd_slim,
          .build = build_iteradd_slim};
}

}  // namespace roundoff::constructions
