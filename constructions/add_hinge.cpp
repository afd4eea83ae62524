// add-hinge: ADD in logarithmic precision with constant width, two layers (theory-notes/add-hinge.md).
//
// The carry into digit i is the generate flag of the nearest lower digit that does not propagate. "Nearest"
// is the score M t, and "lower" a cliff, min(0, A (i - (t+1))), which is no bilinear form: it is made by a
// dot product that saturates at MAX, so that the design needs `sat` and sequential sums. Two knobs trade
// width for bits: `slices` the dimensions of the cliff's head for the height of its products, about M n^2 /
// (2 slices), and `D` the coordinates of a position's code for its square, about M D/4 n^(2/D).
#include <algorithm>

#include "constructions/add_sums.hpp"
#include "constructions/construction.hpp"
#include "constructions/digits.hpp"

namespace roundoff {

namespace {

// One of `slices` equal parts of A >= M(n+1): a forbidden key lies below every permitted one, whose scores
// M t span -1 <= t <= n-1.
Weight slope_of(const Policy& policy, int n, int slices) {
  return part_of((n + 1) * gap(policy), slices, policy);
}

std::string refuses(const TaskSize& size, const Policy& policy, const Settings& settings) {
  if (!policy[Role::accumulators].is_uniform()) {
    return "needs fixed point: in floating point MAX absorbs the score that the cliff adds to it; use "
           "add-match";
  }
  return first_reason({needs_sums(size, policy), needs_sequential_sums(policy),
                       needs_weight(policy, slope_of(policy, AddLayout(size).n, settings.at("slices")),
                                    "the slope of the cliff")});
}

Model build(const Task& task, const Policy& policy, const Settings& settings) {
  const AddLayout at(task.size());
  const int n = at.n, slices = settings.at("slices");
  const Weight max = largest(policy), m = gap(policy);
  const PointCode codes(n + 1, settings.at("D"));

  ModelBuilder model(task);
  const AddSums columns(model, codes, task.base());
  const Register one = columns.one;
  const Register equals = model.add("equals");  // 1 at '='
  // The own digit as one number, less n/2.
  const Register number = codes.dimensions() == 1 ? columns.own.coordinates[0] : model.add("number");

  // Embedding: digits as numbers, roles, and the digit that a position holds or asks for, in a position code.
  columns.embed(model, at, codes);
  model.position(at.equals(), equals, 1);
  if (codes.dimensions() > 1) {
    for (int t = 0; t < n; ++t) {
      model.position(at.a(t), number, t - n / 2);
      model.position(at.b(t), number, t - n / 2);
    }
    for (int i = 0; i < at.answer; ++i) model.position(at.output(i), number, i - n / 2);
  }

  // Layer 1. s = a_i + b_i. A column that propagates is no source of a carry.
  LayerBuilder& sums = model.layer();
  columns.fetch(sums, m, max);
  columns.classify(sums, columns.not_source);

  // Layer 2. Of the digits t of b that do not propagate, output i finds the greatest t < i, with the score
  // min(0, A (i - (t+1))) + M t. '=' is digit -1 here, which kills, so that every carry has a source; keys
  // that are no source are pushed down twice, to -MAX. The generate flag found is the carry.
  LayerBuilder& carries = model.layer();
  HeadBuilder& nearest = carries.head();
  const Form t = number - Weight(at.answer) * Form(equals);
  cliff(nearest, number, one, one + t, one, slope_of(policy, n, slices), slices, max);
  nearest.score(one, m * t);
  for (int push = 0; push < 2; ++push) nearest.score(-max * one, columns.not_source);
  nearest.copy(columns.generate, {{columns.carry, 1}, {columns.s, 1}});

  // The digit is s + carry, less B where the column overflows.
  columns.reduce(carries, columns.not_source, 2);
  columns.logits(model, task, policy);
  return model.finish();
}

}  // namespace

Construction add_hinge() {
  return {
      .name = "add-hinge",
      .task = "add",
      .theorem = "Feng et al. 2024, theorem 5.1",
      .regime = Regime::logarithmic,
      .width = "max(11+D+min(D-1,1), 2*slices+5, 4*D+6)",
      .family =
          "fixed(max(lg(ceil(n/2)*ceil(n/2)+2), lg(ceil((n+1)/3)*ceil(n/2)+n+2), lg(2*p-1), "
          "lg(2*floor(p/2)*floor(p/2)+1)),0)",
      .summary = "carry from the nearest lower digit that does not propagate, by a score that saturates",
      .note = "add-hinge",
      .knobs = {{"slices", "parts of the cliff: more dimensions, smaller products",
                 [](const TaskSize&) { return 3; }, [](const TaskSize&) { return 1; },
                 [](const TaskSize& size) { return std::max(3, size.n + 1); }},
                {"D", "coordinates of a position's code: more registers, smaller squares",
                 [](const TaskSize&) { return 1; }, [](const TaskSize&) { return 1; },
                 [](const TaskSize& size) { return ceil_log(2, static_cast<std::uint64_t>(size.n) + 1); }}},
      .refuses = refuses,
      .build = build};
}

}  // namespace roundoff
