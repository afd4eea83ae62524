// mul-n and mul-nl: MUL in logarithmic precision with fewer than n^2 units (theory-notes/mul-n.md).
//
// Digit b_j forms its row of products itself: one head a column s fetches the digit a_(s-j) that meets b_j
// there, so that the rows stand aligned. The mean of the rows over j has the exact weight 2^-f, f = ceil(lg
// n), and is the column sums over 2^f. mul-n finds the quotients of the group sums by thresholds, O(n^2 / log
// n) units; mul-nl looks them up by attention, O(n).
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/gadgets/group_digits.hpp"
#include "constructions/gadgets/lookup.hpp"

namespace roundoff::constructions {

namespace {

// What follows from the size.
struct Rows {
  Rows(const TaskSize& size, int dimensions)
      : at(size),
        columns(std::min(at.answer, 2 * at.n - 1)),
        lg_rows(ceil_log(2, static_cast<std::uint64_t>(at.n))),
        code(at.n + 1, dimensions) {}

  MulLayout at;
  int columns;     ///< columns of the product that hold products
  int lg_rows;     ///< the mean is over 2^lg_rows positions
  PointCode code;  ///< of the digits of a, and of '*', a digit that is 0, as number n
};

// The look-up of quotients in coarse steps of `step` P, so that the ruler ends at '='.
struct Coarse {
  Coarse(const MulLayout& at, const GroupPlan& plan) {
    while (count = static_cast<int>(plan.bound / (std::int64_t{plan.p} * step)) + 1, count > at.equals() + 1)
      ++step;
  }
  int step = 1, count = 1;
};

std::string refuses_rows(const TaskSize& size, const Policy& policy, const Settings& settings, int group) {
  const Rows rows(size, settings.at("code"));
  return first_reason({needs_group_digits(policy, GroupPlan(rows.at, group)),
                       needs_wall(policy, 3 * gap(policy) * rows.code.largest_square()),
                       needs_weight(policy, power_of_two(-rows.lg_rows), "the weight 1/2^ceil(lg n)"),
                       needs_weight(policy, power_of_two(rows.lg_rows), "its inverse 2^ceil(lg n)")});
}

constexpr const char* too_large = "p^c n is beyond 10^4: take fewer digits a token";
bool is_too_large(const TaskSize& size) { return power(size.p, size.c) * size.n > 1e4; }

std::string refuses_thresholds(const TaskSize& size, const Policy& policy, const Settings& settings) {
  if (is_too_large(size)) return too_large;
  return refuses_rows(size, policy, settings, settings.at("group"));
}

int standard_product_slices(const TaskSize&) { return 4; }

std::string refuses_lookup(const TaskSize& size, const Policy& policy, const Settings& settings) {
  if (is_too_large(size)) return too_large;
  if (floating(policy) && settings.at("slices") != standard_product_slices(size))
    return "has no cliff to slice in floating point: drop --set slices, or use fixed(i,f)";
  const MulLayout at(size);
  const GroupPlan plan(at, GroupPlan::whole(at));
  const Coarse coarse(at, plan);
  return first_reason({refuses_rows(size, policy, settings, plan.m),
                       Ruler::refuses(coarse.count, std::int64_t{coarse.step} * plan.p, policy)});
}

// Layers 1 and 2: the registers, and the totals T_J at the outputs (the mean is layer 2's attention).
class RowProducts {
 public:
  RowProducts(ModelBuilder& model, const Rows& rows, const GroupPlan& plan, const Policy& policy)
      : rows_(rows),
        one(model.add("one")),
        reaches_(model.add("token >=", rows.at.base - 1)),  // [d >= u], u = 1 .. B-1
        is_b_(model.add("is b", rows.at.n)),
        key_(rows.code.add(model, "a's digit")),
        row_(model.add("row", rows.columns)),
        not_b_(model.add("not b")),
        part_(model.add("part", plan.count)),
        apart_(model.add("apart")),
        groups(model, rows.at, plan, one, policy) {}

 private:
  const Rows& rows_;

 public:
  const Register one;

 private:
  const std::vector<Register> reaches_, is_b_;
  const Point key_;
  const std::vector<Register> row_;
  const Register not_b_;
  const std::vector<Register> part_;
  const Register apart_;

 public:
  const GroupDigits groups;

  void embed(ModelBuilder& model) const {
    const MulLayout& at = rows_.at;
    const int padding = (1 << rows_.lg_rows) - at.n;  // digits of a, whose rows are 0
    for (int position = 0; position < at.positions(); ++position) {
      const bool is_b = position > at.times() && position < at.equals();
      model.position(position, one, 1);
      if (!is_b) model.position(position, not_b_, 1);
      if (!is_b && position >= padding) model.position(position, apart_, 1);
      if (position > at.times()) model.position(position, key_.square, 1);  // farther than any digit of a
    }
    for (int d = 1; d < at.base; ++d) {
      for (int u = 1; u <= d; ++u)
        model.token(static_cast<Token>(d), reaches_[static_cast<std::size_t>(u - 1)], 1);
    }
    for (int t = 0; t < at.n; ++t) {
      rows_.code.place(model, at.a(t), key_, t);
      model.position(at.b(t), is_b_[static_cast<std::size_t>(t)], 1);
    }
    rows_.code.place(model, at.times(), key_, at.n);
  }

  // Layer 1. At b_j, head s attends to a_(s-j), or to '*' where a has no such digit: the score is 2M q.k - M
  // |k|^2, which is greatest at k = q by M at least. The row's products go to the groups with the weights of
  // their columns.
  void multiply(LayerBuilder& layer, const GroupPlan& plan, const Weight& m) const {
    const MulLayout& at = rows_.at;
    for (int s = 0; s < rows_.columns; ++s) {
      HeadBuilder& fetch = layer.head();
      for (int d = 0; d < rows_.code.dimensions(); ++d) {
        Form query;
        for (int j = 0; j < at.n; ++j) {
          const int digit = s - j >= 0 && s - j < at.n ? s - j : at.n;
          const int x = rows_.code.coordinates(digit)[static_cast<std::size_t>(d)];
          if (x != 0) query += (2 * x) * m * is_b_[static_cast<std::size_t>(j)];
        }
        fetch.score(query, key_.coordinates[static_cast<std::size_t>(d)]);
      }
      fetch.score(one, -m * key_.square);
      fetch.copy(sum(reaches_), row_[static_cast<std::size_t>(s)]);
    }
    const int most = at.base - 1;
    for (int s = 0; s < rows_.columns; ++s) {
      const Weight weight = static_cast<int>(power(at.base, s % plan.m));
      for (const Register reach : reaches_) {
        layer.unit(most * reach + row_[static_cast<std::size_t>(s)] - 2 * most * not_b_ - most,
                   {{part_[static_cast<std::size_t>(s / plan.m)], weight}});
      }
    }
  }

  // Layer 2. T_J = 2^f times the mean over the rows and the padding, which is exact.
  void add_up(LayerBuilder& layer, const Weight& m) const {
    HeadBuilder& mean = layer.head();
    mean.score(one, -m * apart_);
    for (std::size_t group = 0; group < part_.size(); ++group) {
      mean.copy(part_[group], {{groups.total(static_cast<int>(group)), power_of_two(rows_.lg_rows)}});
    }
  }
};

Model build_thresholds(const Task& task, const Policy& policy, const Settings& settings) {
  const Rows rows(task.size(), settings.at("code"));
  const GroupPlan plan(rows.at, settings.at("group"));
  const Weight m = gap(policy);
  ModelBuilder model(task);
  const RowProducts products(model, rows, plan, policy);
  products.embed(model);
  products.multiply(model.layer(), plan, m);

  LayerBuilder& mean = model.layer();
  products.add_up(mean, m);
  products.groups.finish(model, task, plan.bounds(), &mean);
  return model.finish();
}

Model build_lookup(const Task& task, const Policy& policy, const Settings& settings) {
  const Rows rows(task.size(), settings.at("code"));
  const GroupPlan plan(rows.at, GroupPlan::whole(rows.at));
  const Coarse coarse(rows.at, plan);
  const Weight m = gap(policy);
  ModelBuilder model(task);
  const RowProducts products(model, rows, plan, policy);
  const Ruler ruler(model, products.one, coarse.count, rows.at.positions(),
                    std::int64_t{coarse.step} * plan.p, policy);
  products.embed(model);
  products.multiply(model.layer(), plan, m);
  products.add_up(model.layer(), m);

  // Layer 3. Q = floor(T_J / (step P)) by look-up, one head a group; T_J - step P Q, and step Q for the next
  // group. With step > 1 the rest of the quotient, below step, takes thresholds: then what the group below
  // sends waits in a register of its own.
  const int step = coarse.step;
  const std::vector<Register> received = model.add("received", step > 1 ? plan.count : 0);
  LayerBuilder& layer = model.layer();
  for (int group = 0; group < plan.count; ++group) {
    HeadBuilder& quotient = layer.head();
    const Register total = products.groups.total(group);
    ruler.divide(quotient, total, (step * plan.p) * products.one, settings.at("slices"));
    std::vector<Target> targets = {{total, -step * plan.p}};
    if (group + 1 < plan.count) {
      targets.push_back(
          {step > 1 ? received[static_cast<std::size_t>(group + 1)] : products.groups.total(group + 1),
           step});
    }
    quotient.copy(ruler.number(), targets);
  }
  if (step > 1) {
    for (int group = 1; group < plan.count; ++group) {
      layer.unit(received[static_cast<std::size_t>(group)], {{products.groups.total(group), 1}});
    }
    products.groups.round(layer, std::int64_t{step} * plan.p - 1);
  }
  products.groups.finish(model, task, {}, step > 1 ? nullptr : &layer);
  return model.finish();
}

const Knob code_knob = {.name = "code",
                        .summary = "dimensions of the code of positions: more take narrower numbers",
                        .standard = [](const TaskSize& size) { return size.n / size.c < 4 ? 1 : 2; },
                        .least = [](const TaskSize&) { return 1; },
                        .most = [](const TaskSize&) { return 4; }};

}  // namespace

Construction mul_n() {
  return {
      .name = "mul-n",
      .task = "mul",
      .theorem = "beyond the paper (Feng et al. 2024, theorem 5.3, has O(n^2))",
      .regime = Regime::logarithmic,
      .width =
          "N = ceil_div(n,c); L = ceil_div(l,c); B = power(p,c); G = ceil_div(L,group); P = "
          "power(B,group); S = min(L,2*N-1); max(S*(code+1), S*(B-1), G*(N*(B-1) - ceil_div(N*(B-1),P)), "
          "B + N + code + S + 5*G + group + 7, 1 + 2*((P-B)/(B-1) - group + 1))",
      .family =
          "fixed(max(2, lg(n) + lg(p-1) + (c-1)*(lg(p)+1) + c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c)), "
          "lg(3*n+6) + lg(7*ceil(lg(n))+10) - lg(10)), ceil(lg(n)))",
      .floats = {.family =
                     "float(ceil(lg(max(2*ceil(ceil(l/c)/max(1,ceil((logp(n*(p-1))+2*(c-1))/c)))+2, "
                     "lg(n)+lg(p-1)+(c-1)*(lg(p)+1)+c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c))+8, "
                     "lg(n+1)+14, 2*c*lg(p)+4)))+1, max(3, "
                     "lg(n)+lg(p-1)+(c-1)*(lg(p)+1)+c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/"
                     "c))+min(p-2,1)*c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c)), lg(n+1)+2, 2*c*lg(p)))",
                 .width = "N = ceil_div(n,c); L = ceil_div(l,c); B = power(p,c); G = ceil_div(L,group); P = "
                          "power(B,group); S = min(L,2*N-1); max(S*(code+1), S*(B-1), 2*G*(N*(B-1) - "
                          "ceil_div(N*(B-1),P)), "
                          "B + N + code + S + 5*G + group + 7, 1 + 4*((P-B)/(B-1) - group + 1))"},
      .summary =
          "rows of products at the digits of b, quotients by thresholds; 6 layers, O(n^2 / log n) units",
      .note = "mul-n",
      .knobs = {code_knob,
                {.name = "group",
                 .summary = "columns a group: fewer take narrower numbers and more layers",
                 .standard = whole_group,
                 .least = [](const TaskSize&) { return 1; },
                 .most = whole_group}},
      .refuses = refuses_thresholds,
      .build = build_thresholds};
}

Construction mul_nl() {
  return {
      .name = "mul-nl",
      .task = "mul",
      .theorem = "beyond the paper (Feng et al. 2024, theorem 5.3, has O(n^2))",
      .regime = Regime::logarithmic,
      .width =
          "N = ceil_div(n,c); L = ceil_div(l,c); B = power(p,c); group = max(1, ceil_log(B, N*(B-1))); step "
          "= ceil_div(N*(B-1),2*N+2); G = ceil_div(L,group); P = power(B,group); S = min(L,2*N-1); "
          "max(S*(code+1), S*(B-1), G*(2*slices+4), G*step - 1, B + N + code + S + 5*G + group + 7 + 2 + "
          "min(1,step-1)*G, 1 + 2*((P-B)/(B-1) - group + 1))",
      .family =
          "fixed(max(2, lg(n) + lg(p-1) + (c-1)*(lg(p)+1) + c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c)) + "
          "lg(7*ceil(lg(n))+10) - lg(10), lg(3*n+6) + lg(7*ceil(lg(n))+10) - lg(10)), ceil(lg(n)))",
      .floats =
          {.family = "float(ceil(lg(max(2*ceil(ceil(l/c)/max(1,ceil((logp(n*(p-1))+2*(c-1))/c)))+2, "
                     "lg(n)+lg(p-1)+(c-1)*(lg(p)+1)+c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c))+lg(n)+14, "
                     "2*c*lg(p)+4)))+1, max(3, "
                     "lg(n)+lg(p-1)+(c-1)*(lg(p)+1)+c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c))+lg(n)+1, "
                     "lg(n)+lg(p-1)+(c-1)*(lg(p)+1)+c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/"
                     "c))+min(p-2,1)*c*lg(p)*max(1,ceil((logp(n*(p-1))+2*(c-1))/c)), 2*c*lg(p)))",
           .width =
               "N = ceil_div(n,c); L = ceil_div(l,c); B = power(p,c); group = max(1, ceil_log(B, N*(B-1))); "
               "step "
               "= ceil_div(N*(B-1),2*N+2); G = ceil_div(L,group); P = power(B,group); S = min(L,2*N-1); "
               "max(S*(code+1), S*(B-1), G*4, 2*G*(step-1) + G-1, B + N + code + S + 5*G + group + 8 + 2 + "
               "min(1,step-1)*G, 1 + 4*((P-B)/(B-1) - group + 1))"},
      .summary =
          "rows of products at the digits of b, quotients looked up by attention; 6 or 7 layers, width O(n)",
      .note = "mul-n",
      .knobs = {code_knob,
                {.name = "slices",
                 .summary = "equal parts of a look-up's cliff (fixed point): more save up to lg(2M) bits",
                 .standard = standard_product_slices,
                 .least = [](const TaskSize&) { return 1; },
                 .most = [](const TaskSize&) { return 16; }}},
      .refuses = refuses_lookup,
      .build = build_lookup};
}

}  // namespace roundoff::constructions
