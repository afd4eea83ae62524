// Cross-entropy at the targets, and the gradient of logits (semantics.md, section 5).
#include <cstring>

#include "training/exact/arithmetic.hpp"

#include "formats/error.hpp"

namespace roundoff::training {

Exact::Loss Exact::loss(const Tensor& logits, const Batch& batch, const Value& loss_scale, bool gradient) {
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < batch.lanes(); ++i)
    if (batch.targets[i] >= 0) at.push_back(i);
  if (at.empty()) throw UsageError("a batch without a target has no loss");
  const std::size_t size = logits.kept->size();
  Tensor s = room(logits.rows, at.size(), *logits.kept), wanted = room(1, at.size(), *logits.kept);
  for (std::size_t r = 0; r < s.rows; ++r)
    for (std::size_t i = 0; i < at.size(); ++i) std::memcpy(s.at(r, i), logits.at(r, at[i]), size);
  for (std::size_t i = 0; i < at.size(); ++i)
    std::memcpy(wanted.at(0, i), logits.at(static_cast<std::size_t>(batch.targets[at[i]]), at[i]), size);

  const TrainingRole role = TrainingRole::loss;
  const bool stable = policy_.model.softmax == Softmax::stable;
  Tensor largest = room(1, at.size(), *logits.kept), e = s;
  std::vector<const void*> rows;
  for (std::size_t r = 0; r < s.rows; ++r) rows.push_back(s.row(r));
  maximum(logits.kept->number(), rows, largest.row(0), at.size(), "a logit is NaN");
  if (stable) e = binary(Op::sub, s, largest, role);
  e = unary(Function::exp, e, role);
  const std::uint64_t place = reserve();
  Tensor z = room(1, at.size(), role);
  for (std::size_t r = 0; r < e.rows; ++r) rows[r] = e.row(r);
  reduce(sums(kept(role)), kept(role),
         {.x_number = &e.kept->number(), .x = rows.data(), .count = e.rows, .lanes = at.size()}, z.row(0),
         [&](std::size_t i) { return place + i; });
  Tensor each = unary(Function::log, z, role);
  if (stable) each = binary(Op::add, each, largest, role);
  each = binary(Op::sub, each, wanted, role);

  const Tensor by_lane = transposed(each);
  const std::uint64_t sum_place = reserve();
  Tensor total = room(1, 1, role);
  std::vector<const void*> terms;
  for (std::size_t i = 0; i < at.size(); ++i) terms.push_back(by_lane.row(i));
  reduce(sums(kept(role)), kept(role),
         {.x_number = &each.kept->number(), .x = terms.data(), .count = terms.size(), .lanes = 1},
         total.row(0), [&](std::size_t) { return sum_place; });
  const Value count = Value::integer(static_cast<std::int64_t>(at.size()));
  Loss made;
  made.mean = binary(Op::div, total, constant(count, role), role).value(0, 0);
  if (made.mean.is_nan()) throw Diverged("the loss is NaN");
  if (!gradient) return made;

  const Tensor a = binary(Op::div, e, z, role);
  Tensor hit = zeros(a.rows, a.lanes, TrainingRole::gradients);
  for (std::size_t i = 0; i < at.size(); ++i)
    hit.kept->number().store(formats::round(Value::integer(1), hit.kept->format()).value,
                             hit.at(static_cast<std::size_t>(batch.targets[at[i]]), i));
  const Tensor difference = binary(Op::sub, a, hit, TrainingRole::gradients);
  const Tensor factor =
      constant([&](int bits) { return Enclosure(loss_scale, bits) / Enclosure(count, bits); },
               TrainingRole::gradients);
  const Tensor scaled = binary(Op::mul, difference, factor, TrainingRole::gradients);
  made.logits = zeros(logits.rows, logits.lanes, TrainingRole::gradients);
  for (std::size_t r = 0; r < s.rows; ++r)
    for (std::size_t i = 0; i < at.size(); ++i)
      std::memcpy(made.logits.at(r, at[i]), scaled.at(r, i), scaled.kept->size());
  return made;
}

}  // namespace roundoff::training
