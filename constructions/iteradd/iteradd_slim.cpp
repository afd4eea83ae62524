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

Model build_iteradd_slim(const Task& task, const Policy& policy, const Settings& settings) {
  const IterAddLayout at(task.size());
  const Groups groups(task.size());
  const int n = at.n, k = at.k, m = groups.digits, modulus = groups.modulus, count = groups.count;
  const Weight max = largest(policy), gap_m = gap(policy);
  const int slices = settings.at("slices");
  const Weight slope = part_of(2 * gap_m, slices, policy);
  const Form one = constant(1);

  ModelBuilder model(task);
  const Register x =
      model.add("x");  // name of the column; at outputs, of the carrier to ask; then the answer
  const Register group = model.add("group");  // name of the group
  const Register scale = model.add("scale");  // 2^(place in the group)
  const Register row = model.add("row");      // h at position h < P, else -1: the table of the look-ups
  const Register is_digit = model.add("is_digit");
  const Register no_column =
      model.add("no_column");  // 1 where a key is neither a digit nor padding of a column
  const Register in_group = model.add("in_group");  // 1 where the key belongs to one group only
  const Register no_group = model.add("no_group");  // 1 where a key is neither of a group nor padding
  const Register not_last = model.add("not_last");  // 0 at digits of the last operand
  const Register no_carrier = model.add("no_carrier");
  const Register above_all = model.add("above_all");  // 1 at the carrier above the groups, the last '+'
  const Register v =
      model.add("v");  // the digit; its part of the group; S; R; does the group above propagate
  const Register c = model.add("c");  // column sum; Q; does the group above generate
  const Register t = model.add("t");  // Q_J; T_(J+1) at carrier J
  const Register u =
      model.add("u");  // name of the nearest carrier at or above whose next group does not propagate
  const Register a = model.add("a");  // the u asked for; the answer's digit

  // Embedding. The carrier of group J is the lowest digit of it in the last operand: it sees all operands, and
  // all groups above.
  struct Place {
    int x = 0, group = 0, scale = 0, row = -1, is_digit = 0, no_column = 0, in_group = 0, no_group = 1,
        not_last = 1, no_carrier = 1, above_all = 0;
  };
  std::vector<Place> places(static_cast<std::size_t>(task.positions()));
  const auto place = [&](int position) -> Place& { return places[static_cast<std::size_t>(position)]; };
  for (int j = 0; j < k; ++j) {
    for (int digit = 0; digit < n; ++digit) {
      Place& here = place(at.digit(j, digit));
      here.x = digit - n;
      here.is_digit = 1;
      here.scale = 1 << digit % m;
      if (j + 1 < k) continue;
      here.group = groups.name(digit / m);
      here.in_group = 1;
      here.not_last = here.no_group = 0;
      here.no_carrier = digit % m == 0 ? 0 : 1;
    }
  }
  const int sentinel = at.symbol(k - 2);
  for (int j = groups.padded_operands - k; j + 1 < k; ++j)
    place(at.symbol(j)).no_column = 1;  // the others pad
  place(sentinel).above_all = 1;
  place(sentinel).group = groups.name(count);
  place(sentinel).no_carrier = 0;
  place(at.equals()).group = groups.name(-1);
  place(at.equals()).no_carrier = 0;
  // Positions with column sum 0 pad the groups: the first ones any group, the next ones the topmost.
  int padding = 0;
  for (int position = 0; padding < groups.padded_digits - groups.top; ++position) {
    if (position == sentinel) continue;
    Place& here = place(position);
    here.no_group = 0;
    if (padding++ < groups.padded_digits - m) continue;
    here.in_group = 1;
    here.group = groups.name(count - 1);
  }
  for (int h = 0; h < modulus; ++h) place(h).row = h;
  for (int i = 0; i < at.answer; ++i) {
    Place& here = place(at.output(i));
    here.x = groups.name(i / m - 1);
    here.group = groups.name(i / m - 1) - count;
    here.scale = 1 << i % m;
  }
  place(at.end()).no_column = 1;
  for (int position = 0; position < task.positions(); ++position) {
    const Place& here = place(position);
    for (const auto& [reg, value] : {std::pair{x, here.x},
                                     {group, here.group},
                                     {scale, here.scale},
                                     {row, here.row},
                                     {is_digit, here.is_digit},
                                     {no_column, here.no_column},
                                     {in_group, here.in_group},
                                     {no_group, here.no_group},
                                     {not_last, here.not_last},
                                     {no_carrier, here.no_carrier},
                                     {above_all, here.above_all}}) {
      model.position(position, reg, value);
    }
  }
  model.token(1, v, 1);

  // A tent (tent.hpp) with the fifth term as it is given, number and guard, and with its ends at keys with gate
  // 1 alone: a key with gate 0 and number 0 scores 0 for all queries.
  const auto compare = [&](HeadBuilder& head, const Weight& m_here, const Form& query, const Form& key,
                           const Form& guarded, const Form& gate) {
    head.score(m_here * query + max, gate);
    head.score(m_here * query, gate);
    head.score(one, -m_here * key);
    head.score(one, -m_here * key);
    head.score(one, guarded);
    head.score(-m_here * query - max, gate);
  };
  // The greatest row h >= 0 with h * divisor <= number, by slices of + slope number, - slope h divisor (`cliff`,
  // gadgets.hpp), MAX, and M h - MAX; row -1, where there is none, is pushed down.
  const auto look_up = [&](LayerBuilder& layer, const Form& number, const Form& divisor, int factor,
                           Target to) {
    HeadBuilder& head = layer.head();
    for (int slice = 0; slice < slices; ++slice) {
      head.score(slope * number, one);
      head.score(divisor, -(slope * factor) * row);
    }
    head.score(one, constant(max));
    head.score(one, gap_m * row + (gap_m - max));
    head.copy(row, {to});
  };

  const auto clear = [](LayerBuilder& layer, Register reg) { layer.unit(reg, {{reg, -1}}); };

  // Layer 1. The digit's part of its group, v 2^place.
  LayerBuilder& parts = model.layer();
  parts.unit(scale + (modulus / 2) * Form(v) - Weight(modulus / 2), {{v, 1}});
  clear(parts, v);

  // Layer 2. Column sums, kept at the last operand: 2^m keys of weight 2^-m.
  LayerBuilder& sums = model.layer();
  HeadBuilder& column = sums.head();
  compare(column, gap_m, x, x, gap_m * x - max * Form(no_column), is_digit);
  column.copy(v, {{c, groups.padded_operands}});
  sums.unit(c - max * Form(not_last), {{c, 1}});
  clear(sums, c);
  clear(sums, v);

  // Layer 3. v = S_J at the digits of group J of the last operand.
  LayerBuilder& group_sums = model.layer();
  HeadBuilder& members = group_sums.head();
  compare(members, gap_m, group, group, gap_m * group - max * Form(no_group), in_group);
  members.copy(c, {{v, groups.padded_digits}});
  clear(group_sums, c);

  // Layer 4. S_J = P Q + R at the carrier: t = Q, v = R.
  LayerBuilder& divide = model.layer();
  look_up(divide, v, one, modulus, {c, 1});
  const Form elsewhere = -max * no_carrier - max * Form(no_group);
  divide.unit(elsewhere + v - modulus * Form(c), {{v, 1}});
  clear(divide, v);
  divide.unit(elsewhere + c, {{t, 1}});
  clear(divide, c);
  divide.unit(-Form(c), {{c, 1}});

  // Layer 5. Carrier J fetches R_(J+1): t = T_(J+1) = R_(J+1) + Q_J <= 2P - 2. Then v = 1 iff group J+1
  // propagates (T = P-1), c = 1 iff it generates (T >= P); the carrier above all groups does neither.
  LayerBuilder& totals = model.layer();
  HeadBuilder& rest = totals.head();
  compare(rest, gap_m, group, group - Weight(1), gap_m * group - gap_m - max * Form(no_carrier), one);
  rest.copy(v, t);
  clear(totals, v);
  const auto at_least = [&](int total) {
    return t - max * above_all - max * Form(no_carrier) + Weight(1 - total);
  };
  totals.unit(at_least(modulus - 1), {{v, 1}});
  totals.unit(at_least(modulus), {{v, -2}, {c, 1}});
  totals.unit(at_least(modulus + 1), {{v, 1}, {c, -1}});

  // Layer 6. u: of the carriers seen so far whose next group does not propagate the lowest; its name + 1. Where
  // the next group generates, T loses P.
  LayerBuilder& names = model.layer();
  HeadBuilder& nearest = names.head();
  nearest.score(one, -gap_m * group);
  nearest.score(constant(-max), v);
  nearest.score(constant(-max), no_carrier);
  nearest.copy(group + Weight(1), u);
  names.unit(c, {{t, -modulus}});

  // Layer 7. The outputs of group J fetch T_J and u from carrier J-1; every carrier the u of the next one.
  LayerBuilder& fetch = model.layer();
  HeadBuilder& own = fetch.head();
  compare(own, gap_m, x, group, gap_m * group - max * Form(no_carrier), one);
  own.copy(u, a);
  own.copy(t, x);
  HeadBuilder& next = fetch.head();
  compare(next, gap_m, group, group - Weight(1), gap_m * group - gap_m - max * Form(no_carrier), one);
  next.copy(u, u);

  // Layer 8. As in add-slim: the carry comes from the carrier whose next group does not propagate and whose next
  // u is the one asked for.
  LayerBuilder& carries = model.layer();
  HeadBuilder& source = carries.head();
  const Weight twice = 2 * gap_m;
  compare(source, twice, a, -Form(group) + above_all + u - Weight(1),
          -twice * Form(group) + gap_m * above_all - max * no_carrier - max * v + twice * Form(u) - twice,
          one - Form(above_all));
  source.copy(c, x);
  const Form total = x - Form(group) - Weight(count);  // T + carry at outputs, less P where that is P
  carries.unit(total + Weight(1 - modulus), {{x, -modulus}});
  carries.unit(-Form(a), {{a, 1}});

  // Layers 9 and 10. The digit at place d is floor(total / 2^d) - 2 floor(total / 2^(d+1)).
  look_up(model.layer(), total, scale, 1, {a, 1});
  look_up(model.layer(), total, 2 * Form(scale), 1, {a, -2});

  model.logit(1, a - 4 * Form(no_column));
  model.logit(task.eos(), 2 * Form(no_column));
  return model.finish();
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
