// add-hinge: ADD in logarithmic precision with constant width, two layers (theory-notes/add-hinge.md).
//
// The carry into digit i is the generate flag of the nearest lower digit that does not propagate: a hinge
// finds it, by saturation in fixed point and by an exponential kernel in floating point. Two knobs trade
// width for bits: `slices` (fixed point) the dimensions of the hinge's head for the height of its products,
// about M n^2 / (2 slices), and `D` the coordinates of a position's code for its square, about M D/4 n^(2/D).
#include <algorithm>

#include "constructions/add/add_sums.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets/hinge.hpp"
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

// Digits less ceil(n/2). '=' is digit -1 and asks for digit n, so that the numbers of t+1 run from 0 to n.
struct DigitNumbers {
  explicit DigitNumbers(int n) : centre((n + 1) / 2), least(-centre), greatest(n - centre) {}
  int centre, least, greatest;
};

int standard_hinge_slices(const TaskSize&) { return 3; }

std::string refuses_add_hinge(const TaskSize& size, const Policy& policy, const Settings& settings) {
  const AddLayout at(size);
  const DigitNumbers numbers(at.n);
  const int slices = settings.at("slices");
  if (floating(policy) && slices != standard_hinge_slices(size))
    return "has no cliff to slice in floating point: drop --set slices, or use fixed(i,f)";
  return first_reason({needs_sums(size, policy, settings.at("D")),
                       Hinge::refuses(numbers.least, numbers.greatest, slices, policy)});
}

Model build_add_hinge(const Task& task, const Policy& policy, const Settings& settings) {
  const AddLayout at(task.size());
  const int n = at.n;
  const DigitNumbers numbers(n);
  const PointCode codes(n + 1, settings.at("D"));

  ModelBuilder model(task);
  const AddSums columns(model, at, codes, task.base(), policy);
  const Register one = columns.one;
  const Register equals = model.add("equals");  // 1 at '='
  // The own digit as one number.
  const Register number = codes.dimensions() == 1 ? columns.own.coordinates[0] : model.add("number");
  const Hinge hinge(model, numbers.least, numbers.greatest, settings.at("slices"), policy);

  // Embedding: digits as numbers, roles, and the digit that a position holds or asks for, in a position code.
  columns.embed(model, at, codes);
  model.position(at.equals(), equals, 1);
  const auto hold = [&](int position, int digit) {
    if (codes.dimensions() > 1) model.position(position, number, digit - numbers.centre);
  };
  for (int t = 0; t < n; ++t) {
    hold(at.a(t), t);
    hold(at.b(t), t);
    hinge.place_key(model, at.b(t), t + 1 - numbers.centre);
  }
  hinge.place_key(model, at.equals(), -numbers.centre);
  for (int i = 0; i < at.answer; ++i) {
    hold(at.output(i), i);
    hinge.place_query(model, at.output(i), i - numbers.centre);
  }

  // Layer 1. s = a_i + b_i. A column that propagates is no source of a carry.
  LayerBuilder& sums = model.layer();
  columns.fetch(sums);
  columns.classify(sums, columns.not_source);

  // Layer 2. Of the digits t of b that do not propagate, output i finds the greatest with t+1 <= i. '=' is
  // digit -1 here, which kills, so that every carry has a source; keys that are no source are pushed
  // below all others. The generate flag found is the carry.
  LayerBuilder& carries = model.layer();
  HeadBuilder& nearest = carries.head();
  hinge.score(nearest, number, one + (number - Weight(at.answer) * Form(equals)), one);
  nearest.score(-columns.wall * one, columns.not_source);
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
      .width = "max(11+D+min(D-1,1), 2*slices+4, 4*D+6)",
      .family =
          "fixed(max(lg(ceil(ceil(n/c)/2)*ceil(ceil(n/c)/2)+2), "
          "lg(ceil((ceil(n/c)+1)/3)*ceil(ceil(n/c)/2)+ceil(n/c)+2), "
          "floor(2*lg(p))), 0)",
      .floats = {.family =
                     "float(ceil(lg(max((lg(ceil(n/c)+2)+2)*(ceil(n/c)+1)/2+6, 2*lg(p)+8)))+1, max(3, "
                     "lg(ceil(ceil(n/c)/2)*ceil(ceil(n/c)/2)+1), floor(2*lg(p))))",
                 .width = "max(13+D+min(D-1,1), 4*D+6)"},
      .summary = "carry from the nearest lower digit that does not propagate, by a score that saturates",
      .note = "add-hinge",
      .knobs = {{"slices", "parts of the cliff (fixed point): more dimensions, smaller products",
                 standard_hinge_slices, [](const TaskSize&) { return 1; },
                 [](const TaskSize& size) { return std::max(3, size.n + 1); }},
                {"D", "coordinates of a position's code: more registers, smaller squares",
                 [](const TaskSize&) { return 1; }, [](const TaskSize&) { return 1; },
                 [](const TaskSize& size) { return ceil_log(2, static_cast<std::uint64_t>(size.n) + 1); }}},
      .refuses = refuses_add_hinge,
      .build = build_add_hinge};
}

}  // namespace roundoff::constructions
