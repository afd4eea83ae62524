// add-match: ADD in logarithmic precision with constant width by exact matches alone, four layers, and with
// the knob D that trades width for bits (theory-notes/add-match.md).
//
// Let u_t be the nearest digit at or above t that does not propagate ('+', digit n, never does). The carry
// into digit i comes from the nearest lower digit t that does not propagate, and this is the only such t with
// u_(t+1) = u_i: all digits between t and u_i, i among them, propagate. Digits stand most significant first,
// so "at or above t" is the causal mask, and no hinge is needed. Positions are compared by codes of D
// coordinates, whose squares are about D/4 (n+1)^(2/D).
#include "constructions/add/add_sums.hpp"
#include "constructions/construction.hpp"
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_add_match(const TaskSize& size, const Policy& policy, const Settings& settings) {
  return needs_sums(size, policy, settings.at("D"));
}

Model build_add_match(const Task& task, const Policy& policy, const Settings& settings) {
  const AddLayout at(task.size());
  const int n = at.n;
  const Weight m = gap(policy);
  const PointCode codes(n + 1, settings.at("D"));

  ModelBuilder model(task);
  const AddSums columns(model, at, codes, task.base(), policy);
  const Weight& wall = columns.wall;
  const Register one = columns.one, not_b = columns.not_b;
  const Point own = columns.own;
  const Register order = model.add("order");                // n/2 - t at digit t: greater for lower digits
  const Point next = codes.add(model, "next");              // t+1 at b_t, and 0 at '=', which is digit -1
  const Point above = codes.add(model, "above");            // u_t
  const Point above_next = codes.add(model, "above_next");  // u_(t+1)
  const Point wanted = codes.add(model, "wanted");          // u_i at output i
  const Register propagate = model.add("propagate");

  // Embedding: digits as numbers, roles, the digit that a position holds or asks for, and the one above it.
  columns.embed(model, at, codes);
  model.position(at.plus(), order, n / 2 - n);
  for (int t = 0; t < n; ++t) {
    model.position(at.b(t), order, n / 2 - t);
    codes.place(model, at.b(t), next, t + 1);
  }
  for (int position = 0; position <= at.plus(); ++position) codes.place(model, position, next, 0);
  for (int position = at.equals(); position < at.positions(); ++position) {
    codes.place(model, position, next, 0);
  }

  // Layer 1. s = a_i + b_i, and whether the column propagates or generates.
  LayerBuilder& sums = model.layer();
  columns.fetch(sums);
  columns.classify(sums, propagate);

  // Layer 2. b_t finds u_t: of the digits of b written so far, and '+', the lowest that does not propagate.
  // The scores M (n/2 - t) are centred, so that they need half the range; guarded keys are pushed down twice,
  // to -MAX.
  HeadBuilder& nearest = model.layer().head();
  nearest.score(one, m * order);
  for (int push = 0; push < 2; ++push) nearest.score(-wall * one, not_b + propagate);
  copy(nearest, own, above);

  // Layer 3. b_t fetches u_(t+1) from digit t+1, and '=' fetches u_0; output i fetches u_i.
  LayerBuilder& fetch = model.layer();
  HeadBuilder& from_next = fetch.head();
  match(from_next, next, own, one, m);
  from_next.score(-wall * one, not_b);
  copy(from_next, above, above_next);
  HeadBuilder& from_own = fetch.head();
  match(from_own, own, own, one, m);
  from_own.score(-wall * one, not_b);
  copy(from_own, above, wanted);

  // Layer 4. Output i matches the digit t that does not propagate and has u_(t+1) = u_i; its generate flag is
  // the carry ('=' is digit -1 and kills, so that every carry has a source). Keys of other roles hold
  // averages of codes, off the paraboloid, which may score above a match: two pushes send any score to -MAX.
  LayerBuilder& carries = model.layer();
  HeadBuilder& source = carries.head();
  match(source, wanted, above_next, one, m);
  for (int push = 0; push < 2; ++push) source.score(-wall * one, columns.not_source + propagate);
  source.copy(columns.generate, {{columns.carry, 1}, {columns.s, 1}});

  // The digit is s + carry, less B where the column overflows.
  columns.reduce(carries, propagate, 1);
  columns.logits(model, task, policy);
  return model.finish();
}

}  // namespace

Construction add_match() {
  return {
      .name = "add-match",
      .task = "add",
      .theorem = "Feng et al. 2024, theorem 5.1",
      .regime = Regime::logarithmic,
      .width = "5*D+16",
      .family =
          "fixed(max(lg(ceil(ceil(n/c)/2)*ceil(ceil(n/c)/2)+2), lg(ceil(ceil(n/c)/2)+2), floor(2*lg(p))), "
          "0)",
      .floats = {.family = "float(ceil(lg(2*lg(n+1)+2*lg(p)+8))+1, max(3, "
                           "lg(ceil(ceil(n/c)/2)*ceil(ceil(n/c)/2)+1), floor(2*lg(p))))",
                 .width = "5*D+16"},
      .summary = "carry from the nearest lower digit that does not propagate, by exact matches only",
      .note = "add-match",
      .knobs = {{"D", "coordinates of a position's code: more registers, smaller squares",
                 [](const TaskSize&) { return 1; }, [](const TaskSize&) { return 1; },
                 [](const TaskSize& size) { return ceil_log(2, static_cast<std::uint64_t>(size.n) + 1); }}},
      .refuses = refuses_add_match,
      .build = build_add_match};
}

}  // namespace roundoff::constructions
