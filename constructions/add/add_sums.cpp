// The shared layers of the logarithmic-precision adders; see add_sums.hpp.
#include "constructions/add/add_sums.hpp"

#include <algorithm>

#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

/// No score exceeds this: those of a match lie within M S, S the largest square of a code, since the score is
/// at most M (2 |q| |k| - |q|^2) (garbage keys too, whose coordinates are averages of codes'); those of an
/// order within M (n+2); and logits are at most B^2/2 + 1.
Weight greatest_score(int n, const PointCode& codes, int base, const Policy& policy) {
  const Weight scores = gap(policy) * (std::max(codes.largest_square(), n + 1) + 1);
  const Weight logits = base * base;
  return less(scores, logits) ? logits : scores;
}

}  // namespace

std::string needs_sums(const TaskSize& size, const Policy& policy, int dimensions) {
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  const int base = static_cast<int>(power(size.p, size.c)), n = AddLayout(size).n;
  const Weight bound = greatest_score(n, PointCode(n + 1, dimensions), base, policy);
  return first_reason({needs_stable_softmax(policy), needs_gap(policy), needs_wall(policy, bound),
                       needs_weight(policy, gap(policy), "the gap M"),
                       needs_weight(policy, -wall(policy, bound), "the wall -MAX"),
                       needs_weight(policy, base, "the base B = p^c")});
}

AddSums::AddSums(ModelBuilder& model, const AddLayout& at, const PointCode& codes, int token_base,
                 const Policy& policy)
    : one(model.add("one")),
      x(model.add("x")),
      own(codes.add(model, "own")),
      not_a(model.add("not_a")),
      not_b(model.add("not_b")),
      not_source(model.add("not_source")),
      s(model.add("s")),
      generate(model.add("generate")),
      carry(model.add("carry")),
      end(model.add("end")),
      base(token_base),
      gap(constructions::gap(policy)),
      wall(constructions::wall(policy, greatest_score(at.n, codes, token_base, policy))) {}

void AddSums::embed(ModelBuilder& model, const AddLayout& at, const PointCode& codes) const {
  for (int d = 0; d < base; ++d) model.token(static_cast<Token>(d), x, d);
  for (int t = 0; t < at.n; ++t) {
    codes.place(model, at.a(t), own, t);
    codes.place(model, at.b(t), own, t);
  }
  codes.place(model, at.plus(), own, at.n);
  for (int i = 0; i < at.answer; ++i) codes.place(model, at.output(i), own, i);
  codes.place(model, at.end(), own, 0);
  model.position(at.end(), end, 1);
  for (int position = 0; position < at.positions(); ++position) {
    model.position(position, one, 1);
    model.position(position, s, -(base / 2));
    if (position > at.plus()) model.position(position, not_a, 1);
    if (position < at.plus() || position >= at.equals()) model.position(position, not_b, 1);
    if (position <= at.plus() || position > at.equals()) model.position(position, not_source, 1);
  }
}

void AddSums::fetch(LayerBuilder& layer) const {
  HeadBuilder& from_a = layer.head();
  match(from_a, own, own, one, gap);
  from_a.score(-wall * one, not_a).copy(x, s);
  HeadBuilder& from_b = layer.head();
  match(from_b, own, own, one, gap);
  from_b.score(-wall * not_a, not_b).copy(x, s);
}

void AddSums::classify(LayerBuilder& layer, Register propagate) const {
  const Form sum = s + Weight(base / 2);
  layer.unit(sum - Weight(base - 2), {{propagate, 1}});
  layer.unit(sum - Weight(base - 1), {{propagate, -2}, {generate, 1}});
  layer.unit(sum - Weight(base), {{propagate, 1}, {generate, -1}});
}

void AddSums::reduce(LayerBuilder& layer, Register propagate, int if_so) const {
  layer.unit(generate, {{s, -base}});
  layer.unit(propagate + carry - Weight(if_so), {{s, -base}});
}

void AddSums::logits(ModelBuilder& model, const Task& task, const Policy& policy) const {
  const Weight half = power_of_two(-1);
  const Weight scale = needs_weight(policy, half, "").empty() ? 1 : 2;
  for (int d = 0; d < base; ++d) {
    const int centred = d - base / 2;
    Form form = -wall * Form(end) - half * (scale * (centred * centred));
    if (centred != 0) form += scale * centred * s;
    model.logit(static_cast<Token>(d), form);
  }
  for (auto token = static_cast<Token>(base); token < task.eos(); ++token)
    model.logit(token, Form() - Weight(1));
  model.logit(task.eos(), 2 * end - Weight(1));
}

}  // namespace roundoff::constructions
