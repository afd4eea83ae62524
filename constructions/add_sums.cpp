// The shared layers of the logarithmic-precision adders; see add_sums.hpp.
#include "constructions/add_sums.hpp"

namespace roundoff {

std::string needs_sums(const TaskSize& size, const Policy& policy) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: use add-ragged";
  return first_reason({needs_saturation(policy), needs_stable_softmax(policy), needs_gap(policy),
                       needs_weight(policy, gap(policy), "the gap M"),
                       needs_weight(policy, -largest(policy), "-MAX"),
                       needs_weight(policy, 2 * size.p - 2, "the bias 2p-2 of the digit look-up")});
}

AddSums::AddSums(ModelBuilder& model, const PointCode& codes, int p)
    : one(model.add("one")),
      x(model.add("x")),
      own(codes.add(model, "own")),
      not_a(model.add("not_a")),
      not_b(model.add("not_b")),
      not_source(model.add("not_source")),
      s(model.add("s")),
      generate(model.add("generate")),
      end(model.add("end")),
      digit(model.add("digit", p)) {}

void AddSums::embed(ModelBuilder& model, const AddLayout& at, const PointCode& codes) const {
  for (int d = 0; d < static_cast<int>(digit.size()); ++d) model.token(static_cast<Token>(d), x, d);
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
    if (position > at.plus()) model.position(position, not_a, 1);
    if (position < at.plus() || position >= at.equals()) model.position(position, not_b, 1);
    if (position <= at.plus() || position > at.equals()) model.position(position, not_source, 1);
  }
}

void AddSums::fetch(LayerBuilder& layer, const Weight& m, const Weight& max) const {
  HeadBuilder& from_a = layer.head();
  match(from_a, own, own, one, m);
  from_a.score(-max * one, not_a).copy(x, s);
  HeadBuilder& from_b = layer.head();
  match(from_b, own, own, one, m);
  from_b.score(-max * not_a, not_b).copy(x, s);
}

void AddSums::classify(LayerBuilder& layer, Register propagate) const {
  const int p = static_cast<int>(digit.size());
  layer.unit(s - Weight(p - 2), {{propagate, 1}});
  layer.unit(s - Weight(p - 1), {{propagate, -2}, {generate, 1}});
  layer.unit(s - Weight(p), {{propagate, 1}, {generate, -1}});
}

void AddSums::logits(ModelBuilder& model, const Task& task, const Weight& max) const {
  for (std::size_t d = 0; d < digit.size(); ++d) {
    model.logit(static_cast<Token>(d), digit[d] - max * end);
  }
  model.logit(task.eos(), end);
}

}  // namespace roundoff
